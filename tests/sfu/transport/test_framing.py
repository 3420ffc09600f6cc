"""RFC 4571 frames, however TCP cuts them."""

from __future__ import annotations

import random

import pytest

from sfu.errors import FramingError
from sfu.transport.framing import Deframer, frame


def test_frames_survive_any_cut() -> None:
    noise = random.Random(7)
    packets = [noise.randbytes(noise.randint(1, 1500)) for _ in range(50)]
    stream = b"".join(frame(packet) for packet in packets)
    for size in (1, 2, 3, 700, 5000, len(stream)):
        deframer, found = Deframer(), []
        for at in range(0, len(stream), size):
            found += deframer.receive_data(stream[at : at + size])
        assert found == packets


def test_empty_frames_are_passed_over_and_long_ones_refused() -> None:
    deframer = Deframer()
    assert deframer.receive_data(b"\x00\x00\x00\x01a") == [b"a"]
    with pytest.raises(FramingError, match="2049"):
        deframer.receive_data(b"\x08\x01")
