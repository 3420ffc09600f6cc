"""Frozen dataclasses to plain JSON values and back, strictly: no missing, extra or mistyped field gets through.

Text must be valid Unicode without NUL (PostgreSQL and RFC 8785 refuse the rest), numbers must be exact in every JSON
reader. Nothing is coerced: ``"1"`` is no integer and ``1`` is no boolean.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from scheduler.proceedings.errors import Malformed

T = TypeVar("T")
EXACT = 2**53 - 1
MAX_TEXT = 65_536


def to_plain(value: Any) -> Any:
    """The JSON value of a dataclass, tuple, dict or scalar."""
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: to_plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, tuple):
        return [to_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: to_plain(item) for key, item in value.items()}
    return value


def from_plain(cls: type[T], value: Any, where: str) -> T:
    """The dataclass ``cls`` read from a JSON object; :class:`Malformed` says where it is wrong."""
    if not isinstance(value, Mapping):
        raise Malformed(where, "not an object")
    known = _plan(cast(Any, cls))
    for name in value:
        if name not in known:
            raise Malformed(where, f"unknown field {str(name)[:40]!r}")
    read: dict[str, Any] = {}
    for name, (kind, required) in known.items():
        if name in value:
            read[name] = read_value(kind, value[name], f"{where}.{name}")
        elif required:
            raise Malformed(where, f"missing field {name!r}")
    return cls(**read)


@cache
def _plan(cls: Any) -> dict[str, tuple[Any, bool]]:
    hints = get_type_hints(cls)
    return {
        item.name: (hints[item.name], item.default is MISSING and item.default_factory is MISSING)
        for item in fields(cls)
    }


def read_value(kind: Any, value: Any, where: str) -> Any:
    """``value`` as a field of type ``kind``."""
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _optional(kind, value, where)
    if origin is Literal:
        return _literal(kind, value, where)
    if origin is tuple:
        return _tuple(get_args(kind)[0], value, where)
    if origin is dict:
        return _dict(get_args(kind)[1], value, where)
    if is_dataclass(kind) and isinstance(kind, type):
        return from_plain(kind, value, where)
    return _SCALARS[kind](value, where)


def _optional(kind: Any, value: Any, where: str) -> Any:
    if value is None:
        return None
    (inner,) = (arm for arm in get_args(kind) if arm is not type(None))
    return read_value(inner, value, where)


def _literal(kind: Any, value: Any, where: str) -> Any:
    allowed = get_args(kind)
    if not isinstance(value, str) or value not in allowed:
        raise Malformed(where, f"not one of {', '.join(allowed)}")
    return value


def _tuple(kind: Any, value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise Malformed(where, "not a list")
    return tuple(read_value(kind, item, f"{where}[{index}]") for index, item in enumerate(value))


def _dict(kind: Any, value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise Malformed(where, "not an object")
    return {_text(key, where): read_value(kind, item, f"{where}.{key}") for key, item in value.items()}


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise Malformed(where, "not text")
    if len(value) > MAX_TEXT:
        raise Malformed(where, "too long")
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise Malformed(where, "not valid text")
    return value


def _integer(value: Any, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise Malformed(where, "not an integer")
    if abs(value) > EXACT:
        raise Malformed(where, "number out of range")
    return value


def _boolean(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise Malformed(where, "not true or false")
    return value


_SCALARS: dict[Any, Callable[[Any, str], Any]] = {str: _text, int: _integer, bool: _boolean}
