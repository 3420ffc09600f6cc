"""Every native parser of network bytes against its readable twin: valid bytes, broken bytes, random bytes.

``PARSERS`` is the list for longer fuzzing: name → function of bytes that must neither crash nor disagree.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from sfu.congestion.twcc import parse_feedback
from sfu.errors import FramingError
from sfu.plane.native import parsers
from sfu.plane.plane import PacketResult
from sfu.plane.send_log import SendLog
from sfu.rtp.errors import MalformedPacket
from sfu.rtp.packet import parse_rtp
from sfu.rtp.payload.h264 import is_h264_keyframe_start
from sfu.rtp.payload.red import parse_red
from sfu.rtp.payload.vp8 import parse_vp8
from sfu.rtp.rtcp import (
    Bye,
    FullIntraRequest,
    Nack,
    PictureLoss,
    ReceiverEstimate,
    ReceiverReport,
    ReportBlock,
    SenderReport,
    SourceDescription,
    TransportFeedback,
    parse_compound,
    serialize_compound,
)
from sfu.transport.framing import Deframer
from sfu.transport.listener import kind_of
from tests.tries import tries


@pytest.fixture(autouse=True)
def plane_under_test() -> str:
    """No plane here: only its parsers."""
    return "none"


def compare_rtp(data: bytes) -> None:
    try:
        packet = parse_rtp(data)
    except MalformedPacket:
        assert parsers.parse_rtp(data) is None
        return
    assert parsers.parse_rtp(data) == (
        packet.payload_type,
        packet.sequence_number,
        packet.timestamp,
        packet.ssrc,
        packet.payload,
        packet.marker,
        packet.extensions,
    )


def compare_rtcp(data: bytes) -> None:
    try:
        parse_compound(data)
    except MalformedPacket:
        assert not parsers.parse_rtcp(data)
        return
    assert parsers.parse_rtcp(data)


def compare_vp8(data: bytes) -> None:
    try:
        found = parse_vp8(data)
    except MalformedPacket:
        assert parsers.parse_vp8(data) is None
        return
    assert parsers.parse_vp8(data) == (
        found.size,
        found.picture_id,
        found.long_picture_id,
        found.tl0_picture_index,
        found.temporal,
        found.is_keyframe_start,
        found.temporal_layer or 0,
        found.begins_picture,
        found.is_layer_sync,
    )


def compare_h264(data: bytes) -> None:
    assert parsers.parse_h264(data) == is_h264_keyframe_start(data)


def compare_red(data: bytes) -> None:
    try:
        blocks = parse_red(data)
    except MalformedPacket:
        assert parsers.parse_red(data) is None
        return
    assert parsers.parse_red(data) == [(block.payload_type, block.offset, block.payload) for block in blocks]


def compare_feedback(data: bytes, start: int = 65510) -> None:
    """Against a log of 20 packets, told of twice."""
    oracle, native = SendLog(), parsers.Log(start)
    oracle.next = start
    for place in range(20):
        size = 0 if place % 10 == 3 else 900 + place
        assert oracle.next_number() == native.send(5_000_000 + place, size, place & 3)
        if size:
            oracle.note(5 + (place + 0.5) / 1e6, size, place & 3)
    for _ in range(2):
        try:
            expected = oracle.match(parse_feedback(data))
        except MalformedPacket:
            assert native.match(data, 6_000_000) is None
            return
        found = native.match(data, 6_000_000)
        assert found is not None and expected == [
            PacketResult(sent / 1e6, None if ticks is None else ticks / 4000, size, cluster)
            for sent, ticks, size, cluster in found
        ]


def compare_frames(data: bytes) -> None:
    try:
        packets = Deframer().receive_data(data)
    except FramingError:
        assert parsers.parse_frames(data) is None
        return
    found = parsers.parse_frames(data)
    assert found is not None and found[0] == packets


def compare_kind(data: bytes) -> None:
    """As the Python listener sorts, but STUN must look like STUN."""
    expected = {"media": 0, "stun": 1, "dtls": 1, "other": 2}[kind_of(data)]
    found = parsers.kind(data)
    looks_right = len(data) >= 20 and data[4:8] == b"\x21\x12\xa4\x42" and data[2] << 8 | data[3] == len(data) - 20
    assert found == (2 if kind_of(data) == "stun" and not looks_right else expected)


PARSERS: dict[str, Callable[[bytes], None]] = {
    "rtp": compare_rtp,
    "rtcp": compare_rtcp,
    "vp8": compare_vp8,
    "h264": compare_h264,
    "red": compare_red,
    "feedback": compare_feedback,
    "frames": compare_frames,
    "kind": compare_kind,
}
BLOCK = ReportBlock(1, 2, 3, 4, 5, 6, 7)
COMPOUND = serialize_compound(
    [
        SenderReport(1, 2, 3, 4, 5, (BLOCK,)),
        ReceiverReport(1, (BLOCK, BLOCK)),
        SourceDescription(((1, "Quản Bạ"), (2, "x"))),
        Nack(1, 2, (3, 5, 90)),
        PictureLoss(1, 2),
        FullIntraRequest(1, ((2, 3),)),
        ReceiverEstimate(1, 500_000, (1, 2)),
        TransportFeedback(1, 2, bytes(12)),
        Bye((1, 2)),
    ]
)
SAMPLES: dict[str, list[bytes]] = {
    "rtp": [
        bytes.fromhex("b2e0000100000001000000010000000200000003bede00021041223344000000") + b"payload\x00\x00\x03",
        bytes.fromhex("9060000100000001000000011000000205030102030700090102ff") + b"x" * 30,
    ],
    "rtcp": [
        COMPOUND,
        COMPOUND[28 + 24 :],
        bytes.fromhex("a1cd000300000001000000020003000100000004"),
    ],
    "vp8": [bytes.fromhex(text) for text in ("90e0800100001011", "90807f10", "1010", "00", "90f0fffe0a0b10")],
    "h264": [bytes.fromhex(text) for text in ("6742c01f", "180004680203040002658800", "7c8588", "7c0588")],
    "kind": [b"\x00\x01\x00\x00\x21\x12\xa4\x42" + bytes(12), b"\x16\xfe", b"\x80\x60", b"\x40", b""],
    "red": [
        bytes.fromhex("6f78aabb"),
        bytes.fromhex("ef0f0003ef0780046f") + b"abcdefgown",
        b"\xef\x0f\x00\x00" * 8 + b"\x6fx",
    ],
    "feedback": [
        bytes.fromhex("ffdc00280003e80020") + b"\x28" + bytes(range(40)),
        bytes.fromhex("ffe000100003e800bffaa000") + bytes(12),
        bytes.fromhex("ffe0000e0003e801e6a4d999") + bytes(24),
        bytes.fromhex("ffd007f800000000") + b"\x07\xff",
    ],
    "frames": [b"\x00\x03abc\x00\x00\x00\x01x", b"\x08\x00" + bytes(2048), b"\x08\x01"],
}


@pytest.mark.parametrize("name", PARSERS)
def test_native_and_readable_agree_on_every_byte(name: str) -> None:
    random = Random(name)
    compare = PARSERS[name]
    for sample in SAMPLES[name]:
        for end in range(len(sample) + 1):
            compare(sample[:end])
    for _ in tries(1500):
        data = bytearray(random.choice(SAMPLES[name]))
        for _ in range(random.randrange(0, 5)):
            if data:
                data[random.randrange(len(data))] = random.choice((0, 1, 0x80, 0xFF, random.getrandbits(8)))
        if random.random() < 0.3:
            data = data[: random.randrange(len(data) + 1)] + random.randbytes(random.randrange(0, 20))
        compare(bytes(data))
        compare(random.randbytes(random.randrange(0, 64)))


@pytest.mark.parametrize("seed", tries(3))
def test_feedback_over_a_long_time_is_the_same(seed: int) -> None:
    """Every number wraps: ours, the receiver's clock, our microseconds."""
    random = Random(seed)
    oracle, native = SendLog(), parsers.Log(0)
    now, reference = 4_294_000_000, 0xFFFFF0
    for _ in range(250):
        for _ in range(random.randrange(700)):
            size, cluster = random.choice((0, 100, 1200, 1200, 1500)), random.getrandbits(8)
            assert oracle.next_number() == native.send(now, size, cluster)
            if size:
                oracle.note((now + 0.5) / 1e6, size, cluster)
            now += random.randrange(2000)
        base = oracle.next - random.choice((1, 100, 500, 2100, 40000)) + random.randrange(50)
        runs = [(random.choice((0, 1, 2)), random.randrange(1, 200)) for _ in range(random.randrange(1, 6))]
        head = (base & 0xFFFF).to_bytes(2, "big") + sum(run for _, run in runs).to_bytes(2, "big")
        body = head + (reference & 0xFFFFFF).to_bytes(3, "big") + b"\0"
        body += b"".join((symbol << 13 | run).to_bytes(2, "big") for symbol, run in runs)
        body += random.randbytes(sum(symbol * run for symbol, run in runs))
        reference += random.randrange(5)
        expected = [
            (round(result.sent_at * 1e6), result.arrived_at, result.size, result.cluster)
            for result in oracle.match(parse_feedback(body))
        ]
        found = native.match(body, now) or []
        assert expected == [(sent, None if at is None else at / 4000, size, to) for sent, at, size, to in found]
    assert oracle.next > 65536 and reference > 0x1000000
