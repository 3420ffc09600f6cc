"""What we write aiortc reads, and the other way round."""

from __future__ import annotations

from typing import Any

from aiortc import rtp as theirs

from sfu.rtp import packet as ours
from sfu.rtp import rtcp


def test_rtp_both_ways() -> None:
    mine = ours.RtpPacket(96, 65535, 0xFFFFFFFF, 7, b"payload", True, {4: b"mid", 1: b"\xaa"}, (9,), 4)
    extensions: Any = theirs.HeaderExtensionsMap()
    parsed = theirs.RtpPacket.parse(ours.serialize_rtp(mine), extensions)
    assert (parsed.payload_type, parsed.sequence_number, parsed.timestamp, parsed.ssrc) == (96, 65535, 0xFFFFFFFF, 7)
    assert (parsed.payload, bool(parsed.marker), parsed.csrc, parsed.padding_size) == (b"payload", True, [9], 4)
    again = ours.parse_rtp(parsed.serialize(extensions))
    assert (again.payload, again.csrcs, again.ssrc) == (mine.payload, mine.csrcs, mine.ssrc)


def test_control_packets_we_write() -> None:
    block = rtcp.ReportBlock(11, 64, -2, 0x10005, 9, 0x11223344, 0x8000)
    compound: list[rtcp.RtcpPacket] = [
        rtcp.SenderReport(10, 1 << 63, 3000, 5, 1000, (block,)),
        rtcp.ReceiverReport(10, (block,)),
        rtcp.SourceDescription(((10, "quanba"),)),
        rtcp.Nack(10, 11, (100, 101, 140)),
        rtcp.PictureLoss(10, 11),
        rtcp.Bye((10,)),
    ]
    sr, rr, sdes, nack, pli, bye = theirs.RtcpPacket.parse(rtcp.serialize_compound(compound))
    assert isinstance(sr, theirs.RtcpSrPacket) and sr.sender_info.ntp_timestamp == 1 << 63
    assert isinstance(rr, theirs.RtcpRrPacket) and rr.reports[0].packets_lost == -2
    assert isinstance(sdes, theirs.RtcpSdesPacket) and sdes.chunks[0].items == [(1, b"quanba")]
    assert isinstance(nack, theirs.RtcpRtpfbPacket) and nack.lost == [100, 101, 140]
    assert isinstance(pli, theirs.RtcpPsfbPacket) and pli.media_ssrc == 11
    assert isinstance(bye, theirs.RtcpByePacket) and bye.sources == [10]


def test_control_packets_they_write() -> None:
    info = theirs.RtcpSenderInfo(ntp_timestamp=5, rtp_timestamp=6, packet_count=7, octet_count=8)
    report = theirs.RtcpReceiverInfo(
        ssrc=11, fraction_lost=1, packets_lost=2, highest_sequence=3, jitter=4, lsr=5, dlsr=6
    )
    remb = theirs.RtcpPsfbPacket(fmt=15, ssrc=1, media_ssrc=0, fci=theirs.pack_remb_fci(1_500_000, [11]))
    packets: list[Any] = [
        theirs.RtcpSrPacket(ssrc=10, sender_info=info, reports=[report]),
        theirs.RtcpSdesPacket(chunks=[theirs.RtcpSourceInfo(ssrc=10, items=[(1, b"quanba")])]),
        theirs.RtcpRtpfbPacket(fmt=1, ssrc=1, media_ssrc=11, lost=[1, 2, 100]),
        remb,
        theirs.RtcpByePacket(sources=[10]),
    ]
    assert rtcp.parse_compound(b"".join(bytes(packet) for packet in packets)) == [
        rtcp.SenderReport(10, 5, 6, 7, 8, (rtcp.ReportBlock(11, 1, 2, 3, 4, 5, 6),)),
        rtcp.SourceDescription(((10, "quanba"),)),
        rtcp.Nack(1, 11, (1, 2, 100)),
        rtcp.ReceiverEstimate(1, 1_500_000, (11,)),
        rtcp.Bye((10,)),
    ]
