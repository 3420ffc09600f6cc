"""Sender and receiver reports of one transport, once a second: what we sent, what we got, and whose clock it was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..rtp.rtcp import (
    ReceiverReport,
    ReportBlock,
    RtcpPacket,
    SenderReport,
    SourceDescription,
    serialize_compound,
)
from .consumer import Consumer
from .encoding import Encoding
from .transport import NTP_EPOCH, Transport

__all__ = ["compounds", "ntp_from_wall", "receive_blocks", "receive_sender_report", "sender_report"]

REPORTS_PER_COMPOUND = 16  # at 28 + 16 bytes each well below any packet limit
BLOCKS_PER_REPORT = 31
LOCAL_CNAME = "giaoban"


def ntp_from_wall(wall_ns: int) -> int:
    """64-bit NTP of nanoseconds since 1970."""
    seconds, rest = divmod(wall_ns, 1_000_000_000)
    return (seconds + NTP_EPOCH << 32) + (rest << 32) // 1_000_000_000


def compounds(transport: Transport, now: float, wall_ns: int) -> Iterator[bytes]:
    """All reports that are due, in compounds of a harmless size."""
    senders: list[RtcpPacket] = []
    names: list[tuple[int, str]] = []
    for consumer in transport.consumers.values():
        report = sender_report(consumer, wall_ns)
        if report is not None:
            senders.append(report)
            names.append((report.ssrc, consumer.settings.cname))
    for start in range(0, len(senders), REPORTS_PER_COMPOUND):
        part = slice(start, start + REPORTS_PER_COMPOUND)
        yield serialize_compound([*senders[part], SourceDescription(tuple(names[part]))])
    blocks = _blocks(transport, now)
    for start in range(0, len(blocks), BLOCKS_PER_REPORT):
        report_blocks = tuple(blocks[start : start + BLOCKS_PER_REPORT])
        local = SourceDescription(((transport.local_ssrc, LOCAL_CNAME),))
        yield serialize_compound([ReceiverReport(transport.local_ssrc, report_blocks), local])


def _blocks(transport: Transport, now: float) -> list[ReportBlock]:
    """One for every SSRC that was heard, RTX too: browsers send mid and rid until they see it."""
    blocks: list[ReportBlock] = []
    for encoding, is_rtx in transport.streams.values():
        statistics = encoding.rtx_statistics if is_rtx else encoding.statistics
        if statistics is not None and statistics.received:
            block = statistics.report(now)
            if not is_rtx and block.fraction_lost < encoding.reported_loss:
                block = replace(block, fraction_lost=encoding.reported_loss)
            blocks.append(block)
    return blocks


def sender_report(consumer: Consumer, wall_ns: int) -> SenderReport | None:
    """The SR of a consumer that carries something, its RTP time mapped through the producer's SR to our wall clock."""
    encoding, segment = consumer.carried, consumer.rewriter.current
    if encoding is None or segment is None or not consumer.stats.packets:
        return None
    inbound = _inbound_timestamp(encoding, wall_ns)
    if inbound is None:
        return None
    return SenderReport(
        consumer.settings.ssrc,
        ntp_from_wall(wall_ns),
        inbound + segment.timestamp_offset & 0xFFFFFFFF,
        consumer.stats.packets & 0xFFFFFFFF,
        consumer.octets & 0xFFFFFFFF,
    )


def _inbound_timestamp(encoding: Encoding, wall_ns: int) -> int | None:
    """What the sender's RTP clock shows at our wall clock; from the newest packet's arrival until it told us."""
    offset, report = encoding.transport.clock_offset, encoding.sender_report
    rate = encoding.settings.clock_rate
    if offset is not None and report is not None:
        ntp, rtp = report
        theirs = wall_ns / 1e9 + NTP_EPOCH - offset
        return rtp + round((theirs - ntp / 2**32) * rate)
    if encoding.newest is None:
        return None
    return encoding.newest.timestamp + (wall_ns - encoding.newest_arrival_ns) * rate // 1_000_000_000


def receive_sender_report(transport: Transport, report: SenderReport, now: float, wall_ns: int) -> None:
    """A producer's SR: for our report blocks, for lip sync, for the sinks' wall clock."""
    found = transport.streams.get(report.ssrc)
    if found is None:
        return
    encoding, is_rtx = found
    statistics = encoding.rtx_statistics if is_rtx else encoding.statistics
    if statistics is not None:
        statistics.receive_sender_report(report.ntp, now)
    if not is_rtx:
        encoding.sender_report = (report.ntp, report.rtp)
        transport.hear_clock(report.ntp, wall_ns)


def receive_blocks(transport: Transport, blocks: tuple[ReportBlock, ...], wall_ns: int) -> None:
    """What a viewer says of our streams: loss, and the round trip (RFC 3550 6.4.1)."""
    for block in blocks:
        consumer = transport.consumers.get(block.ssrc)
        if consumer is None:
            continue
        consumer.stats.fraction_lost = block.fraction_lost / 256
        if block.last_sender_report:
            middle = ntp_from_wall(wall_ns) >> 16 & 0xFFFFFFFF
            round_trip = (middle - block.last_sender_report - block.delay_since) & 0xFFFFFFFF
            if round_trip < 60 << 16:
                consumer.stats.rtt_ms = round_trip * 1000 / 65536
                transport.rtt = round_trip / 65536
