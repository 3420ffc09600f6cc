"""Which letters our font can draw. PDF/A demands a glyph for every character, so what has none becomes a square."""

from __future__ import annotations

import struct
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

FONTS = Path(__file__).with_name("fonts")
MISSING = "□"


def drawable(value: Any) -> Any:
    """The same JSON value with every text in NFC and no character the font cannot draw."""
    if isinstance(value, str):
        known = known_characters()
        text = unicodedata.normalize("NFC", value)
        return "".join(c if c in known else _stand_in(c) for c in text)
    if isinstance(value, list | tuple):
        return [drawable(item) for item in value]
    if isinstance(value, dict):
        return {key: drawable(item) for key, item in value.items()}
    return value


def _stand_in(character: str) -> str:
    if character in "\n\t\u2028\u2029\u00a0" or unicodedata.category(character) == "Zs":
        return " "
    return "" if unicodedata.category(character) in ("Cc", "Cf", "Mn", "Cs", "Cn", "Co") else MISSING


@cache
def known_characters() -> frozenset[str]:
    """Characters of the regular and the bold face (cmap, ISO/IEC 14496-22 format 4)."""
    faces = [_characters((FONTS / f"LiberationSerif-{face}.ttf").read_bytes()) for face in ("Regular", "Bold")]
    return frozenset.intersection(*faces)


def _characters(font: bytes) -> frozenset[str]:
    count = struct.unpack_from(">H", font, 4)[0]
    tables = {font[at : at + 4]: struct.unpack_from(">I", font, at + 8)[0] for at in range(12, 12 + 16 * count, 16)}
    cmap = tables[b"cmap"]
    for index in range(struct.unpack_from(">H", font, cmap + 2)[0]):
        platform, encoding, offset = struct.unpack_from(">HHI", font, cmap + 4 + 8 * index)
        if (platform, encoding) == (3, 1):
            return _format_4(font, cmap + offset)
    return frozenset()


def _format_4(font: bytes, at: int) -> frozenset[str]:
    segments = struct.unpack_from(">H", font, at + 6)[0] // 2
    ends = struct.unpack_from(f">{segments}H", font, at + 14)
    starts = struct.unpack_from(f">{segments}H", font, at + 16 + 2 * segments)
    ranges = zip(starts, ends, strict=True)
    return frozenset(chr(code) for start, end in ranges for code in range(start, min(end, 0xFFFD) + 1) if code >= 32)
