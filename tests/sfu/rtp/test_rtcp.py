from __future__ import annotations

import pytest

from sfu.congestion.twcc import parse_feedback
from sfu.rtp.errors import MalformedPacket
from sfu.rtp.rtcp import (
    Bye,
    FullIntraRequest,
    Nack,
    OtherPacket,
    PictureLoss,
    ReceiverEstimate,
    ReceiverReport,
    ReportBlock,
    RtcpPacket,
    SenderReport,
    SourceDescription,
    TransportFeedback,
    parse_compound,
    serialize_compound,
)

BLOCK = ReportBlock(0x0B, 64, -2, 0x10005, 9, 0x11223344, 0x8000)
LITERALS: list[tuple[str, RtcpPacket]] = [
    (
        "80c80006 0000000a 83aa7e8040000000 00000bb8 00000005 000003e8",
        SenderReport(10, 0x83AA7E8040000000, 3000, 5, 1000),
    ),
    (
        "81c90007 0000000a 0000000b 40fffffe 00010005 00000009 11223344 00008000",
        ReceiverReport(10, (BLOCK,)),
    ),
    ("81ca0004 0000000a 01067175616e6261 00000000", SourceDescription(((10, "quanba"),))),
    ("82cb0002 0000000a 0000000b", Bye((10, 11))),
    ("81cd0004 0000000a 0000000b ffff8001 00200000", Nack(10, 11, (0xFFFF, 0, 15, 32))),
    ("81ce0002 0000000a 0000000b", PictureLoss(10, 11)),
    ("84ce0004 0000000a 00000000 0000000b 07000000", FullIntraRequest(10, ((11, 7),))),
    ("8fce0005 0000000a 00000000 52454d42 0113d090 0000000b", ReceiverEstimate(10, 0x3D090 << 4, (11,))),
    (
        "8fcd0005 0000000a 0000000b 00010001 00000100 20010400",
        TransportFeedback(10, 11, bytes.fromhex("00010001 00000100 20010400")),
    ),
    ("83cc0002 0000000a 6e616d65", OtherPacket(3, 204, bytes.fromhex("0000000a 6e616d65"))),
    ("85cd0002 0000000a 0000000b", OtherPacket(5, 205, bytes.fromhex("0000000a 0000000b"))),
    ("8fce0003 0000000a 0000000b 41424344", OtherPacket(15, 206, bytes.fromhex("0000000a 0000000b 41424344"))),
]


@pytest.mark.parametrize(("data", "packet"), LITERALS)
def test_literal_bytes(data: str, packet: RtcpPacket) -> None:
    assert parse_compound(bytes.fromhex(data)) == [packet]
    assert serialize_compound([packet]) == bytes.fromhex(data)


def test_compound_of_everything() -> None:
    packets = [packet for _, packet in LITERALS]
    assert parse_compound(serialize_compound(packets)) == packets


def test_sender_report_with_blocks() -> None:
    report = SenderReport(1, 2, 3, 4, 5, (BLOCK, BLOCK))
    assert parse_compound(serialize_compound([report])) == [report]


def test_padding_is_taken_off() -> None:
    assert parse_compound(bytes.fromhex("a1cb0002 0000000a 00000004")) == [Bye((10,))]


def test_padding_of_single_bytes_as_chromium_sends_it() -> None:
    [feedback] = parse_compound(bytes.fromhex("afcd0006 37d7c7fa 54849185 000d000300f6c402 2003 e50d36 000003"))
    assert isinstance(feedback, TransportFeedback)
    assert feedback.body == bytes.fromhex("000d000300f6c402 2003 e50d36")
    arrivals = parse_feedback(feedback.body).arrivals
    assert [arrival - (0xF6C4 * 256) for arrival in arrivals if arrival is not None] == [
        0xE5,
        0xE5 + 13,
        0xE5 + 13 + 54,
    ]


def test_other_items_of_a_description_are_passed_over() -> None:
    data = bytes.fromhex("81ca0003 0000000a 02016e01 02636e00")
    assert parse_compound(data) == [SourceDescription(((10, "cn"),))]


def test_goodbye_with_a_reason() -> None:
    assert parse_compound(bytes.fromhex("81cb0002 0000000a 03627965")) == [Bye((10,))]


@pytest.mark.parametrize(
    "data",
    [
        "",
        "80c9",  # no header
        "40c90001 0000000a",  # version 1
        "80c90002 0000000a",  # more words than bytes
        "81c90001 0000000a",  # a block that is not there
        "80c80001 0000000a",  # sender info cut off
        "a0c90001 00000000",  # padding of nothing
        "a0c90001 00000003",  # padding that is not words
        "a0c90001 00000008",  # padding beyond the packet
        "81ca0002 0000000a 01ff6162",  # an item cut off
        "81ca0002 0000000a 61016162",  # no end
        "81ca0003 0000000a 0102ffff 00000000",  # a name that is no UTF-8
        "81cb0000",  # an SSRC that is not there
        "81cd0001 0000000a",
        "81cd0002 0000000a",
        "81ce0001 0000000a",
        "84ce0003 0000000a 00000000 0000000b",  # half a request
        "8fce0003 0000000a 00000000 52454d42",  # REMB without its figures
        "8fce0004 0000000a 00000000 52454d42 0213d090",  # REMB without its SSRCs
    ],
)
def test_malformed_packets_are_refused(data: str) -> None:
    with pytest.raises(MalformedPacket):
        parse_compound(bytes.fromhex(data))


def test_nack_groups_in_the_order_of_the_stream() -> None:
    numbers = (65530, 65535, 10, 11, 11, 27, 28)
    [nack] = parse_compound(serialize_compound([Nack(1, 2, numbers)]))
    assert nack == Nack(1, 2, (65530, 65535, 10, 11, 27, 28))


def test_too_much_for_one_packet_is_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match="32 elements"):
        serialize_compound([Bye(tuple(range(32)))])
    with pytest.raises(ValueError, match="words"):
        serialize_compound([OtherPacket(0, 204, b"abc")])
