"""The fold on the vectors it shares with the browser (``web/client/src/proceedings/reduce.test.ts``)."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace

import pytest

from scheduler.proceedings import facts as f
from scheduler.proceedings.chain import erase
from scheduler.proceedings.errors import Malformed
from scheduler.proceedings.fold import CHAT_KEPT, fold, from_json, to_json
from scheduler.proceedings.state import State
from tests.scheduler.proceedings.samples import log_of
from tests.vectors.generate import HERE, sequences_text, stories_text


def test_the_stories_are_what_the_fold_makes_of_them() -> None:
    assert (HERE / "proceedings.json").read_text() == stories_text()
    assert {case["name"] for case in json.loads(stories_text())} == set(f.BODIES)


def test_a_thousand_random_sequences_end_as_stored() -> None:
    stored = gzip.decompress((HERE / "sequences.json.gz").read_bytes()).decode()
    assert len(json.loads(stored)) == 1000
    assert stored == sequences_text()


def test_a_snapshot_is_read_back_as_it_was() -> None:
    state = fold(log_of())
    assert from_json(json.loads(json.dumps(to_json(state)))) == state
    assert from_json(to_json(State())) == State()
    with pytest.raises(Malformed):
        from_json({**to_json(state), "stage": "asleep"})


def test_a_log_with_erased_content_still_folds() -> None:
    state = fold(erase(fact) for fact in log_of())
    assert state.sites["a"].head_count == 3 and state.sites["a"].people == ()
    assert state.speeches[0].speaker == f.Somebody("")


def test_only_the_last_messages_are_kept() -> None:
    posts = [f.ChatPosted(f"m{n}", None, "x", "y") for n in range(CHAT_KEPT + 5)]
    chat = fold(log_of(posts)).chat
    assert len(chat) == CHAT_KEPT and chat[0].message_id == "m5"


def test_a_clock_set_back_never_gives_negative_time() -> None:
    opened, closed = log_of([f.ItemOpened("i1"), f.ItemClosed("i1")])
    state = fold([opened, replace(closed, at="2026-11-05T06:00:00.000Z")])
    assert state.items[0].spent_ms == 0
