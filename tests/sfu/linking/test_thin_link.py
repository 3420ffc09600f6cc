"""A link that carries less and less: thumbnails give way first, then large layers; sound and the smallest never."""

from __future__ import annotations

import pytest

from sfu.link import Link
from sfu.peer import View
from sfu.plane.plane import PacketResult
from sfu.program import Program
from tests.sfu.linking.rooms import Clock, Place
from tests.sfu.test_sharing import BITRATES, KnownRate


class Thin:
    """A district with ten sites below a province that shows one of them and has pinned the others."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.province, self.district = Place("province", self.clock), Place("district", self.clock)
        for number in range(10):
            self.district.join(f"d{number}")
            self.district.start(f"d{number}")
        self.province.join("board", audio=0, video=10, sends=False)
        self.clock.link(self.district, self.province)
        self.link: Link = self.district.room.linked.links["lower district to province"]
        self.province.room.set_program(Program(floor="site d0"), ["site d0"], self.clock.now)
        pinned = tuple(f"site d{number}" for number in range(1, 10))
        self.province.room.set_view("board", View(pinned=pinned, max_video=10), self.clock.now)
        self.clock.run(2.0)

    def line(self, bitrate: int, seconds: float) -> dict[str, str]:
        """What goes up after so long on a line of so many bit/s."""
        for _ in range(int(seconds * 10)):
            now = self.clock.now + 0.1
            report = [PacketResult(now - 0.15 + n * 0.01, now - 0.1 + n * 0.01, 1000, 0) for n in range(10)]
            self.district.room.receive_feedback(self.link.transport, report, now)
            estimator = self.link.peer.bandwidth.estimator
            assert estimator is not None
            estimator._rate = KnownRate(bitrate)
            for handle, (_, encoding) in self.district.room._encodings.items():
                self.district.plane.bitrates[handle] = BITRATES[encoding.rid]
            self.clock.run(0.1)
        return self.district.sources(self.link)


@pytest.fixture
def thin() -> Thin:
    return Thin()


def thumbnails(sent: dict[str, str]) -> int:
    return sum(mid.startswith("t") for mid in sent)


def test_thumbnails_give_way_before_anything_of_the_program(thin: Thin) -> None:
    plenty = thin.line(8_000_000, 12)
    assert thumbnails(plenty) == 9 and {"v0.0", "v0.2", "a0.0"} <= plenty.keys()
    less = thin.line(1_900_000, 12)
    assert 0 < thumbnails(less) < 9 and {"v0.0", "v0.2", "a0.0"} <= less.keys()
    thin_line = thin.line(170_000, 8)
    assert thumbnails(thin_line) == 0 and {"v0.0", "a0.0"} <= thin_line.keys() and "v0.2" not in thin_line


def test_a_large_layer_without_room_keeps_no_thumbnail_out(thin: Thin) -> None:
    sent = thin.line(1_200_000, 12)
    assert "v0.2" not in sent and thumbnails(sent) > 2


def test_sound_is_what_is_left(thin: Thin) -> None:
    assert "a0.0" in thin.line(60_000, 8)
