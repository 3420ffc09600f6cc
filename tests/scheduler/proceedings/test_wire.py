"""Facts on the wire: what goes out comes back the same, and nothing else is taken in."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from scheduler.proceedings import facts as f
from scheduler.proceedings.chain import erase
from scheduler.proceedings.errors import Malformed, ProceedingsError, UnknownType
from scheduler.proceedings.wire import fact_from_json, fact_from_text, fact_to_json, fact_to_text
from tests.scheduler.proceedings.samples import log_of


@pytest.mark.parametrize("fact", log_of(), ids=lambda fact: type(fact.body).__name__)
def test_every_type_survives_the_wire(fact: f.Fact) -> None:
    assert fact_from_text(fact_to_text(fact)) == fact
    assert fact_from_text(fact_to_text(erase(fact))) == erase(fact)


def test_personal_values_stand_apart_from_the_body() -> None:
    (fact,) = log_of([f.SpeakerNamed("s1", f.Somebody("Lù A Páo"))])
    wire = fact_to_json(fact)
    assert wire["body"] == {"speech_id": "s1"}
    assert wire["personal"] == {"salt": "0" * 31 + "1", "values": {"speaker": {"name": "Lù A Páo", "post": ""}}}
    assert set(wire["commitments"]) == {"speaker"}
    assert fact_to_json(erase(fact))["personal"] is None


def change(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def apply(wire: dict[str, Any]) -> None:
        *way, last = path.split(".")
        for step in way:
            wire = wire[step]
        if value is DROP:
            del wire[last]
        else:
            wire[last] = value

    return apply


DROP = object()

WRONG = {
    "unknown type": (change("type", "FloorStolen"), UnknownType),
    "type is no text": (change("type", 7), UnknownType),
    "schema of the future": (change("schema", 2), UnknownType),
    "missing field": (change("at", DROP), Malformed),
    "extra field": (change("note", "x"), Malformed),
    "missing in body": (change("body.kind", DROP), Malformed),
    "extra in body": (change("body.rank", 1), Malformed),
    "personal inside body": (change("body.speaker", None), Malformed),
    "body no object": (change("body", []), Malformed),
    "not a kind": (change("body.kind", "shout"), Malformed),
    "number for text": (change("body.site_id", 7), Malformed),
    "boolean for number": (change("seq", True), Malformed),
    "seq from zero": (change("seq", 0), Malformed),
    "number too large": (change("seq", 2**53), Malformed),
    "NUL": (change("body.site_id", "a\0"), Malformed),
    "lone surrogate": (change("body.site_id", "\ud800"), Malformed),
    "too long": (change("body.site_id", "a" * 70_000), Malformed),
    "hash too short": (change("hash", "ab"), Malformed),
    "hash upper case": (change("hash", "AB" * 32), Malformed),
    "time without milliseconds": (change("at", "2026-11-05T07:00:00Z"), Malformed),
    "no such time": (change("at", "2026-13-05T07:00:00.000Z"), Malformed),
    "digits of another script": (change("at", "٢٠٢٦-11-05T07:00:00.000Z"), Malformed),
    "log without epoch": (change("log.epoch", DROP), Malformed),
    "by is no object": (change("by", "chair"), Malformed),
    "commitment missing": (change("commitments", {}), Malformed),
    "commitment no hash": (change("commitments.speaker", "x"), Malformed),
    "personal without salt": (change("personal.salt", DROP), Malformed),
    "salt too short": (change("personal.salt", "00"), Malformed),
    "personal of another field": (change("personal.values", {"name": "x"}), Malformed),
    "speaker without name": (change("personal.values.speaker", {"post": ""}), Malformed),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_refused(name: str) -> None:
    spoil, error = WRONG[name]
    (fact,) = log_of([f.FloorRequested("r1", "a", "speech", f.Somebody("Lù A Páo"))])
    wire = fact_to_json(fact)
    spoil(wire)
    with pytest.raises(error):
        fact_from_json(wire)


def test_personal_values_where_there_are_none_are_refused() -> None:
    (fact,) = log_of([f.Convened()])
    with pytest.raises(Malformed):
        fact_from_json(fact_to_json(fact) | {"personal": {"salt": "0" * 32, "values": {}}})


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000, "1e999", '{"schema":NaN}'])
def test_text_that_is_no_fact_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        fact_from_text(text)


def test_garbage_never_escapes_the_errors_of_the_package() -> None:
    seeded = random.Random(7)
    values: list[Any] = [None, True, -1, 1.5, "", "x" * 100, [], {}, [[]], {"a": {}}]
    for fact in log_of():
        for _ in range(20):
            wire = json.loads(fact_to_text(fact))
            target = seeded.choice([wire, wire["body"], wire["log"], wire["by"]])
            if target:
                target[seeded.choice(list(target))] = seeded.choice(values)
            with suppress(ProceedingsError):
                fact_from_json(wire)
