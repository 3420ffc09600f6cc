"""The first seconds of a line, on virtual time: what a first keyframe and the first probe do to the sound."""

from __future__ import annotations

import pytest

from sfu.bandwidth import first_bitrate
from sfu.congestion.estimator import Estimator
from sfu.relay.link import LinkSettings
from tests.sfu.congestion.line import PACKET, Line

MBPS = 1_000_000
LAYERS = ((1_600_000, 45_000), (500_000, 12_000), (150_000, 4_000))  # bit/s, bytes of a keyframe
VOICE = 44_000
PLAYED_S = 0.13  # sound that arrives so late after it was said is not missed: the way there, and what a browser waits


class Joined(Line):
    """A viewer who has just come: the largest layer that the estimate has room for, each begun with a keyframe."""

    def __init__(self, rate: int, first: int) -> None:
        super().__init__(LinkSettings(rate=rate, delay_s=0.05), wanted=2_500_000)
        self.estimator = Estimator(self.now, first)
        self.layer = 0
        self.shown: list[tuple[float, int]] = []  # when, bit/s

    def _sender(self) -> None:
        room = self.estimator.bitrate - VOICE
        layer, keyframe = next(((rate, size) for rate, size in LAYERS if rate <= room), (0, 0))
        if layer > self.layer:
            self._queue += [PACKET] * (keyframe // PACKET)
        if layer != self.layer:
            self.shown.append((self.now - 100.0, layer))
        self.layer, wanted = layer, self.wanted
        self.wanted = layer
        super()._sender()
        self.wanted = wanted

    def concealed(self) -> float:
        """Seconds of sound: each time a packet is later than all before, so much was missing."""
        latest, missed = PLAYED_S, 0.0
        for _, delay in self.delays:
            if delay > latest:
                missed, latest = missed + delay - latest, delay
        return missed


@pytest.mark.parametrize("rate", [150_000, 300_000, 500_000])
def test_a_thin_line_that_is_known_conceals_next_to_nothing(rate: int) -> None:
    line = Joined(rate, first_bitrate(rate))
    line.run(5)
    assert line.concealed() < 0.12
    assert line.link.dropped == 0


def test_a_thin_line_that_nobody_knows_conceals_little() -> None:
    line = Joined(150_000, first_bitrate(None))
    line.run(5)
    assert line.concealed() < 0.25  # a fifth of what it was when every line began with 600 kbit/s and the middle layer
    assert line.layer == 0
    assert 60_000 < line.rate_at(1) < 150_000


@pytest.mark.parametrize(("rate", "first"), [(20 * MBPS, None), (20 * MBPS, 20 * MBPS), (4 * MBPS, 4 * MBPS)])
def test_a_good_line_has_its_largest_picture_at_once(rate: int, first: int | None) -> None:
    line = Joined(rate, first_bitrate(first))
    line.run(2)
    assert line.shown[0][0] < 0.05  # something is there with the first packet
    assert next(at for at, layer in line.shown if layer == 1_600_000) < 0.8
    assert line.layer == 1_600_000
    assert line.concealed() < 0.02
