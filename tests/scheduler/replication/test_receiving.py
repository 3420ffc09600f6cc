"""A hostile or broken node: every way to slip in a fact that is not its own, or not the next one, is refused."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scheduler.nodes.key import NodeKey
from scheduler.proceedings import facts as f
from scheduler.proceedings.chain import Head, head_after
from scheduler.proceedings.wire import fact_to_json
from scheduler.replication.errors import MalformedFrame, Parked, ReplicationError
from scheduler.replication.frames import Batch, Seal, read_frame, to_text
from scheduler.replication.receiving import Held, check_batch, words_of_seal
from tests.scheduler.proceedings.samples import LOG, log_of

KEY, OTHER = NodeKey(b"k" * 32), NodeKey(b"o" * 32)
KEYS = {"node-1": KEY.public, "node-2": OTHER.public}
ALLOWED = {"meeting-1": "node-1"}
FACTS = log_of()


def batch(facts: list[f.Fact], key: NodeKey = KEY, log: f.LogId = LOG, **seal: Any) -> Batch:
    last = facts[-1]
    made = Seal(last.seq, last.hash, key.sign(words_of_seal(log, last.seq, last.hash)))
    return Batch(log, tuple(fact_to_json(fact) for fact in facts), replace(made, **seal))


def held(seq: int = 0, newest: int = 1) -> Held:
    return Held(head_after(FACTS[seq - 1]) if seq else Head(LOG), newest)


def code(one: Batch, have: Held | None = None, allowed: dict[str, str] | None = None) -> str:
    try:
        check_batch(one, ALLOWED if allowed is None else allowed, KEYS, have or held())
    except Parked as parked:
        return parked.reason
    except ReplicationError as error:
        return error.code
    return ""


def test_the_next_facts_are_believed_and_repeats_ignored() -> None:
    assert check_batch(batch(FACTS[:10]), ALLOWED, KEYS, held()) == FACTS[:10]
    assert check_batch(batch(FACTS[5:12]), ALLOWED, KEYS, held(8)) == FACTS[8:12]
    assert check_batch(batch(FACTS[:5]), ALLOWED, KEYS, held(8)) == []


def test_what_is_refused() -> None:
    altered = [replace(FACTS[0]), replace(FACTS[1], at="2026-11-05T09:00:00.000Z"), *FACTS[2:4]]
    swapped = log_of((f.Convened(), f.Adjourned()))
    cases = {
        "a gap": (code(batch(FACTS[5:8]), held(3)), "gap"),
        "an altered fact": (code(batch(altered)), "broken_chain"),
        "signed by another node": (code(batch(FACTS[:3], OTHER)), "bad_seal"),
        "the seal of another fact": (code(batch(FACTS[:3], seq=2)), "bad_seal"),
        "another history": (code(batch(swapped), held(1)), "forked"),
        "a log of another origin": (code(batch(FACTS[:3]), allowed={"meeting-1": "node-2"}), "foreign_origin"),
        "a meeting that is not of the tree": (code(batch(FACTS[:3]), allowed={}), "unknown_meeting"),
        "an old epoch that goes on": (code(batch(FACTS[3:5]), held(3, newest=2)), "stale_epoch"),
        "out of order": (code(batch([FACTS[1], FACTS[0], FACTS[2]])), "malformed"),
    }
    assert {name: got for name, (got, _) in cases.items()} == {name: want for name, (_, want) in cases.items()}


def test_facts_of_another_log_hidden_in_a_batch() -> None:
    stolen = log_of(log=f.LogId("node-2", "meeting-1", 1))[:2]
    hidden = batch(FACTS[:3])
    hidden = replace(hidden, facts=(hidden.facts[0], fact_to_json(stolen[1]), hidden.facts[2]))
    assert code(hidden) == "foreign_origin"


def test_a_forged_origin_needs_its_key() -> None:
    """A district writes in the province's name, and even claims its log."""
    log = f.LogId("node-2", "meeting-1", 1)
    forged = log_of(log=log)[:3]
    assert code(batch(forged, KEY, log), Held(Head(log)), {"meeting-1": "node-2"}) == "bad_seal"


def test_a_fact_of_a_newer_version_waits_for_an_update() -> None:
    one = batch(FACTS[:2])
    newer = {**one.facts[0], "type": "TeleportOpened"}
    assert code(replace(one, facts=(newer, one.facts[1]))) == "unknown_fact"


def test_frames_that_are_none() -> None:
    good = to_text(batch(FACTS[:2]))
    assert isinstance(read_frame(good), Batch)
    seeded = random.Random(5)
    for _ in range(400):
        characters = list(good)
        for _ in range(seeded.randint(1, 4)):
            place = seeded.randrange(len(characters))
            characters[place : place + seeded.randint(0, 3)] = seeded.choice(("", '"', "}", "9e99", "\\u0000", "null"))
        fuzz_frame("".join(characters))
    for text in ('{"type":"batch"}', '{"type":[]}', "[" * 100_000, '{"type":"ack","log":{"origin":"../x"},"seq":1}'):
        with pytest.raises(MalformedFrame):
            read_frame(text)


def test_what_fuzzing_starts_from_is_read_or_refused() -> None:
    corpus = sorted((Path(__file__).parents[2] / "corpora" / "replication").iterdir())
    assert len(corpus) >= 8
    for file in corpus:
        fuzz_frame(file.read_text())


def fuzz_frame(text: str) -> None:
    """Anything a node may send is read or refused, and a batch is judged or refused: nothing else is raised."""
    try:
        frame = read_frame(text)
        if isinstance(frame, Batch):
            check_batch(frame, ALLOWED, KEYS, held())
        json.loads(to_text(frame))
    except ReplicationError:
        pass
