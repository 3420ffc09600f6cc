"""Makes the shared vectors of the fold: ``python -m tests.vectors.generate`` writes them beside this file.

``proceedings.json``: for every type of fact a short story and the state after it, to be read by people too.
``sequences.json.gz``: 1,000 seeded random sequences of facts, sensible or not, and the SHA-256 of the canonical state.
A fact is what the fold needs of it: seq, at, type, body, personal.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import json
import random
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Any, cast, get_args, get_origin, get_type_hints

import rfc8785

from scheduler.proceedings.chain import instant, personal_values, public_body
from scheduler.proceedings.facts import BODIES, Body, Somebody
from scheduler.proceedings.fold import apply_body, to_json
from scheduler.proceedings.state import State
from tests.scheduler.proceedings.samples import BODIES as STORY
from tests.scheduler.proceedings.samples import START

HERE = Path(__file__).parent
SEQUENCES = 1000
SALT = "00" * 16

POOLS: dict[str, tuple[str, ...]] = {
    "site_id": ("hq", "a", "b", "c", "d", "constructor"),
    "person_id": ("p1", "p2", "p3"),
    "item_id": ("i1", "i2", "i3", "i4"),
    "request_id": ("r1", "r2", "r3", "r4", "r5"),
    "speech_id": ("s1", "s2", "s3"),
    "connection_id": ("c1", "c2", "c3"),
    "recording_id": ("rec1", "rec2"),
    "conclusion_id": ("k1", "k2"),
    "task_id": ("t1", "t2"),
    "paper_id": ("p1", "p2"),
    "meeting_id": ("m1", "m2", "m3"),
}
WORDS = ("Lù A Páo", "xã Quản Bạ", "", "đồng ý", "a\u2028b", "😀", '"<>&')


def told(body: Body, seq: int, at: str, *, erased: bool = False) -> dict[str, Any]:
    personal = {"salt": SALT, "values": personal_values(body)} if body.personal and not erased else None
    return {"seq": seq, "at": at, "type": type(body).__name__, "body": public_body(body), "personal": personal}


def random_body(seeded: random.Random) -> Body:
    """Any fact type, its fields filled by type and name from small pools, so that ids meet."""
    cls = BODIES[seeded.choice(list(BODIES))]
    hints = hints_of(cast(Any, cls))  # mypy: a class whose instances have a hash
    return cls(**{item.name: random_value(seeded, item.name, hints[item.name]) for item in fields(cls)})  # type: ignore[arg-type]


hints_of = functools.cache(get_type_hints)  # read anew for each of 40,000 bodies they would take most of the time


def random_value(seeded: random.Random, name: str, kind: Any) -> Any:
    if get_origin(kind) is tuple:
        inner = get_args(kind)[0]
        some = [random_value(seeded, pool_of(name), inner) for _ in range(seeded.randint(0, 4))]
        return tuple(dict.fromkeys(some))
    arms = get_args(kind)
    if arms and type(None) in arms:
        return None if seeded.random() < 0.2 else random_value(seeded, name, arms[0])
    if arms:
        return seeded.choice(arms)
    if kind is bool:
        return seeded.random() < 0.5
    if kind is int:
        return seeded.randint(0, 400)
    if kind is Somebody:
        return Somebody(seeded.choice(WORDS), seeded.choice(WORDS))
    return seeded.choice(next((pool for key, pool in POOLS.items() if name.endswith(key)), WORDS))


def pool_of(name: str) -> str:
    """Which ids stand in a list: ``item_ids`` holds item ids."""
    lists = {
        "present": "site_id",
        "excused": "site_id",
        "absent": "site_id",
        "put_off": "request_id",
        "merged": "request_id",
    }
    return lists.get(name, name.removesuffix("s"))


def sequence(seed: int) -> dict[str, Any]:
    seeded = random.Random(seed)
    state, facts, now = State(), [], START
    for seq in range(1, seeded.randint(20, 60)):
        now += timedelta(milliseconds=seeded.choice((1, 250, 999, 60_000, -500)))
        body, at = random_body(seeded), instant(now)
        facts.append(told(body, seq, at))
        state = apply_body(state, body, at)
    return {"seed": seed, "facts": facts, "sha256": state_hash(state, len(facts))}


def state_hash(state: State, seq: int) -> str:
    return hashlib.sha256(rfc8785.dumps(to_json(state) | {"seq": seq})).hexdigest()


def stories() -> list[dict[str, Any]]:
    """One case per fact of the sample meeting: its story so far; and the whole with personal content erased."""
    cases = []
    state, facts = State(), []
    for seq, body in enumerate(STORY, 1):
        at = instant(START + timedelta(seconds=seq))
        facts.append(told(body, seq, at))
        state = apply_body(state, body, at)
        cases.append({"name": type(body).__name__, "facts": list(facts), "state": to_json(state) | {"seq": seq}})
    return cases


def stories_text() -> str:
    return json.dumps(stories(), ensure_ascii=False, separators=(",", ":")).replace('{"name"', '\n{"name"') + "\n"


def sequences_text() -> str:
    return json.dumps([sequence(seed) for seed in range(SEQUENCES)], ensure_ascii=False, separators=(",", ":"))


if __name__ == "__main__":
    (HERE / "proceedings.json").write_text(stories_text())
    (HERE / "sequences.json.gz").write_bytes(gzip.compress(sequences_text().encode(), 9, mtime=0))
