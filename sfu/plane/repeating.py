"""What a viewer gets once more, always as RTX (RFC 4588): what it asked for, and what fills a probe."""

from __future__ import annotations

from ..rtp.rewriter import Segment
from .budgets import REPAIR_SECONDS
from .consumer import Consumer
from .media import MediaPacket
from .state import State
from .transport import Transport

__all__ = ["MAX_COPIES", "repeat_for_probe", "retransmit"]

MIN_RESEND_SECONDS = 0.02
MAX_RESENT = 512
MAX_COPIES = 2
SEARCHED = 64  # packets looked at for one that can be repeated
PADDING = 224  # bytes of a packet with nothing else


def retransmit(state: State, consumer: Consumer, sequence_number: int) -> bool:
    """Answer a NACK; False when it cannot be. Nothing of a route that ended is sent again."""
    transport, encoding, now = consumer.transport, consumer.carried, state.clock.now
    if transport is None or consumer.build_rtx is None or encoding is None or encoding.ring is None:
        return False
    found = consumer.rewriter.find(sequence_number, encoding.statistics.highest)
    if found is None or found[0].source is not encoding:
        return False
    packet = encoding.ring.get(found[1], now)
    if packet is None:
        return False
    if now - consumer.resent.get(sequence_number, float("-inf")) < MIN_RESEND_SECONDS:
        return True  # asked twice within one round trip
    copies = consumer.repair_copies
    size = copies * (2 + len(consumer.payload(packet, found[0])))
    if not _may_send(consumer, size, now) or not _may_repair(state, transport, size):
        return False
    _remember_resent(consumer, sequence_number, now)
    consumer.stats.retransmitted += copies
    for _ in range(copies):
        _repeat(consumer, transport, packet, found[0], 0)
    return True


def repeat_for_probe(
    consumer: Consumer, transport: Transport, index: int | None, cluster: int
) -> tuple[int, int | None]:
    """Send the newest packet at or before ``index`` (None: of all) that went out, else padding: how many bytes left,
    and where to go on."""
    encoding = consumer.carried
    if encoding is not None and encoding.ring is not None:
        last = consumer.newest if index is None else min(index, consumer.newest)
        for place in range(last, last - SEARCHED, -1):
            packet = encoding.ring.get(place, consumer.clock.now)
            segment = consumer.rewriter.segment_of(encoding, place)
            if packet is not None and segment is not None and consumer.payload(packet, segment):
                return _repeat(consumer, transport, packet, segment, cluster), place - 1
    return _pad(consumer, transport, cluster), index


def _repeat(consumer: Consumer, transport: Transport, packet: MediaPacket, segment: Segment, cluster: int) -> int:
    sequence_number = packet.index + segment.index_offset & 0xFFFF
    payload = sequence_number.to_bytes(2, "big") + consumer.payload(packet, segment)
    timestamp = packet.timestamp + segment.timestamp_offset
    header = _header(consumer, transport, packet.marker, timestamp, packet.level)
    return consumer.put(header + payload, cluster)


def _pad(consumer: Consumer, transport: Transport, cluster: int) -> int:
    """Padding alone says nothing and is not answered; its timestamp is that of what went out last."""
    encoding, segment = consumer.carried, consumer.rewriter.current
    timestamp = consumer.rewriter.last.timestamp
    if encoding is not None and segment is not None:
        timestamp = encoding.position().timestamp + segment.timestamp_offset
    header = bytearray(_header(consumer, transport, 0, timestamp, 0))
    header[0] |= 0x20
    return consumer.put(bytes(header) + bytes(PADDING - 1) + bytes((PADDING,)), cluster)


def _header(consumer: Consumer, transport: Transport, marker: int, timestamp: int, level: int) -> bytes:
    index, build = consumer.next_rtx_index, consumer.build_rtx
    if build is None:
        return b""
    consumer.next_rtx_index += 1
    number = transport.sent.next_number() if consumer.stamps else 0
    return build(marker, index & 0xFFFF, timestamp & 0xFFFFFFFF, level, consumer.clock.send_time, number)


def _remember_resent(consumer: Consumer, sequence_number: int, now: float) -> None:
    consumer.resent.pop(sequence_number, None)
    consumer.resent[sequence_number] = now
    if len(consumer.resent) > MAX_RESENT:
        del consumer.resent[next(iter(consumer.resent))]


def _may_send(consumer: Consumer, size: int, now: float) -> bool:
    """A bucket of a quarter of a second at the consumer's rate; without one, or with a pace, all is allowed."""
    rate = consumer.rate
    if rate is None or (consumer.transport is not None and consumer.transport.pace is not None):
        return True
    bucket = rate / 8 * 0.25
    consumer.allowance = min(bucket, consumer.allowance + (now - consumer.allowed_at) * rate / 8)
    consumer.allowed_at = now
    if consumer.allowance < size:
        return False
    consumer.allowance -= size
    return True


def _may_repair(state: State, transport: Transport, size: int) -> bool:
    """What all NACKs of one peer together can get out of us."""
    rate = state.budgets.repair_bytes
    if transport.repairs.spend(size, rate, rate * REPAIR_SECONDS, state.clock.now):
        return True
    state.count("repairs_over_budget")
    return False
