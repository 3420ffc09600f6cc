"""As much of the protobuf wire format as LiveKit's signalling needs: fields by number, nothing generated."""

from __future__ import annotations

from collections.abc import Iterator

VARINT, LENGTH, FIXED64, FIXED32 = 0, 2, 1, 5


def field(number: int, value: int | str | bytes) -> bytes:
    """One field."""
    if isinstance(value, int):
        return _varint(number << 3 | VARINT) + _varint(value)
    data = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | LENGTH) + _varint(len(data)) + data


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """(number, value) of each field. Raises ValueError on another wire type."""
    at = 0
    while at < len(data):
        key, at = _read_varint(data, at)
        value: int | bytes
        if key & 7 == VARINT:
            value, at = _read_varint(data, at)
        elif key & 7 == LENGTH:
            length, at = _read_varint(data, at)
            value, at = data[at : at + length], at + length
        elif key & 7 in (FIXED64, FIXED32):
            length = 8 if key & 7 == FIXED64 else 4
            value, at = data[at : at + length], at + length
        else:
            raise ValueError(f"wire type {key & 7}")
        yield key >> 3, value


def texts(data: bytes) -> dict[int, str]:
    """The string fields of a message."""
    return {number: value.decode(errors="replace") for number, value in fields(data) if isinstance(value, bytes)}


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if not data[at - 1] & 0x80:
            return value, at
