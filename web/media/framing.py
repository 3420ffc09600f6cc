"""Length-prefixed JSON over a Unix stream socket: 4 bytes big-endian (≤ 1 MiB), then one UTF-8 object."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from web.media.errors import BadFrame

MAX_FRAME = 1024 * 1024


def encode_frame(message: dict[str, Any]) -> bytes:
    """One message as bytes."""
    body = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
    if len(body) > MAX_FRAME:
        raise BadFrame(f"message of {len(body)} bytes, at most {MAX_FRAME}")
    return len(body).to_bytes(4, "big") + body


def decode_body(body: bytes) -> dict[str, Any]:
    """The object in a frame's body."""
    try:
        message = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadFrame(f"not JSON: {error}") from error
    if not isinstance(message, dict):
        raise BadFrame("not a JSON object")
    return message


async def read_frame(reader: asyncio.StreamReader) -> dict[str, Any] | None:
    """The next message; None at the end of the stream."""
    try:
        length = int.from_bytes(await reader.readexactly(4), "big")
        if length > MAX_FRAME:
            raise BadFrame(f"frame of {length} bytes, at most {MAX_FRAME}")
        return decode_body(await reader.readexactly(length))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
