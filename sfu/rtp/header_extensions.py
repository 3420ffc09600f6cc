"""RFC 8285 header extensions, one- and two-byte form, and the few elements that a forwarder reads or writes.

Ids are negotiated per peer, so an inbound block is never copied to a viewer: it is read once and built anew.
"""

from __future__ import annotations

import struct

from .errors import MalformedPacket

__all__ = [
    "ONE_BYTE",
    "TWO_BYTE",
    "abs_send_time",
    "build_elements",
    "parse_elements",
    "text",
]

ONE_BYTE = 0xBEDE
TWO_BYTE = 0x1000  # the low four bits are "appbits" and carry nothing here
_WORDS = struct.Struct("!HH")


def parse_elements(profile: int, block: bytes) -> dict[int, bytes]:
    """Elements by id; unknown profiles have none. Of an id that comes twice the last counts."""
    if profile == ONE_BYTE:
        return _parse_one_byte(block)
    if profile & 0xFFF0 == TWO_BYTE:
        return _parse_two_byte(block)
    return {}


def _parse_one_byte(block: bytes) -> dict[int, bytes]:
    elements: dict[int, bytes] = {}
    position, end = 0, len(block)
    while position < end:
        head = block[position]
        position += 1
        if head == 0:  # padding
            continue
        identifier = head >> 4
        if identifier == 15:  # RFC 8285 4.2: stop, ignore the rest
            break
        stop = position + (head & 15) + 1
        if stop > end:
            raise MalformedPacket(f"header extension {identifier} ends {stop - end} bytes after its block")
        if identifier:
            elements[identifier] = block[position:stop]
        position = stop
    return elements


def _parse_two_byte(block: bytes) -> dict[int, bytes]:
    elements: dict[int, bytes] = {}
    position, end = 0, len(block)
    while position < end:
        identifier = block[position]
        position += 1
        if identifier == 0:  # padding
            continue
        if position == end:
            raise MalformedPacket(f"header extension {identifier} has no length")
        stop = position + 1 + block[position]
        if stop > end:
            raise MalformedPacket(f"header extension {identifier} ends {stop - end} bytes after its block")
        elements[identifier] = block[position + 1 : stop]
        position = stop
    return elements


def build_elements(elements: dict[int, bytes]) -> bytes:
    """The whole extension with its four-byte head, padded to words; one-byte form where everything fits it."""
    if not elements:
        return b""
    if all(0 < identifier < 15 and 0 < len(value) <= 16 for identifier, value in elements.items()):
        profile = ONE_BYTE
        body = b"".join(bytes((identifier << 4 | len(value) - 1,)) + value for identifier, value in elements.items())
    else:
        if not all(0 < identifier < 256 and len(value) < 256 for identifier, value in elements.items()):
            raise ValueError("header extension ids are 1 to 255 and values at most 255 bytes")
        profile = TWO_BYTE
        body = b"".join(bytes((identifier, len(value))) + value for identifier, value in elements.items())
    body += bytes(-len(body) % 4)
    return _WORDS.pack(profile, len(body) // 4) + body


def text(value: bytes | None) -> str | None:
    """A mid or rid: up to 32 visible ASCII characters; anything else counts as absent."""
    if not value or len(value) > 32 or not all(33 <= byte <= 126 for byte in value):
        return None
    return value.decode("ascii")


def abs_send_time(seconds: float) -> int:
    """24-bit fixed-point seconds, 6.18, of any steady clock."""
    return int(seconds * 262144) & 0xFFFFFF
