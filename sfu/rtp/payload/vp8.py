"""The VP8 payload descriptor, RFC 7741 4.2: parse, rewrite picture ids, find keyframes. No frame is decoded."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from ..errors import MalformedPacket

__all__ = ["Vp8Descriptor", "parse_vp8"]

_HEAD_AND_PICTURE_ID = struct.Struct("!BBH")


@dataclass(slots=True)
class Vp8Descriptor:
    """A parsed descriptor; ``None`` fields are absent on the wire."""

    first: int  # X R N S R PID
    size: int  # bytes of the payload taken
    picture_id: int | None = None
    long_picture_id: bool = False  # 15 bits on the wire, else 7
    tl0_picture_index: int | None = None
    temporal: int | None = None  # the byte TID, Y, KEYIDX
    flags: int = 0  # I L T K
    is_keyframe_start: bool = False

    @property
    def temporal_layer(self) -> int | None:
        """TID, when there is one."""
        return self.temporal >> 6 if self.temporal is not None and self.flags & 0x20 else None

    @property
    def begins_picture(self) -> bool:
        """S = 1, PID = 0."""
        return self.first & 0x17 == 0x10

    @property
    def is_layer_sync(self) -> bool:
        """Y: depends on no picture of its own temporal layer."""
        return self.temporal is not None and self.temporal & 0x20 != 0

    def rewrite(self, picture_id_offset: int, tl0_offset: int) -> bytes:
        """The descriptor's bytes with its ids moved; a picture id always leaves with 15 bits."""
        if not self.flags:
            return bytes((self.first, 0)) if self.first & 0x80 else bytes((self.first,))
        if self.picture_id is None:
            head = bytes((self.first, self.flags))
        else:
            head = _HEAD_AND_PICTURE_ID.pack(
                self.first, self.flags, 0x8000 | (self.picture_id + picture_id_offset) & 0x7FFF
            )
        if self.tl0_picture_index is None:
            return head if self.temporal is None else head + bytes((self.temporal,))
        tl0 = (self.tl0_picture_index + tl0_offset) & 0xFF
        return head + (bytes((tl0,)) if self.temporal is None else bytes((tl0, self.temporal)))


def parse_vp8(payload: bytes) -> Vp8Descriptor:
    """The descriptor at the start of a VP8 payload; raises MalformedPacket."""
    try:
        return _parse(payload)
    except IndexError:
        raise MalformedPacket(f"a VP8 descriptor is cut off after {len(payload)} bytes") from None


def _parse(payload: bytes) -> Vp8Descriptor:
    first = payload[0]
    descriptor = Vp8Descriptor(first, 1)
    if first & 0x80:
        _parse_extended(payload, descriptor)
    if descriptor.begins_picture:  # the payload begins with the frame's own header
        descriptor.is_keyframe_start = payload[descriptor.size] & 1 == 0
    elif len(payload) == descriptor.size:
        raise MalformedPacket("a VP8 descriptor without a payload")
    return descriptor


def _parse_extended(payload: bytes, descriptor: Vp8Descriptor) -> None:
    flags = payload[1] & 0xF0
    descriptor.flags = flags
    position = 2
    if flags & 0x80:
        picture_id = payload[position]
        position += 1
        if picture_id & 0x80:
            descriptor.long_picture_id = True
            picture_id = (picture_id & 0x7F) << 8 | payload[position]
            position += 1
        descriptor.picture_id = picture_id
    if flags & 0x40:
        descriptor.tl0_picture_index = payload[position]
        position += 1
    if flags & 0x30:
        descriptor.temporal = payload[position]
        position += 1
    descriptor.size = position
