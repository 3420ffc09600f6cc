"""JSON from outside, read so that every reader sees the same in it (I-JSON, RFC 7493): what RFC 8785 cannot put into
canonical form, or two programs may read differently, is refused with the reason in words."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from recordings.errors import OutsideMistake

EXACT = 2**53 - 1  # beyond this a number is not the same in every reader
DEEPEST = 64


class BadJson(OutsideMistake):
    """It is no JSON, or JSON that may be read in two ways."""

    code = "bad_json"


def read_json(content: bytes | str) -> Any:
    """The value; :class:`BadJson` for repeated keys, inexact numbers, NaN, broken text and nesting without end."""
    try:
        text = content if isinstance(content, str) else content.decode()
        value = json.loads(
            text, object_pairs_hook=_object, parse_int=_integer, parse_float=_fraction, parse_constant=_constant
        )
    except RecursionError as error:
        raise BadJson("lồng nhau quá sâu") from error
    except ValueError as error:
        raise BadJson("không phải JSON") from error
    _check(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise BadJson(f"mục “{twice[:40]}” có hai lần")
    return found


def _integer(digits: str) -> int:
    if len(digits) > len(f"-{EXACT}") or abs(int(digits)) > EXACT:
        raise BadJson("có số quá lớn")
    return int(digits)


def _fraction(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise BadJson("có số quá lớn")
    return number


def _constant(name: str) -> NoReturn:
    raise BadJson(f"có {name}, không phải số")


def _check(value: Any) -> None:
    """Depth and text, without recursion."""
    waiting = [(value, 1)]
    while waiting:
        inner, depth = waiting.pop()
        if depth > DEEPEST:
            raise BadJson("lồng nhau quá sâu")
        if isinstance(inner, dict):
            waiting += [(part, depth + 1) for pair in inner.items() for part in pair]
        elif isinstance(inner, list):
            waiting += [(part, depth + 1) for part in inner]
        elif isinstance(inner, str) and not inner.isascii():
            try:
                inner.encode()
            except UnicodeEncodeError as error:
                raise BadJson("có chữ hỏng (không phải Unicode)") from error
