"""Frames to RTP as a browser sends them: VP8 (RFC 7741) and Opus (RFC 7587), with mid, rid, level and transport-wide
number in one-byte header extensions."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from sfu.light_peer.sample import Frame
from sfu.plane.plane import ExtensionIds

CHUNK = 1100


def chunks_of(data: bytes) -> list[bytes]:
    """A frame cut into what fits one packet; sender and checker cut alike."""
    return [data[i : i + CHUNK] for i in range(0, len(data), CHUNK)] or [b""]


@dataclass(slots=True)
class Outbound:
    """One RTP stream of ours."""

    kind: str
    payload_type: int
    ssrc: int
    extensions: ExtensionIds
    mid: str
    rid: str = ""
    level: int = 20  # −dBov told in the audio level extension
    sequence: int = field(default_factory=lambda: random.getrandbits(15))
    timestamp: int = field(default_factory=lambda: random.getrandbits(31))
    picture: int = field(default_factory=lambda: random.getrandbits(15))
    packets: int = 0
    octets: int = 0

    def packetize(self, frame: Frame, next_transport_number: Iterator[int]) -> list[bytes]:
        """The packets of one frame; the stream's clock goes on by the frame's duration."""
        chunks = chunks_of(frame.data)
        packets = []
        for index, chunk in enumerate(chunks):
            last = index == len(chunks) - 1
            descriptor = self._vp8_descriptor(index == 0) if self.kind == "video" else b""
            marker = last if self.kind == "video" else self.packets == 0
            packets.append(self._packet(descriptor + chunk, marker, next(next_transport_number)))
        self.timestamp = (self.timestamp + frame.duration) & 0xFFFFFFFF
        self.picture = (self.picture + 1) & 0x7FFF
        return packets

    def _packet(self, payload: bytes, marker: bool, transport_number: int) -> bytes:
        block = self._extension_block(transport_number)
        header = struct.pack(
            "!BBHII", 0x90 if block else 0x80, self.payload_type | marker << 7, self.sequence, self.timestamp, self.ssrc
        )
        self.sequence = (self.sequence + 1) & 0xFFFF
        self.packets += 1
        self.octets += len(payload)
        return header + block + payload

    def _vp8_descriptor(self, first: bool) -> bytes:
        """X with I, L and T: 15-bit picture id, TL0PICIDX, temporal layer 0."""
        start = 0x90 if first else 0x80
        return struct.pack("!BBHBB", start, 0xE0, 0x8000 | self.picture, self.picture & 0xFF, 0)

    def _extension_block(self, transport_number: int) -> bytes:
        ids = self.extensions
        items = b""
        if ids.mid:
            items += _item(ids.mid, self.mid.encode())
        if ids.rid and self.rid:
            items += _item(ids.rid, self.rid.encode())
        if ids.audio_level and self.kind == "audio":
            items += _item(ids.audio_level, bytes([0x80 | self.level]))
        if ids.transport_cc:
            items += _item(ids.transport_cc, struct.pack("!H", transport_number & 0xFFFF))
        if not items:
            return b""
        items += bytes(-len(items) % 4)
        return struct.pack("!HH", 0xBEDE, len(items) // 4) + items


def _item(number: int, value: bytes) -> bytes:
    return bytes([number << 4 | (len(value) - 1)]) + value
