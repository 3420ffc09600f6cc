"""RTP packets, RFC 3550 5.1: read and written. Padding is taken off on reading; CSRCs are kept only for round trips."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from .errors import MalformedPacket
from .header_extensions import build_elements, parse_elements

__all__ = ["FIXED_HEADER", "RtpPacket", "is_rtcp", "parse_rtp", "peek_sequence", "peek_ssrc", "serialize_rtp"]

FIXED_HEADER = struct.Struct("!BBHII")
_EXTENSION = struct.Struct("!HH")
_SSRC = struct.Struct("!8xI")
_SEQUENCE = struct.Struct("!2xH")


@dataclass(slots=True)
class RtpPacket:
    """One RTP packet in the clear."""

    payload_type: int
    sequence_number: int
    timestamp: int
    ssrc: int
    payload: bytes = b""
    marker: bool = False
    extensions: dict[int, bytes] = field(default_factory=dict)  # by negotiated id
    csrcs: tuple[int, ...] = ()
    padding: int = 0  # bytes taken off the end, the length byte included


def parse_rtp(data: bytes) -> RtpPacket:
    """The packet in ``data``; raises MalformedPacket."""
    length = len(data)
    if length < 12:
        raise MalformedPacket(f"an RTP packet of {length} bytes has no header")
    first, second, sequence_number, timestamp, ssrc = FIXED_HEADER.unpack_from(data)
    if first >> 6 != 2:
        raise MalformedPacket(f"RTP version {first >> 6}")
    position = 12
    csrcs: tuple[int, ...] = ()
    if first & 15:
        csrcs, position = _parse_csrcs(data, first & 15)
    extensions: dict[int, bytes] = {}
    if first & 0x10:
        extensions, position = _parse_extensions(data, position)
    padding = _padding(data, position) if first & 0x20 else 0
    payload = data[position : length - padding]
    return RtpPacket(second & 0x7F, sequence_number, timestamp, ssrc, payload, second > 127, extensions, csrcs, padding)


def _parse_csrcs(data: bytes, count: int) -> tuple[tuple[int, ...], int]:
    end = 12 + 4 * count
    if end > len(data):
        raise MalformedPacket(f"{count} CSRCs do not fit into {len(data)} bytes")
    return struct.unpack_from(f"!{count}I", data, 12), end


def _parse_extensions(data: bytes, position: int) -> tuple[dict[int, bytes], int]:
    if position + 4 > len(data):
        raise MalformedPacket("the header extension is cut off")
    profile, words = _EXTENSION.unpack_from(data, position)
    end = position + 4 + 4 * words
    if end > len(data):
        raise MalformedPacket(f"a header extension of {words} words does not fit into {len(data)} bytes")
    return parse_elements(profile, data[position + 4 : end]), end


def _padding(data: bytes, position: int) -> int:
    padding = data[-1]
    if padding == 0 or position + padding > len(data):
        raise MalformedPacket(f"{padding} bytes of padding after a header of {position} in {len(data)} bytes")
    return padding


def serialize_rtp(packet: RtpPacket) -> bytes:
    """The bytes of ``packet``; ``padding`` bytes are put back on."""
    extension = build_elements(packet.extensions)
    first = 0x80 | (0x20 if packet.padding else 0) | (0x10 if extension else 0) | len(packet.csrcs)
    header = FIXED_HEADER.pack(
        first,
        (0x80 if packet.marker else 0) | packet.payload_type,
        packet.sequence_number,
        packet.timestamp,
        packet.ssrc,
    )
    csrcs = struct.pack(f"!{len(packet.csrcs)}I", *packet.csrcs)
    tail = bytes(packet.padding - 1) + bytes((packet.padding,)) if packet.padding else b""
    return header + csrcs + extension + packet.payload + tail


def is_rtcp(data: bytes) -> bool:
    """RFC 5761 4: RTCP when the second byte is 192 to 223."""
    return len(data) > 1 and 192 <= data[1] <= 223


def peek_ssrc(data: bytes) -> int:
    """The SSRC of RTP bytes of at least 12, encrypted or not."""
    ssrc: int = _SSRC.unpack_from(data)[0]
    return ssrc


def peek_sequence(data: bytes) -> int:
    """The sequence number of RTP bytes of at least 12, encrypted or not."""
    sequence: int = _SEQUENCE.unpack_from(data)[0]
    return sequence
