"""Every parser of network bytes against anything: MalformedPacket or a value, never another error, never slow.

The ``fuzz_*`` functions take bytes and are fit for a coverage-guided fuzzer as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfu.congestion.twcc import parse_feedback
from sfu.rtp.errors import MalformedPacket
from sfu.rtp.header_extensions import ONE_BYTE, TWO_BYTE, parse_elements
from sfu.rtp.packet import RtpPacket, parse_rtp, serialize_rtp
from sfu.rtp.payload.h264 import is_h264_keyframe_start
from sfu.rtp.payload.opus import opus_duration
from sfu.rtp.payload.vp8 import parse_vp8
from sfu.rtp.rtcp import parse_compound, serialize_compound
from tests.tries import TIMES, tries

from .test_rtcp import LITERALS


def fuzz_rtp(data: bytes) -> None:
    with suppress(MalformedPacket):
        packet = parse_rtp(data)
        again = parse_rtp(serialize_rtp(packet))
        assert (again.payload, again.ssrc, again.marker) == (packet.payload, packet.ssrc, packet.marker)


def fuzz_extensions(data: bytes) -> None:
    for profile in (ONE_BYTE, TWO_BYTE):
        with suppress(MalformedPacket):
            assert all(0 < identifier < 256 for identifier in parse_elements(profile, data))


def fuzz_rtcp(data: bytes) -> None:
    with suppress(MalformedPacket):
        parse_compound(data)


def fuzz_twcc(data: bytes) -> None:
    with suppress(MalformedPacket):
        feedback = parse_feedback(data)
        assert len(feedback.arrivals) == int.from_bytes(data[2:4], "big")


def fuzz_vp8(data: bytes) -> None:
    with suppress(MalformedPacket):
        descriptor = parse_vp8(data)
        assert parse_vp8(descriptor.rewrite(1, 1) + data[descriptor.size :]).is_keyframe_start == (
            descriptor.is_keyframe_start
        )


def fuzz_h264(data: bytes) -> None:
    is_h264_keyframe_start(data)


def fuzz_opus(data: bytes) -> None:
    assert 0 <= opus_duration(data) <= 5760


TARGETS = [fuzz_rtp, fuzz_extensions, fuzz_rtcp, fuzz_twcc, fuzz_vp8, fuzz_h264, fuzz_opus]
SEEDS = [bytes.fromhex(data) for data, _ in LITERALS] + [
    serialize_rtp(RtpPacket(96, 1, 2, 3, b"\x90\xe0\x81\x00\x01\x00\x10abc", True, {1: b"a", 4: b"mid"}, (5,), 4)),
    bytes.fromhex("0001000300000100 2003 010203"),
    bytes.fromhex("90e0812305801099"),
    serialize_compound([packet for _, packet in LITERALS]),
]


@pytest.mark.parametrize("target", TARGETS)
@settings(max_examples=60 * TIMES, deadline=None)
@given(data=st.binary(max_size=200))
def test_anything(target: Callable[[bytes], None], data: bytes) -> None:
    target(data)


@pytest.mark.parametrize("target", TARGETS)
def test_nearly_right(target: Callable[[bytes], None]) -> None:
    random = Random(7)
    for _ in tries(500):
        data = bytearray(random.choice(SEEDS))
        for _ in range(random.randrange(1, 4)):
            place = random.randrange(len(data))
            match random.randrange(3):
                case 0:
                    data[place] = random.choice((0, 1, 0x7F, 0x80, 0xFF, random.randrange(256)))
                case 1:
                    del data[place:]
                    data.append(random.randrange(256))
                case _:
                    data[place:place] = random.randbytes(random.randrange(1, 5))
        target(bytes(data))
