"""The hash chain of a log: what is hashed, how personal content can be erased, and how a log is verified.

The hash of a fact is SHA-256 over the canonical form (RFC 8785) of everything in it but personal values and the hash
itself. Each personal field enters as a commitment, SHA-256(salt ‖ canonical {field: value}), with a random salt per
fact: erasing salt and values leaves the chain whole and the value beyond guessing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from functools import cache
from itertools import islice
from typing import Any, Literal, cast, get_type_hints

from scheduler.proceedings.encoding import to_plain
from scheduler.proceedings.facts import Body, By, Fact, LogId, Somebody

ZERO_HASH = "0" * 64
SALT_BYTES = 16
_CANONICAL = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")).encode
MOST_MISSING = 1000  # named one by one; a forged seq may be as large as a number can be

DefectKind = Literal["missing", "doubled", "swapped", "altered", "replaced", "personal_altered", "foreign", "cut_short"]


@dataclass(frozen=True, slots=True)
class Head:
    """Where a log ends: the last fact's seq and hash (0 and zeros for an empty one)."""

    log: LogId
    seq: int = 0
    hash: str = ZERO_HASH


@dataclass(frozen=True, slots=True)
class Defect:
    """One thing wrong with a log, at one fact."""

    kind: DefectKind
    seq: int
    message: str


def instant(at: datetime) -> str:
    """RFC 3339 in UTC with milliseconds, the only spelling of time in a fact."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def seal(head: Head, body: Body, by: By, at: str, fact_id: str, salt: bytes, clock_offset_ms: int = 0) -> Fact:
    """The fact that follows ``head``; ``salt`` is fresh random, used only if something in the body is personal."""
    personal = body.personal
    fact = Fact(
        id=fact_id,
        log=head.log,
        seq=head.seq + 1,
        prev_hash=head.hash,
        at=at,
        by=by,
        body=body,
        hash="",
        clock_offset_ms=clock_offset_ms,
        salt=salt.hex() if personal else None,
        commitments={name: commitment(salt, name, getattr(body, name)) for name in sorted(personal)},
    )
    return replace(fact, hash=hash_of(fact))


def head_after(fact: Fact) -> Head:
    return Head(fact.log, fact.seq, fact.hash)


def commitment(salt: bytes, name: str, value: Any) -> str:
    return hashlib.sha256(salt + canonical({name: to_plain(value)})).hexdigest()


def hash_of(fact: Fact) -> str:
    """What the hash of this fact must be."""
    return hashlib.sha256(canonical(hashed_form(fact))).hexdigest()


def canonical(plain: Any) -> bytes:
    """RFC 8785 of what a fact is made of: no fractions, names in ASCII, valid Unicode. There ``json`` writes the same
    bytes as a library for all of JSON, in a fifth of the time, and each level that a fact passes does this again."""
    return _CANONICAL(plain).encode()


def hashed_form(fact: Fact) -> dict[str, Any]:
    """Everything that enters the hash, as plain JSON."""
    return {
        "schema": fact.schema,
        "id": fact.id,
        "log": to_plain(fact.log),
        "seq": fact.seq,
        "prev_hash": fact.prev_hash,
        "at": fact.at,
        "clock_offset_ms": fact.clock_offset_ms,
        "by": to_plain(fact.by),
        "type": type(fact.body).__name__,
        "body": public_body(fact.body),
        "commitments": dict(fact.commitments),
    }


def public_body(body: Body) -> dict[str, Any]:
    return {name: value for name, value in to_plain(body).items() if name not in body.personal}


def personal_values(body: Body) -> dict[str, Any]:
    return {name: to_plain(getattr(body, name)) for name in sorted(body.personal)}


def erase(fact: Fact) -> Fact:
    """The same fact, its personal content gone; its hash still holds."""
    if not fact.commitments:
        return fact
    body = cast(Body, replace(cast(Any, fact.body), **erased_values(type(fact.body))))
    return replace(fact, salt=None, body=body)


def erased_values(cls: type[Body]) -> dict[str, Any]:
    """What stands in the place of erased content: nothing, of the field's type."""
    return _erased_values(cast(Any, cls))


@cache
def _erased_values(cls: Any) -> dict[str, Any]:
    hints = get_type_hints(cls)
    empty: dict[Any, Any] = {str: "", Somebody: Somebody(""), tuple[Somebody, ...]: ()}
    return {item.name: empty.get(hints[item.name]) for item in fields(cls) if item.name in cls.personal}


def verify(
    facts: Sequence[Fact], log: LogId | None = None, head: Head | None = None, begins_at: int = 1
) -> list[Defect]:
    """Everything wrong with one log as it was handed over, in order of seq; empty when it is whole.

    ``head``, if the log's end is known from elsewhere (a dossier, signed minutes), shows what was cut off there;
    ``begins_at``: those before this seq are not asked for.
    """
    expected_log = log or (facts[0].log if facts else None)
    defects = [defect for fact in facts for defect in _defects_inside(fact, expected_log)]
    defects += _defects_of_order([fact.seq for fact in facts], begins_at)
    defects += _defects_of_links(facts)
    if head is not None:
        defects += _defects_of_end(facts, head)
    return sorted(defects, key=lambda defect: defect.seq)


def _defects_inside(fact: Fact, log: LogId | None) -> list[Defect]:
    defects = []
    if fact.log != log:
        defects.append(Defect("foreign", fact.seq, f"fact {fact.seq} belongs to another log ({fact.log})"))
    if hash_of(fact) != fact.hash:
        defects.append(Defect("altered", fact.seq, f"fact {fact.seq} was altered: its hash does not match its content"))
    if not _personal_holds(fact):
        text = f"the personal content of fact {fact.seq} was altered: it does not match its commitment"
        defects.append(Defect("personal_altered", fact.seq, text))
    return defects


def _personal_holds(fact: Fact) -> bool:
    if set(fact.commitments) != set(fact.body.personal):
        return False
    if fact.salt is None:
        return all(getattr(fact.body, name) == value for name, value in erased_values(type(fact.body)).items())
    salt = bytes.fromhex(fact.salt)
    return all(commitment(salt, name, getattr(fact.body, name)) == made for name, made in fact.commitments.items())


def _defects_of_order(order: list[int], begins_at: int) -> list[Defect]:
    defects: list[Defect] = []
    present = set(order)
    seen: set[int] = set()
    highest = 0
    for seq in order:
        if seq in seen:
            defects.append(Defect("doubled", seq, f"fact {seq} is there twice"))
        elif seq < highest:
            defects.append(Defect("swapped", seq, f"fact {seq} stands after fact {highest}"))
        seen.add(seq)
        highest = max(highest, seq)
    missing = islice((seq for seq in range(begins_at, highest) if seq not in present), MOST_MISSING)
    return defects + [Defect("missing", seq, f"fact {seq} is missing") for seq in missing]


def _defects_of_links(facts: Sequence[Fact]) -> list[Defect]:
    by_seq = {fact.seq: fact for fact in reversed(facts)}
    defects = []
    for seq, fact in by_seq.items():
        before = by_seq[seq - 1].hash if seq - 1 in by_seq else ZERO_HASH if seq == 1 else fact.prev_hash
        if fact.prev_hash != before:
            text = f"fact {seq} does not follow the fact before it: one of the two was replaced"
            defects.append(Defect("replaced", seq, text))
    return defects


def _defects_of_end(facts: Sequence[Fact], head: Head) -> list[Defect]:
    last = max(facts, key=lambda fact: fact.seq, default=None)
    if last is None or last.seq < head.seq:
        end = last.seq if last else 0
        return [Defect("cut_short", end + 1, f"the log ends at fact {end}, it should end at {head.seq}")]
    at_head = next((fact for fact in facts if fact.seq == head.seq), None)
    if at_head is not None and at_head.hash != head.hash:
        return [Defect("replaced", head.seq, f"fact {head.seq} is not the one the log ended with")]
    return []
