"""Packets in any order → whole frames, or none."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from recordings.capture.clock import Offsets, Readings
from recordings.capture.depacketizer import Frame, depacketizer, vp8_payload
from recordings.capture.jitter import Reorder, RtpPacket, Unwrap, parse

MS = 1_000_000


def key(width: int = 320, height: int = 180) -> bytes:
    return b"\x10\x02\x00\x9d\x01\x2a" + width.to_bytes(2, "little") + height.to_bytes(2, "little") + b"key"


DELTA = b"\x31\x02\x00delta"


def packet(
    sequence: int, payload: bytes, *, frame: int = 0, marker: bool = True, lost: bool = False, ms: int = 0
) -> RtpPacket:
    return RtpPacket(sequence, frame * 3000, 96, marker, payload, ms * MS, ms * MS, "site-a", lost)


def start(data: bytes, *, is_reference: bool = True) -> bytes:
    return bytes([0x10 if is_reference else 0x30]) + data


def data_of(frames: list[Frame]) -> list[bytes]:
    return [frame.data for frame in frames]


def test_header_extensions_padding_and_csrcs_are_taken_off() -> None:
    header = b"\xb1\xe0\x00\x07\x00\x00\x00\x09\x00\x00\x00\x01" + b"csrc" + b"\xbe\xde\x00\x01" + b"ext!"
    assert parse(header + b"payload" + b"\x00\x00\x03") == (7, 9, 0x60, True, b"payload")
    for cut in range(len(header)):
        assert parse(header[:cut]) is None
    assert parse(b"\x40" + header[1:]) is None


def test_counters_go_on_over_the_wrap() -> None:
    unwrap = Unwrap(16)
    base = unwrap(65_534)
    assert [unwrap(value) - base for value in (65_535, 0, 65_533, 2, 1)] == [1, 2, -1, 4, 3]


def test_packets_come_out_in_order_and_once() -> None:
    reorder, numbers = Reorder(), list(range(100, 160))
    shuffled = sorted(numbers, key=lambda n: n + random.Random(n).random() * 8)
    out = []
    for index, number in enumerate([*shuffled, 120, 130]):
        out += reorder.push(packet(number, b"p", ms=index * 20))
    assert [p.sequence for p in out + reorder.flush()] == numbers
    assert not any(p.after_loss for p in out)


def test_what_never_comes_is_given_up_after_a_while() -> None:
    reorder = Reorder()
    early = reorder.push(packet(1, b"", ms=0)) + reorder.push(packet(2, b"", ms=200))
    assert [p.sequence for p in early] == [1, 2]
    assert reorder.push(packet(4, b"", ms=300)) == []
    assert reorder.expire(1700 * MS) == []
    (late,) = reorder.expire(1801 * MS)
    assert (late.sequence, late.after_loss) == (4, True)
    assert reorder.push(packet(3, b"", ms=1900)) == []


def test_a_sequence_far_away_is_a_new_one() -> None:
    reorder = Reorder()
    out = reorder.push(packet(10, b"", ms=0)) + reorder.push(packet(11, b"", ms=200))
    out += reorder.push(packet(50_000, b"", ms=210)) + reorder.flush()
    assert [(p.sequence, p.after_loss) for p in out] == [(10, False), (11, False), (50_000, True)]


def test_a_picture_in_three_packets() -> None:
    vp8 = depacketizer("vp8")
    whole = key()
    assert vp8.push(packet(1, start(whole[:5]), marker=False)) == []
    assert vp8.push(packet(2, b"\x00" + whole[5:9], marker=False)) == []
    (frame,) = vp8.push(packet(3, b"\x00" + whole[9:]))
    assert (frame.data, frame.is_key, frame.size, frame.label) == (whole, True, (320, 180), "site-a")


def test_nothing_is_shown_before_a_keyframe_and_after_a_loss() -> None:
    vp8 = depacketizer("vp8")
    out = vp8.push(packet(1, start(DELTA), frame=0))
    out += vp8.push(packet(2, start(key()), frame=1))
    out += vp8.push(packet(3, start(DELTA), frame=2))
    out += vp8.push(packet(5, start(DELTA), frame=4, lost=True))
    out += vp8.push(packet(6, start(DELTA), frame=5))
    out += vp8.push(packet(7, start(key(640, 360)), frame=6))
    assert data_of(out) == [key(), DELTA, key(640, 360)]


def test_a_picture_nobody_refers_to_may_be_missed_alone() -> None:
    vp8 = depacketizer("vp8")
    out = vp8.push(packet(1, start(key()), frame=0))
    out += vp8.push(packet(2, start(DELTA, is_reference=False), frame=1, marker=False))
    out += vp8.push(packet(4, b"\x20rest", frame=1, lost=True))  # N bit: the rest of the same picture
    out += vp8.push(packet(5, start(DELTA), frame=2))
    assert data_of(out) == [key(), DELTA]


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"", None),
        (b"\x10", None),
        (b"\x90\x80\x81", None),
        (b"\x90\x80\x01d", (True, True, b"d")),
        (b"\x90\x80\x81\x00d", (True, True, b"d")),
        (b"\xb0\xe0\x81\x00\x07\x20d", (True, False, b"d")),
        (b"\x11d", (False, True, b"d")),
    ],
)
def test_payload_descriptors(payload: bytes, expected: tuple[bool, bool, bytes] | None) -> None:
    assert vp8_payload(payload) == expected


def test_h264_in_every_packetization() -> None:
    sps, pps, idr, slice_ = b"\x67sps", b"\x68pps", b"\x65" + bytes(range(30)), b"\x41slice"
    h264 = depacketizer("h264")
    aggregate = b"\x78" + len(sps).to_bytes(2) + sps + len(pps).to_bytes(2) + pps
    assert h264.push(packet(1, aggregate, marker=False)) == []
    assert h264.push(packet(2, b"\x7c\x85" + idr[1:11], marker=False)) == []
    assert h264.push(packet(3, b"\x7c\x05" + idr[11:21], marker=False)) == []
    (first,) = h264.push(packet(4, b"\x7c\x45" + idr[21:]))
    code = b"\0\0\0\1"
    assert (first.data, first.is_key) == (code + sps + code + pps + code + idr, True)
    (second,) = h264.push(packet(5, slice_, frame=1))
    assert (second.data, second.is_key) == (code + slice_, False)
    assert h264.push(packet(7, slice_, frame=2, lost=True)) == []
    (again,) = h264.push(packet(8, idr, frame=3))  # parameter sets are remembered
    assert again.data == first.data


def test_opus_packets_are_frames() -> None:
    opus = depacketizer("opus")
    assert opus.push(packet(1, b"")) == []
    assert data_of(opus.push(packet(2, b"sound"))) == [b"sound"]
    with pytest.raises(ValueError, match="av1"):
        depacketizer("av1")


def fuzz_depacketizer(codec: str, payloads: list[tuple[bytes, bool, bool]]) -> None:
    """Fuzz target: any payloads pass without an exception."""
    target = depacketizer(codec)
    for number, (payload, marker, lost) in enumerate(payloads):
        target.push(packet(number, payload, frame=number // 3, marker=marker, lost=lost))


@pytest.mark.parametrize("codec", ["vp8", "h264", "opus"])
def test_depacketizers_stand_any_payload(codec: str) -> None:
    random_ = random.Random(codec)
    for _ in range(2000):
        payloads = []
        for _ in range(6):
            head = bytes([random_.choice((0x10, 0x90, 0x78, 0x7C, 0x65, 0x67, 0x68, random_.randrange(256)))])
            body = head + random_.randbytes(random_.randrange(20))
            payloads.append((body[: random_.randrange(len(body) + 1)], random_.random() < 0.4, random_.random() < 0.1))
        fuzz_depacketizer(codec, payloads)
    for _ in range(2000):
        parse(random_.randbytes(random_.randrange(40)))


def test_the_offset_of_a_clock_is_its_quickest_packet() -> None:
    readings, offsets = Readings(0), Offsets()
    arrivals = [1_000 + n * 20 + (n * 7919) % 300 for n in range(500)]  # up to 300 ms late, in ms
    read = [readings.read(0, n * 960, 48_000, None, arrival * MS, "site-a") for n, arrival in enumerate(arrivals)]
    for (clock, time_ns, _), arrival in zip(read, arrivals, strict=True):
        offsets.observe(clock, time_ns, arrival * MS)
    placed = [offsets.wall_ns(c, t, a * MS) // MS for (c, t, _), a in zip(read, arrivals, strict=True)]
    steps = {later - earlier for earlier, later in pairwise(placed)}
    assert steps <= {19, 20, 21}
    assert abs(placed[0] - 1_000) <= 3


def test_another_machine_at_the_same_site_is_another_clock() -> None:
    readings = Readings(0)
    ntp = (2_208_988_800 + 100) << 32
    first = readings.read(0, 0, 90_000, ntp, 100_000 * MS, "site-a")
    same = readings.read(1, 0, 48_000, ntp, 101_500 * MS, "site-a")
    other = readings.read(0, 3000, 90_000, ntp + (3600 << 32), 100_100 * MS, "site-a")
    assert first[0] == same[0]
    assert first[0] != other[0]
    assert first[1] == 100 * 1000 * MS
