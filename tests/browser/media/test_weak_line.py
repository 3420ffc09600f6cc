"""A real Chromium at the end of a line that gets bad and good again: smaller pictures, never silence, told in time."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from sfu.congestion.ladder import STEPS
from sfu.relay.link import LinkSettings
from sfu.relay.relay import LineSettings, Relay, server_of, through
from tests.browser.media.participant import participant
from tests.web.media.conftest import Media
from web.media.messages import LadderChanged, Program

GOOD, BAD = 3_000_000, 120_000
PATIENCE_S = 60.0


@pytest.mark.installation  # a browser that starves has a bad line all the time
async def test_a_line_that_gets_bad_and_good_again(media: Media, tmp_path: Path) -> None:
    await media.client.open_room("room")
    await media.client.set_program("room", Program(floor="an"), ["an"])
    signal = media.signal("room", "an")
    async with (
        participant(tmp_path, 5) as an,
        participant(tmp_path, 0, camera=False) as viewer,
        contextlib.AsyncExitStack() as stack,
    ):
        await an.join(signal, video=0)
        relays: list[Relay] = []

        async def far_away(offer: str) -> str:
            answer = await media.signal("room", "viewer")(offer)
            far = LineSettings(LinkSettings(delay_s=0.03), LinkSettings(GOOD, 0.03, loss=0.02, queue_bytes=32_000))
            relays.append(await stack.enter_async_context(Relay(server_of(answer), far)))
            return through(answer, relays[0].address)

        await viewer.join(far_away, send=False, video=1)
        (relay,) = relays
        await viewer.sees(an.number)
        await viewer.hears(an.number)
        relay.change(down=BAD)
        await media.wait_for(lambda: any(_steps(media)), PATIENCE_S)
        await viewer.hears(an.number)
        relay.change(down=GOOD)
        await media.wait_for(lambda: _steps(media)[-1:] == [0], PATIENCE_S)
        await viewer.sees(an.number)
        assert any(client.down.link.lost for client in relay.clients.values())


def _steps(media: Media) -> list[int]:
    """The steps the viewer was told, as numbers: 0 is full."""
    return [STEPS.index(event.step) for event in media.events if isinstance(event, LadderChanged)]
