"""Đính chính: facts as they stand after corrections, and the list of what was corrected, shown in the minutes.

The log keeps both; a correction of a correction counts last. A correction that names no such fact or field, or whose
new value does not fit the field, changes nothing and is listed as void.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, get_type_hints

from recordings.strict_json import BadJson, read_json
from scheduler.proceedings.encoding import read_value
from scheduler.proceedings.errors import Malformed
from scheduler.proceedings.facts import Body, Corrected, Fact

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Correction:
    """One Đính chính as it is shown."""

    fact_id: str
    type: str  # of the corrected fact
    field: str
    old: Any
    new: Any
    reason: str
    at: str
    by_person_id: str | None
    is_void: bool = False


def corrected(facts: Sequence[Fact]) -> tuple[list[Fact], list[Correction]]:
    """The facts with every correction applied, and the corrections in order."""
    by_id = {fact.id: fact for fact in facts}
    corrections = [_apply(by_id, fact, fact.body) for fact in facts if isinstance(fact.body, Corrected)]
    return [by_id[fact.id] for fact in facts], corrections


def _apply(by_id: dict[str, Fact], correction: Fact, body: Corrected) -> Correction:
    target = by_id.get(body.fact_id)
    new = _json(body.new)
    changed = target and _changed(target, body.field, new)
    if changed:
        by_id[body.fact_id] = changed
    return Correction(
        fact_id=body.fact_id,
        type=type(target.body).__name__ if target else "",
        field=body.field,
        old=_json(body.old),
        new=new,
        reason=body.reason,
        at=correction.at,
        by_person_id=correction.by.on_behalf_of or correction.by.person_id,
        is_void=changed is None,
    )


def _changed(target: Fact, field: str, new: Any) -> Fact | None:
    if field == "at" and _is_instant(new):
        return replace(target, at=new)
    body: Any = target.body
    if isinstance(body, Corrected) or field not in {item.name for item in fields(body)}:
        return None
    try:
        value = read_value(get_type_hints(type(body))[field], new, field)
    except Malformed:
        return None
    changed: Body = replace(body, **{field: value})
    return replace(target, body=changed)


def _is_instant(value: Any) -> bool:
    """Spelled as the log spells times."""
    try:
        return bool(_INSTANT.fullmatch(value)) and datetime.fromisoformat(value) is not None
    except (TypeError, ValueError):
        return False


def _json(text: str) -> Any:
    """What was meant; text that is no JSON, or none that can be hashed, stays as it was written."""
    try:
        return read_json(text)
    except BadJson:
        return text
