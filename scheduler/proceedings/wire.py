"""Facts as JSON objects (``web/signalling/PROTOCOL.md``), in both directions, strictly.

``body`` holds what is hashed as it is; personal values stand apart with their salt in ``personal``, which is null once
they are erased (and when there are none); ``commitments`` stay.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from functools import cache
from typing import Any, cast

from scheduler.proceedings.chain import erased_values, hashed_form, personal_values
from scheduler.proceedings.encoding import from_plain, read_value, to_plain
from scheduler.proceedings.errors import Malformed, UnknownType
from scheduler.proceedings.facts import BODIES, Body, By, Fact, LogId

SCHEMA = 1
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
_HASH = re.compile(r"[0-9a-f]{64}")
_SALT = re.compile(r"[0-9a-f]{32}")
_FIELDS = {item.name for item in fields(Fact)} - {"salt"} | {"type", "personal"}


def fact_to_json(fact: Fact) -> dict[str, Any]:
    personal = {"salt": fact.salt, "values": personal_values(fact.body)} if fact.salt else None
    return {**hashed_form(fact), "personal": personal, "hash": fact.hash}


def fact_to_text(fact: Fact) -> str:
    return json.dumps(fact_to_json(fact), ensure_ascii=False, separators=(",", ":"))


def fact_from_text(text: str | bytes) -> Fact:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Malformed("fact", "not JSON") from error
    return fact_from_json(value)


def fact_from_json(value: Any) -> Fact:
    """The fact in a JSON object; does not check its hash (``chain.verify`` does)."""
    if not isinstance(value, Mapping) or set(value) != _FIELDS:
        raise Malformed("fact", f"not an object with exactly the fields {', '.join(sorted(_FIELDS))}")
    if read_value(int, value["schema"], "fact.schema") != SCHEMA:
        raise UnknownType("fact.schema", f"version {value['schema']} is not known here")
    cls = body_class(value["type"])
    commitments = read_value(dict[str, str], value["commitments"], "fact.commitments")
    if set(commitments) != cls.personal:
        raise Malformed("fact.commitments", "not one for each personal field")
    for name, made in commitments.items():
        _match(_HASH, made, f"fact.commitments.{name}")
    salt, personal = _personal(cls, value["personal"])
    return Fact(
        id=read_value(str, value["id"], "fact.id"),
        log=from_plain(LogId, value["log"], "fact.log"),
        seq=_positive(value["seq"], "fact.seq"),
        prev_hash=_match(_HASH, value["prev_hash"], "fact.prev_hash"),
        at=_instant(value["at"]),
        by=from_plain(By, value["by"], "fact.by"),
        body=_body(cls, value["body"], personal),
        hash=_match(_HASH, value["hash"], "fact.hash"),
        clock_offset_ms=read_value(int, value["clock_offset_ms"], "fact.clock_offset_ms"),
        salt=salt,
        commitments=commitments,
    )


def body_class(name: Any) -> type[Body]:
    if not isinstance(name, str) or name not in BODIES:
        raise UnknownType("fact.type", f"{str(name)[:40]!r} is not known here")
    return BODIES[name]


def _personal(cls: type[Body], value: Any) -> tuple[str | None, dict[str, Any] | None]:
    if value is None:
        return None, None
    if not cls.personal:
        raise Malformed("fact.personal", f"{cls.__name__} has no personal fields")
    if not isinstance(value, Mapping) or set(value) != {"salt", "values"}:
        raise Malformed("fact.personal", "not an object of salt and values")
    if not isinstance(value["values"], Mapping) or set(value["values"]) != cls.personal:
        raise Malformed("fact.personal.values", f"not exactly {', '.join(sorted(cls.personal))}")
    return _match(_SALT, value["salt"], "fact.personal.salt"), dict(value["values"])


def _body(cls: type[Body], public: Any, personal: dict[str, Any] | None) -> Body:
    names = _public_names(cast(Any, cls))
    if not isinstance(public, Mapping) or set(public) != names:
        raise Malformed("fact.body", f"not an object with exactly the fields {', '.join(sorted(names))}")
    values = to_plain(erased_values(cls)) if personal is None else personal
    return from_plain(cls, {**public, **values}, "fact.body")


@cache
def _public_names(cls: Any) -> frozenset[str]:
    return frozenset(item.name for item in fields(cls) if item.name not in cls.personal)


def _match(pattern: re.Pattern[str], value: Any, where: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise Malformed(where, "not well-formed")
    return value


def _positive(value: Any, where: str) -> int:
    number: int = read_value(int, value, where)
    if number < 1:
        raise Malformed(where, "not from 1")
    return number


def _instant(value: Any) -> str:
    text = _match(_INSTANT, value, "fact.at")
    try:
        datetime.fromisoformat(text)
    except ValueError as error:
        raise Malformed("fact.at", "no such time") from error
    return text
