from __future__ import annotations

import pytest

from sfu.rtp.errors import MalformedPacket
from sfu.rtp.packet import RtpPacket, is_rtcp, parse_rtp, peek_sequence, peek_ssrc, serialize_rtp

LITERAL = bytes.fromhex("b1e01234 00000bb8 deadbeef 00000007 bede0001 10aa0000 78 0102 000003".replace(" ", ""))


def test_every_part_of_the_header() -> None:
    packet = parse_rtp(LITERAL)
    assert packet == RtpPacket(96, 0x1234, 3000, 0xDEADBEEF, b"\x78\x01\x02", True, {1: b"\xaa"}, (7,), 3)
    assert serialize_rtp(packet) == LITERAL
    assert (peek_ssrc(LITERAL), peek_sequence(LITERAL)) == (0xDEADBEEF, 0x1234)


def test_padding_alone() -> None:
    packet = parse_rtp(bytes.fromhex("a0600001 00000000 00000001 00000004"))
    assert (packet.payload, packet.padding) == (b"", 4)


@pytest.mark.parametrize(
    "data",
    [
        "",
        "8060000100000000000000",  # eleven bytes
        "406000010000000000000001",  # version 1
        "816000010000000000000001",  # a CSRC that is not there
        "906000010000000000000001",  # an extension that is not there
        "906000010000000000000001bede0001",  # its words are not there
        "906000010000000000000001bede00011faa0000",  # its element is too long
        "a06000010000000000000001",  # padding without a byte
        "a06000010000000000000001aa00",  # padding of nothing
        "a06000010000000000000001aa03",  # more padding than there is
    ],
)
def test_malformed_packets_are_refused(data: str) -> None:
    with pytest.raises(MalformedPacket):
        parse_rtp(bytes.fromhex(data))


def test_rtcp_is_told_from_rtp_by_the_second_byte() -> None:
    assert is_rtcp(b"\x80\xc8") and is_rtcp(b"\x80\xdf")
    assert not is_rtcp(b"\x80\x60") and not is_rtcp(b"\x80\xe0") and not is_rtcp(b"\x80")
