"""Redundant audio, RFC 2198: earlier packets' payloads before the packet's own. Here for Opus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import MalformedPacket

__all__ = ["MAX_BLOCK", "MAX_OFFSET", "RedBlock", "build_red", "parse_red"]

MAX_OFFSET = 0x3FFF  # 14 bits of timestamp
MAX_BLOCK = 0x3FF  # 10 bits of length
MAX_BLOCKS = 8  # earlier ones in a packet; more are refused


@dataclass(frozen=True, slots=True)
class RedBlock:
    """One block: the last of a packet is its own (``offset`` 0), those before it are of earlier packets."""

    payload_type: int
    offset: int  # how much earlier its timestamp is
    payload: bytes


def parse_red(payload: bytes) -> list[RedBlock]:
    """The blocks, oldest first; raises MalformedPacket."""
    heads: list[tuple[int, int, int]] = []  # payload type, offset, size
    position = 0
    while position < len(payload) and payload[position] & 0x80:
        if position + 4 > len(payload) or len(heads) == MAX_BLOCKS:
            raise MalformedPacket(f"RED of {len(payload)} bytes with {len(heads)} blocks and more")
        word = int.from_bytes(payload[position : position + 4], "big")
        heads.append((word >> 24 & 0x7F, word >> 10 & MAX_OFFSET, word & MAX_BLOCK))
        position += 4
    if position == len(payload):
        raise MalformedPacket(f"RED of {len(payload)} bytes without a block of its own")
    own = payload[position] & 0x7F
    position += 1
    blocks: list[RedBlock] = []
    for payload_type, offset, size in heads:
        if position + size > len(payload):
            raise MalformedPacket(f"a RED block of {size} bytes is cut off")
        blocks.append(RedBlock(payload_type, offset, payload[position : position + size]))
        position += size
    return [*blocks, RedBlock(own, 0, payload[position:])]


def build_red(blocks: Sequence[RedBlock]) -> bytes:
    """The payload of these blocks, the packet's own last."""
    heads = b"".join(
        (0x80000000 | block.payload_type << 24 | block.offset << 10 | len(block.payload)).to_bytes(4, "big")
        for block in blocks[:-1]
    )
    return heads + bytes((blocks[-1].payload_type,)) + b"".join(block.payload for block in blocks)
