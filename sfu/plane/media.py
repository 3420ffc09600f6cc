"""One media packet as the plane keeps it: parsed once on arrival, shared by every consumer."""

from __future__ import annotations

from ..rtp.payload.vp8 import Vp8Descriptor
from ..rtp.rewriter import Position

__all__ = ["MediaPacket"]

SILENT = 127  # RFC 6464: what is sent for a packet whose loudness nobody told


class MediaPacket:
    """Plaintext and what was read of it. Nobody changes it once it is in the ring."""

    __slots__ = (
        "arrival_ns",
        "arrived_at",
        "body",
        "descriptor",
        "index",
        "level",
        "marker",
        "payload",
        "starts_keyframe",
        "timestamp",
    )

    def __init__(
        self, index: int, timestamp: int, marker: int, payload: bytes, arrived_at: float, arrival_ns: int
    ) -> None:
        self.index = index  # unwrapped sequence number of its encoding
        self.timestamp = timestamp
        self.marker = marker  # 0x80 or 0
        self.payload = payload  # empty: RTP padding only
        self.arrived_at = arrived_at
        self.arrival_ns = arrival_ns
        self.level = SILENT  # the byte of RFC 6464, voice flag and −dBov
        self.descriptor: Vp8Descriptor | None = None
        self.body = payload  # the payload after the descriptor
        self.starts_keyframe = False  # for audio always: it can be joined at any packet

    def position_before(self) -> Position:
        """Where its stream stood just before it."""
        descriptor = self.descriptor
        if descriptor is None:
            return Position(self.index - 1, self.timestamp, self.arrived_at)
        picture, tl0 = descriptor.picture_id, descriptor.tl0_picture_index
        if descriptor.begins_picture:
            picture = None if picture is None else picture - 1 & 0x7FFF
            tl0 = tl0 if tl0 is None or descriptor.temporal_layer else tl0 - 1 & 0xFF
        return Position(self.index - 1, self.timestamp, self.arrived_at, picture, tl0)
