"""An outbound stream's header, planned once: what never changes is in place, one ``pack`` fills in the rest."""

from __future__ import annotations

import struct
from collections.abc import Callable

from .header_extensions import ONE_BYTE, TWO_BYTE

__all__ = ["HeaderTemplate"]

_Build = Callable[[int, int, int, int, int, int], bytes]


class HeaderTemplate:
    """``build(marker, sequence, timestamp, level, send_time, transport_cc)``: marker is 0x80 or 0, all else masked."""

    __slots__ = ("build",)

    def __init__(
        self,
        payload_type: int,
        ssrc: int,
        *,
        mid: tuple[int, str] = (0, ""),  # (id, value); id 0: not sent
        audio_level: int = 0,  # ids; 0: not sent
        abs_send_time: int = 0,
        transport_cc: int = 0,
    ) -> None:
        mid_id = mid[0] if mid[1] else 0
        two_byte = max(mid_id, audio_level, abs_send_time, transport_cc) > 14 or len(mid[1]) > 16
        value = mid[1].encode() if mid_id else b""
        static = _head(mid_id, len(value), two_byte) + value if mid_id else b""
        self.build: _Build
        if not (mid_id or audio_level or abs_send_time or transport_cc):
            self.build = _bare(payload_type, ssrc)
        elif transport_cc and not audio_level and not abs_send_time:
            self.build = _stamped(payload_type, ssrc, two_byte, static + _head(transport_cc, 2, two_byte))
        else:
            self.build = _full(payload_type, ssrc, two_byte, static, (audio_level, abs_send_time, transport_cc))


def _head(identifier: int, size: int, two_byte: bool) -> bytes:
    return bytes((identifier, size)) if two_byte else bytes((identifier << 4 | size - 1,))


def _extension_head(size: int, two_byte: bool) -> tuple[bytes, int]:
    """Profile and length for elements of ``size`` bytes, and the padding they need."""
    padding = -size % 4
    return struct.pack("!HH", TWO_BYTE if two_byte else ONE_BYTE, (size + padding) // 4), padding


def _bare(payload_type: int, ssrc: int) -> _Build:
    pack = struct.Struct("!BBHII").pack

    def build(marker: int, sequence: int, timestamp: int, level: int, send_time: int, transport_cc: int) -> bytes:
        return pack(0x80, marker | payload_type, sequence, timestamp, ssrc)

    return build


def _stamped(payload_type: int, ssrc: int, two_byte: bool, static: bytes) -> _Build:
    """transport-cc is the only thing that changes: what most video viewers get."""
    head, padding = _extension_head(len(static) + 2, two_byte)
    static = head + static
    pack = struct.Struct(f"!BBHII{len(static)}sH{padding}x").pack

    def build(marker: int, sequence: int, timestamp: int, level: int, send_time: int, transport_cc: int) -> bytes:
        return pack(0x90, marker | payload_type, sequence, timestamp, ssrc, static, transport_cc)

    return build


def _full(payload_type: int, ssrc: int, two_byte: bool, static: bytes, ids: tuple[int, int, int]) -> _Build:
    """Any mixture. What is not negotiated is packed as a string of no bytes."""
    sizes = [size if identifier else 0 for identifier, size in zip(ids, (1, 3, 2), strict=True)]
    heads = [_head(identifier, size, two_byte) if size else b"" for identifier, size in zip(ids, sizes, strict=True)]
    head, padding = _extension_head(len(static) + sum(map(len, heads)) + sum(sizes), two_byte)
    static = head + static + heads[0]
    _, time_head, cc_head = heads
    fields = f"{sizes[0]}s{len(time_head)}s{sizes[1]}s{len(cc_head)}s{sizes[2]}s"
    pack = struct.Struct(f"!BBHII{len(static)}s{fields}{padding}x").pack

    def build(marker: int, sequence: int, timestamp: int, level: int, send_time: int, transport_cc: int) -> bytes:
        return pack(
            0x90,
            marker | payload_type,
            sequence,
            timestamp,
            ssrc,
            static,
            level.to_bytes(1, "big"),
            time_head,
            send_time.to_bytes(3, "big"),
            cc_head,
            transport_cc.to_bytes(2, "big"),
        )

    return build
