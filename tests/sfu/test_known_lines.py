"""With what a viewer's line begins: known, unknown, as his site's last one ended, or without any feedback at all."""

from __future__ import annotations

from sfu.bandwidth import STUCK_S, UNHEARD_S, UNKNOWN_BPS, first_bitrate
from sfu.congestion.rate_control import RateControl
from sfu.known_lines import KEPT_S
from sfu.plane.plane import PacketResult
from tests.sfu.room_story import Story


class Hall(Story):
    """An sends; Chi, who sends too, comes over a line of her own."""

    def __init__(self) -> None:
        super().__init__()
        self.join("an")
        self.start("an")
        self.stream("an", "2")
        self.program(["an"], floor="an", presentation="an")

    def chi(self, carries: int | None, name: str = "chi", *, sends: bool = True) -> None:
        self.join(name, sends=sends, first_bps=first_bitrate(carries), label="site chi")

    def hears(self, bitrate: int | None = None, name: str = "chi") -> None:
        """Feedback comes; ``bitrate``: what the estimator makes of it."""
        sent_at = self.now - 0.05
        self.room.receive_feedback(self.transports[name], [PacketResult(sent_at, self.now, 1000, 0)], self.now)
        estimator = self.room.peers[name].bandwidth.estimator
        assert estimator is not None
        if bitrate is not None:
            estimator._rate = RateControl(bitrate, self.now)

    def sends_for(self, seconds: float, name: str = "chi") -> None:
        """Packets go to this viewer."""
        until = self.now + seconds
        while self.now < until:
            self.now += 0.2
            for slot in self.room.peers[name].slots:
                self.plane.sent[slot.consumer.handle] = self.plane.sent.get(slot.consumer.handle, 0) + 5
            self.room.handle_timeout(self.now)

    def bitrate(self, name: str = "chi") -> float:
        return self.room.peers[name].bandwidth.bitrate


def test_an_unknown_line_begins_with_a_small_picture_in_pace() -> None:
    hall = Hall()
    hall.chi(None)
    assert hall.seen("chi") == ["an:q"]
    assert hall.heard("chi") == {"an"}
    assert hall.presented("chi") == []  # slides come after the first feedback, and keep no camera out
    assert hall.plane.paces[hall.transports["chi"]] == UNKNOWN_BPS * 1.5


def test_what_a_line_carries_decides_what_comes_first() -> None:
    hall = Hall()
    hall.chi(20_000_000)
    assert (hall.seen("chi"), hall.presented("chi")) == (["an:f"], ["an:"])
    hall.chi(150_000, "thin")
    assert (hall.seen("thin"), hall.heard("thin")) == ([], {"an"})
    assert first_bitrate(1) == 60_000  # nobody begins without a voice


def test_the_next_connection_of_a_site_begins_as_the_last_one_ended() -> None:
    hall = Hall()
    hall.chi(20_000_000)
    hall.hears(130_000)
    hall.room.leave("chi", hall.now)
    hall.chi(20_000_000, "chi again")
    assert hall.bitrate("chi again") == 130_000
    hall.hears(700_000, "chi again")
    estimator = hall.room.peers["chi again"].bandwidth.estimator
    assert estimator is not None
    hall.sends_for(8, "chi again")  # the path is dead: the estimate decays, but that says nothing of the next path
    assert hall.bitrate("chi again") < 300_000
    hall.room.leave("chi again", hall.now)
    hall.chi(None, "chi back")
    assert 600_000 < hall.bitrate("chi back") <= 700_000
    hall.room.leave("chi back", hall.now)  # never heard of: nothing new is known
    hall.now += KEPT_S + 1
    hall.chi(None)
    assert hall.bitrate() == UNKNOWN_BPS


def test_who_only_looks_on_says_nothing_of_the_sites_line() -> None:
    hall = Hall()
    hall.chi(None, "player", sends=False)
    hall.hears(100_000, "player")
    hall.room.leave("player", hall.now)
    hall.chi(None)
    assert hall.bitrate() == UNKNOWN_BPS


def test_who_never_sends_feedback_is_not_limited_for_long() -> None:
    hall = Hall()
    hall.chi(None)
    hall.pass_time(10)  # nothing goes out yet: it takes its time to connect
    assert hall.seen("chi") == ["an:q"]
    hall.sends_for(UNHEARD_S + 0.5)
    assert hall.plane.paces[hall.transports["chi"]] is None
    assert (hall.seen("chi"), hall.presented("chi")) == (["an:f"], ["an:"])
    assert hall.plane.probes == []
    hall.hears()  # at last
    hall.sends_for(0.4)
    assert hall.plane.paces[hall.transports["chi"]] is not None


def test_where_nobody_speaks_a_picture_too_large_to_begin_with_still_comes() -> None:
    """An encoder's one layer, or slides: without anything sent no feedback would ever tell what the line carries."""
    hall = Hall()
    hall.program([], presentation="an")
    hall.room.leave("an", hall.now)
    hall.join("an")
    hall.stream("an", "2")
    hall.chi(None)
    assert hall.presented("chi") == ["an:"]
    hall.chi(None, "binh")
    hall.program(["an"], presentation="an")  # a voice that is switched off at its source
    hall.stream("an", "0")
    hall.pass_time(1)
    assert hall.presented("binh") == []
    hall.pass_time(STUCK_S)
    assert hall.presented("binh") == ["an:"]
