"""Opus with earlier packets in each (RED, RFC 2198), out of the ring; and what a sender put in, to fill holes with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..rtp.payload.red import MAX_BLOCK, MAX_OFFSET, RedBlock, build_red
from ..rtp.rewriter import Segment
from ..rtp.sequence import difference_32
from .media import MediaPacket

if TYPE_CHECKING:
    from .consumer import Consumer
    from .encoding import Encoding

__all__ = ["MAX_LEVELS", "fits_hole", "with_earlier"]

MAX_LEVELS = 2
MAX_PAYLOAD = 1200  # bytes; what is earlier stays away where all would be longer


def with_earlier(consumer: Consumer, encoding: Encoding, packet: MediaPacket, segment: Segment) -> bytes:
    """The payload with those of packets before it, as many as asked for, that are there, of this segment and near."""
    payload_type, now = consumer.settings.payload_type, consumer.clock.now
    blocks = [RedBlock(payload_type, 0, packet.payload)]
    size = 1 + len(packet.payload)
    ring = encoding.ring
    for index in range(packet.index - 1, packet.index - 1 - consumer.levels, -1):
        earlier = ring.get(index, now) if ring is not None and index >= segment.first else None
        if earlier is None:
            continue
        offset = difference_32(packet.timestamp, earlier.timestamp)
        size += 4 + len(earlier.payload)
        if not 0 < offset <= MAX_OFFSET or len(earlier.payload) > MAX_BLOCK or size > MAX_PAYLOAD:
            break
        blocks.insert(0, RedBlock(payload_type, offset, earlier.payload))
    return build_red(blocks)


def fits_hole(encoding: Encoding, index: int, timestamp: int, now: float) -> bool:
    """Whether a block that a sender put in can be the missing packet ``index``: RED tells only the timestamp, which
    must lie between those of the neighbours that are here."""
    ring = encoding.ring
    if ring is None or not ring.misses(index):
        return False
    for other in range(index - 2, index + 3):
        neighbour = ring.get(other, now)
        if neighbour is not None:
            distance = difference_32(timestamp, neighbour.timestamp)
            if distance == 0 or (distance > 0) != (other < index):
                return False
    return True
