"""From ordered RTP packets to whole frames: VP8 (RFC 7741), H.264 (RFC 6184), Opus (RFC 7587).

A frame that misses a packet is dropped, and so is everything after it up to the next keyframe, because it would be
decoded onto the wrong picture; only a frame that nothing refers to (VP8 N bit) may be missed alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from recordings.capture.jitter import RtpPacket

START_CODE = b"\0\0\0\1"


@dataclass(frozen=True, slots=True)
class Frame:
    """A whole encoded picture, or one packet of sound."""

    data: bytes
    is_key: bool
    wall_ns: int
    arrival_ns: int
    label: str | None = None
    size: tuple[int, int] | None = None  # width and height, on VP8 keyframes


class Depacketizer(Protocol):
    def push(self, packet: RtpPacket) -> list[Frame]:
        """Take the next packet; returns the frame it completed, if any."""


def depacketizer(codec: str) -> Depacketizer:
    """A new one for ``opus``, ``vp8`` or ``h264``; ``ValueError`` for anything else."""
    match codec:
        case "opus":
            return OpusDepacketizer()
        case "vp8":
            return Vp8Depacketizer()
        case "h264":
            return H264Depacketizer()
    raise ValueError(f"no depacketizer for {codec!r}")


class OpusDepacketizer:
    """One packet is one frame."""

    def push(self, packet: RtpPacket) -> list[Frame]:
        if not packet.payload:
            return []
        return [Frame(packet.payload, True, packet.wall_ns, packet.arrival_ns, packet.label)]


class Vp8Depacketizer:
    """Collects the partitions of a picture from its first packet (S = 1, PID = 0) to its marker."""

    def __init__(self) -> None:
        self._first: RtpPacket | None = None
        self._parts: list[bytes] = []
        self._needs_key = True
        self._is_reference = True

    def push(self, packet: RtpPacket) -> list[Frame]:
        same = self._first is not None and packet.timestamp == self._first.timestamp
        if packet.after_loss or (self._first is not None and not same):
            self._break(packet.after_loss and not same)
        parsed = vp8_payload(packet.payload)
        if parsed is None:
            self._break(True)
            return []
        is_start, is_reference, data = parsed
        if is_start:
            self._break(False)
            self._first, self._parts, self._is_reference = packet, [], is_reference
        if self._first is None:  # the rest of a picture whose beginning is lost
            self._needs_key = self._needs_key or is_reference
            return []
        self._parts.append(data)
        return self._finish() if packet.marker else []

    def _break(self, is_lost: bool) -> None:
        """The picture being collected cannot be completed; ``is_lost``: neither can one we have not seen."""
        self._needs_key = self._needs_key or is_lost or (self._first is not None and self._is_reference)
        self._first = None

    def _finish(self) -> list[Frame]:
        first, data = self._first, b"".join(self._parts)
        self._first = None
        assert first is not None  # noqa: S101 - for the type checker: set by the caller
        is_key = vp8_is_key(data)
        if self._needs_key and not is_key:
            return []
        size = vp8_size(data) if is_key else None
        if is_key and size is None:
            return []
        self._needs_key = False
        return [Frame(data, is_key, first.wall_ns, first.arrival_ns, first.label, size)]


def vp8_payload(payload: bytes) -> tuple[bool, bool, bytes] | None:
    """(begins a picture, is referred to, VP8 bytes) of a payload with its descriptor (RFC 7741 4.2)."""
    if not payload:
        return None
    first, at = payload[0], 1
    if first & 0x80:
        if len(payload) < 2:
            return None
        extension, at = payload[1], 2
        if extension & 0x80:
            if len(payload) <= at:
                return None
            at += 2 if payload[at] & 0x80 else 1
        at += bool(extension & 0x40) + bool(extension & 0x30)
    if len(payload) <= at:
        return None
    return first & 0x17 == 0x10, not first & 0x20, payload[at:]


def vp8_is_key(data: bytes) -> bool:
    return bool(data) and not data[0] & 1


def vp8_size(data: bytes) -> tuple[int, int] | None:
    """Width and height of a keyframe (RFC 6386 9.1)."""
    if len(data) < 10 or data[3:6] != b"\x9d\x01\x2a":
        return None
    return int.from_bytes(data[6:8], "little") & 0x3FFF, int.from_bytes(data[8:10], "little") & 0x3FFF


class H264Depacketizer:
    """Collects NAL units of one timestamp into an access unit (Annex B); parameter sets stand before every IDR."""

    def __init__(self) -> None:
        self._units: list[bytes] = []
        self._fragments: list[bytes] = []
        self._first: RtpPacket | None = None
        self._broken = False
        self._needs_key = True
        self._parameters: dict[int, bytes] = {}  # 7: SPS, 8: PPS

    def push(self, packet: RtpPacket) -> list[Frame]:
        if packet.after_loss:
            self._needs_key = self._broken = True
        if self._first is not None and packet.timestamp != self._first.timestamp:
            self._needs_key = True  # the marker of the unit before is missing
            self._first = None
        if self._first is None:
            self._first, self._units, self._fragments = packet, [], []
            self._broken = packet.after_loss
        if not self._take(packet.payload):
            self._broken = True
        return self._finish() if packet.marker else []

    def _take(self, payload: bytes) -> bool:
        kind = payload[0] & 0x1F if payload else 0
        if 1 <= kind <= 23:
            self._units.append(payload)
            return True
        if kind == 24:
            return self._take_aggregate(payload[1:])
        return kind == 28 and len(payload) > 2 and self._take_fragment(payload)

    def _take_aggregate(self, data: bytes) -> bool:
        while len(data) > 2:
            size = int.from_bytes(data[:2])
            if not 0 < size <= len(data) - 2:
                return False
            self._units.append(data[2 : 2 + size])
            data = data[2 + size :]
        return not data

    def _take_fragment(self, payload: bytes) -> bool:
        indicator, header = payload[0], payload[1]
        if header & 0x80:
            self._fragments = [bytes([indicator & 0xE0 | header & 0x1F])]
        elif not self._fragments:
            return False
        self._fragments.append(payload[2:])
        if header & 0x40:
            self._units.append(b"".join(self._fragments))
            self._fragments = []
        return True

    def _finish(self) -> list[Frame]:
        first, units, broken = self._first, self._units, self._broken or bool(self._fragments)
        self._first, self._broken = None, False
        for unit in units:
            if unit[0] & 0x1F in (7, 8):
                self._parameters[unit[0] & 0x1F] = unit
        is_key = any(unit[0] & 0x1F == 5 for unit in units)
        if first is None or broken or not units or (self._needs_key and not is_key):
            self._needs_key = self._needs_key or broken
            return []
        if is_key:
            if len(self._parameters) < 2:
                return []
            units = [*self._parameters.values(), *(unit for unit in units if unit[0] & 0x1F not in (7, 8))]
        self._needs_key = False
        data = b"".join(START_CODE + unit for unit in units)
        return [Frame(data, is_key, first.wall_ns, first.arrival_ns, first.label)]
