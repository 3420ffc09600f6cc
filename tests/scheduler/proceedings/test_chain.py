"""A log is whole, or the verification names what was done to it."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from scheduler.proceedings import facts as f
from scheduler.proceedings.chain import (
    ZERO_HASH,
    Defect,
    canonical,
    erase,
    hash_of,
    hashed_form,
    head_after,
    instant,
    verify,
)
from scheduler.proceedings.encoding import EXACT
from scheduler.proceedings.facts import BODIES as TYPES
from scheduler.proceedings.facts import Fact
from scheduler.proceedings.wire import fact_from_text, fact_to_json, fact_to_text
from tests.scheduler.proceedings.samples import BODIES, LOG, log_of


def named(defects: list[Defect]) -> list[tuple[str, int]]:
    return [(defect.kind, defect.seq) for defect in defects]


def test_the_samples_hold_every_fact_type() -> None:
    assert {type(body) for body in BODIES} == set(TYPES.values())


def test_the_hash_is_sha_256_over_the_canonical_form() -> None:
    (fact,) = log_of([f.FloorRevoked("s1")])
    literal = (
        '{"at":"2026-11-05T07:00:01.000Z","body":{"speech_id":"s1"},'
        '"by":{"on_behalf_of":null,"person_id":"chair","site_id":null},"clock_offset_ms":0,"commitments":{},'
        '"id":"fact-1","log":{"epoch":1,"meeting_id":"meeting-1","origin":"node-1"},'
        f'"prev_hash":"{ZERO_HASH}","schema":1,"seq":1,"type":"FloorRevoked"}}'
    )
    assert fact.hash == hashlib.sha256(literal.encode()).hexdigest()


@given(st.recursive(st.none() | st.booleans() | st.integers(-EXACT, EXACT) | st.text(), st.lists))
def test_the_canonical_form_is_rfc_8785(value: Any) -> None:
    assert canonical({"value": value, "Name_2": [value]}) == rfc8785.dumps({"value": value, "Name_2": [value]})


def test_the_canonical_form_of_every_type_is_rfc_8785() -> None:
    for fact in log_of():
        assert canonical(hashed_form(fact)) == rfc8785.dumps(hashed_form(fact))
        assert {type(value) for value in leaves(fact_to_json(fact))} <= {str, int, bool, type(None)}


def leaves(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        assert all(name.isascii() for name in value)
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from leaves(item)
    else:
        yield value


def test_personal_content_enters_as_a_salted_commitment() -> None:
    (fact,) = log_of([f.ChatPosted("m1", None, "Lù A Páo", "Xin chào")])
    salt = (1).to_bytes(16, "big")
    assert fact.commitments["text"] == hashlib.sha256(salt + '{"text":"Xin chào"}'.encode()).hexdigest()
    assert set(fact.commitments) == {"name", "text"}


def test_a_time_is_told_in_utc_with_milliseconds() -> None:
    at = datetime(2026, 11, 5, 14, 0, 0, 123_999, tzinfo=timezone(timedelta(hours=7)))
    assert instant(at) == "2026-11-05T07:00:00.123Z"


def test_a_whole_log_has_no_defect() -> None:
    log = log_of()
    assert verify(log, LOG, head_after(log[-1])) == []
    assert verify([]) == []


def test_a_part_of_a_log_is_whole_from_where_it_begins() -> None:
    log = log_of()
    assert verify(log[4:], begins_at=5) == []
    assert named(verify(log[4:9] + log[10:], begins_at=5)) == [("missing", 10)]


def test_a_dropped_fact_is_named() -> None:
    log = log_of()
    assert named(verify(log[:9] + log[10:])) == [("missing", 10)]
    assert named(verify(log[2:])) == [("missing", 1), ("missing", 2)]


def test_a_doubled_fact_is_named() -> None:
    log = log_of()
    assert named(verify([*log[:10], log[9], *log[10:]])) == [("doubled", 10)]


def test_swapped_facts_are_named() -> None:
    log = log_of()
    log[9], log[10] = log[10], log[9]
    assert named(verify(log)) == [("swapped", 10)]


def test_an_altered_fact_is_named() -> None:
    log = log_of()
    log[9] = replace(log[9], at="2026-11-05T09:00:00.000Z")
    assert named(verify(log)) == [("altered", 10)]


def test_a_fact_replaced_with_a_fresh_hash_breaks_the_link() -> None:
    log = log_of()
    forged = replace(log[9], body=f.RecordingStarted("other"))
    log[9] = replace(forged, hash=hash_of(forged))
    assert named(verify(log)) == [("replaced", 11)]


def test_personal_content_that_was_altered_is_named() -> None:
    log = log_of([f.ChatPosted("m1", None, "Lù A Páo", "Đồng ý")])
    altered = [replace(log[0], body=f.ChatPosted("m1", None, "Lù A Páo", "Không đồng ý"))]
    assert named(verify(altered)) == [("personal_altered", 1)]


def test_a_fact_of_another_log_is_named() -> None:
    log = log_of()
    other = log_of(log=replace(LOG, epoch=2))
    log[9] = other[9]
    assert ("foreign", 10) in named(verify(log))


def test_a_log_cut_short_is_named_when_its_end_is_known() -> None:
    log = log_of()
    head = head_after(log[-1])
    assert named(verify(log[:-3], head=head)) == [("cut_short", len(log) - 2)]
    assert named(verify([], LOG, head)) == [("cut_short", 1)]
    assert named(verify(log, head=replace(head, hash=ZERO_HASH))) == [("replaced", len(log))]


def test_erasing_personal_content_keeps_the_chain() -> None:
    log = [erase(fact) for fact in log_of()]
    assert verify(log) == []
    assert "Vàng" not in "".join(map(fact_to_text, log))
    assert log[3].is_erased and not log[0].is_erased
    assert log[3].body == f.HeadCountReported("a", 3, ())


def test_content_put_back_after_erasure_is_named() -> None:
    log = [erase(fact) for fact in log_of()]
    log[3] = replace(log[3], body=f.HeadCountReported("a", 3, (f.Somebody("Ai đó"),)))
    assert named(verify(log)) == [("personal_altered", 4)]


def test_any_flipped_byte_is_noticed() -> None:
    """Every single-character change of a fact's text is refused by the parser or named by the verification."""
    seeded = random.Random(5)
    log = log_of()
    for position, fact in enumerate(log):
        text = fact_to_text(fact)
        for _ in range(15):
            at = seeded.randrange(len(text))
            flipped = text[:at] + chr(ord(text[at]) ^ 1) + text[at + 1 :]
            read = parse(flipped)
            assert read is None or same_meaning(text, flipped) or verify([*log[:position], read, *log[position + 1 :]])


def parse(text: str) -> Fact | None:
    try:
        return fact_from_text(text)
    except Exception as error:
        assert type(error).__name__ in {"Malformed", "UnknownType"}
        return None


def same_meaning(one: str, other: str) -> bool:
    return bool(json.loads(one) == json.loads(other))
