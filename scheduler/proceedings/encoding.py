"""Frozen dataclasses to plain JSON values and back, strictly: no missing, extra or mistyped field gets through.

Text must be valid Unicode without NUL (PostgreSQL and RFC 8785 refuse the rest), numbers must be exact in every JSON
reader. Nothing is coerced: ``"1"`` is no integer and ``1`` is no boolean.
"""

from __future__ import annotations

import re
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
    kind: Any = type(value)
    if kind in _PLAIN:
        return value
    names = _names_of(kind)
    if names is not None:
        return {name: to_plain(getattr(value, name)) for name in names}
    if isinstance(value, tuple):
        return [to_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: to_plain(item) for key, item in value.items()}
    return value


@cache
def _names_of(kind: Any) -> tuple[str, ...] | None:
    return tuple(item.name for item in fields(kind)) if is_dataclass(kind) else None


def from_plain(cls: type[T], value: Any, where: str) -> T:
    """The dataclass ``cls`` read from a JSON object; :class:`Malformed` says where it is wrong."""
    return cast(T, read_value(cls, value, where))


def read_value(kind: Any, value: Any, where: str) -> Any:
    """``value`` as a field of type ``kind``."""
    try:
        return _reader(kind)(value)
    except _Wrong as wrong:
        raise Malformed(where + wrong.path, wrong.problem) from None


class _Wrong(Exception):
    """``path`` below the value that is read; it grows as the error rises."""

    def __init__(self, problem: str, path: str = "") -> None:
        self.problem = problem
        self.path = path


Reader = Callable[[Any], Any]


@cache
def _reader(kind: Any) -> Reader:
    """Made once for each type: a fact is read on every level that it passes."""
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _optional(kind)
    if origin is Literal:
        return _literal(kind)
    if origin is tuple:
        return _tuple(_reader(get_args(kind)[0]))
    if origin is dict:
        return _dict(_reader(get_args(kind)[1]))
    if is_dataclass(kind) and isinstance(kind, type):
        return _dataclass(kind)
    return _SCALARS[kind]


def _dataclass(cls: Any) -> Reader:
    hints = get_type_hints(cls)
    known = {item.name: _reader(hints[item.name]) for item in fields(cls)}
    required = [i.name for i in fields(cls) if i.default is MISSING and i.default_factory is MISSING]

    def read(value: Any) -> Any:
        if not isinstance(value, Mapping):
            raise _Wrong("not an object")
        read: dict[str, Any] = {}
        for name, inner in value.items():
            reader = known.get(name)
            if reader is None:
                raise _Wrong(f"unknown field {str(name)[:40]!r}")
            try:
                read[name] = reader(inner)
            except _Wrong as wrong:
                wrong.path = f".{name}{wrong.path}"
                raise
        for name in required:
            if name not in read:
                raise _Wrong(f"missing field {name!r}")
        return cls(**read)

    return read


def _optional(kind: Any) -> Reader:
    (arm,) = (arm for arm in get_args(kind) if arm is not type(None))
    inner = _reader(arm)
    return lambda value: None if value is None else inner(value)


def _literal(kind: Any) -> Reader:
    allowed = get_args(kind)

    def read(value: Any) -> Any:
        if not isinstance(value, str) or value not in allowed:
            raise _Wrong(f"not one of {', '.join(allowed)}")
        return value

    return read


def _tuple(inner: Reader) -> Reader:
    def read(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list | tuple):
            raise _Wrong("not a list")
        items = []
        for index, item in enumerate(value):
            try:
                items.append(inner(item))
            except _Wrong as wrong:
                wrong.path = f"[{index}]{wrong.path}"
                raise
        return tuple(items)

    return read


def _dict(inner: Reader) -> Reader:
    def read(value: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise _Wrong("not an object")
        items = {}
        for key, item in value.items():
            _text(key)
            try:
                items[key] = inner(item)
            except _Wrong as wrong:
                wrong.path = f".{key}{wrong.path}"
                raise
        return items

    return read


_PLAIN = frozenset({str, int, bool, type(None)})
_SURROGATE = re.compile("[\x00\ud800-\udfff]")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _Wrong("not text")
    if len(value) > MAX_TEXT:
        raise _Wrong("too long")
    if _SURROGATE.search(value):
        raise _Wrong("not valid text")
    return value


def _integer(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _Wrong("not an integer")
    if abs(value) > EXACT:
        raise _Wrong("number out of range")
    return value


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _Wrong("not true or false")
    return value


def _anything(value: Any) -> Any:
    raise _Wrong("not of a type that is read here")


_SCALARS: dict[Any, Reader] = {str: _text, int: _integer, bool: _boolean, Any: _anything}
