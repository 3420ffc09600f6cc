"""A peer that is silent is gone after its consent and forgotten a minute later, or is back as if nothing had been."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from sfu.settings import Timeouts
from sfu.transport.webrtc import WebRtcTransport


class Silence:
    """A connected peer whose last check came at 100."""

    def __init__(self) -> None:
        self.agent = SimpleNamespace(last_check_at=100.0)
        dtls = SimpleNamespace(state="connected")
        plan = cast(Any, None)
        self.transport = WebRtcTransport(1, "room", "an", cast(Any, self.agent), cast(Any, dtls), plan, 1, 90.0)
        self.transport.state = "connected"

    def at(self, now: float) -> str | None:
        return self.transport.handle_timeout(now, Timeouts())


def test_its_state_is_kept_for_sixty_seconds() -> None:
    silence = Silence()
    assert [silence.at(now) for now in (110.0, 119.9)] == [None, None]
    assert silence.at(120.5) == "vanished"
    assert [silence.at(now) for now in (121.0, 150.0, 180.4)] == [None, None, None]
    assert silence.at(180.6) == "expired"


def test_it_comes_back_with_its_next_check() -> None:
    silence = Silence()
    assert silence.at(121.0) == "vanished"
    silence.agent.last_check_at = 179.0
    assert silence.at(179.1) == "returned"
    assert [silence.at(now) for now in (185.0, 198.9)] == [None, None]
    assert silence.at(199.5) == "vanished", "and its minute begins anew"
    assert [silence.at(259.0), silence.at(259.6)] == [None, "expired"]
