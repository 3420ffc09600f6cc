"""What installations say to one another of rooms: round and back, and anything else refused by our own error only."""

from __future__ import annotations

import json
import random
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from scheduler.linked.far_board import Seen, follow_pages
from scheduler.linked.messages import (
    Ask,
    NotUnderstood,
    Told,
    ToldSite,
    UnitName,
    ask_to_json,
    read_ask,
    read_told,
    told_to_json,
)
from scheduler.linked.names import read_asked, read_names
from scheduler.linked.parent import ParentPlan
from scheduler.linked.reach import Reach, read_picture, read_reach, read_request, read_still

CORPUS = Path(__file__).parents[2] / "corpora" / "meetings"
AT = ("2026-11-24T01:00:00+00:00", "2026-11-24T03:00:00+00:00")
PLAN = ParentPlan("m1", "Giao ban", "tỉnh Hà Giang", "Lù A Páo", "0219", *AT, items=("Kinh tế",), node_id="upper")
ASK = Ask(
    "m1", UnitName("district", "029", "huyện Quản Bạ"), "sent", "", "giao_ban", "one_speaker", 300, "none", True, PLAN,
    (UnitName("commune", "00874"),), "m2",
)  # fmt: skip
TOLD = Told(
    "sent", "Giao ban", *AT, chair="Lù A Páo", sites=tuple(ToldSite(f"s{n}", "x" * 150, "y", "z") for n in range(230))
)


def fuzz_message(data: bytes) -> None:
    """A target: whatever a linked installation says is read, or refused as not understood."""
    with suppress(ValueError, RecursionError):
        body = json.loads(data)
        if not isinstance(body, dict):
            return
        before = Seen(mark="seen")
        for read in (
            lambda: read_ask(body, "upper"),
            lambda: read_told([body]),
            lambda: follow_pages([body], before),
            lambda: read_reach(body, with_text="text" in body),
            lambda: read_picture(body),
            lambda: read_still(body),
            lambda: read_request(body, "s1"),
            lambda: read_asked(body),
            lambda: read_names(body, ["s1"]),
        ):
            try:
                read()
            except NotUnderstood:
                continue


def test_there_and_back() -> None:
    assert read_ask(json.loads(json.dumps(ask_to_json(ASK))), "upper") == ASK
    pages = [told_to_json(TOLD, after) for after in (0, 100, 200)]
    assert [page["more"] for page in pages] == [True, True, False]
    told = read_told(pages)
    assert (len(told.sites), len(told.sites[0].name), told.chair) == (230, 100, "Lù A Páo")


def test_what_is_asked_of_a_site() -> None:
    reach = Reach("m1", "m2", "s1", 2, "Bật micro")
    assert read_reach(json.loads(json.dumps(reach.to_json())), with_text=True) == reach
    assert read_reach({**reach.to_json(), "text": 7}).text == "", "only a message has a text"
    assert read_picture(json.loads((CORPUS / "seen").read_text())) == b"\xff\xd8\xff\xe0picture\xff\xd9"


def test_a_still_and_its_age() -> None:
    seen = json.loads((CORPUS / "seen").read_text())
    assert read_still({**seen, "age_ms": 2500}) == (seen["jpeg"], 2.5)
    for age in (None, -1, 30_001, True, 1.5, "7"):
        with pytest.raises(NotUnderstood, match="age_ms"):
            read_still({**seen, "age_ms": age})


def test_names_from_above() -> None:
    told = {"names": {"s1": "tỉnh Hà Giang", "s9": "not asked for"}, "chair": "s1"}
    assert read_names(told, ["s1", "s2"]) == ({"s1": "tỉnh Hà Giang"}, "s1")
    wrongs: tuple[dict[str, Any], ...] = (
        {},
        {"names": {"s1": 7}},
        {"names": {"s1": "x" * 201}},
        {"names": {}, "chair": " "},
    )
    for wrong in wrongs:
        with pytest.raises(NotUnderstood):
            read_names(wrong, ["s1"])
    asks: tuple[dict[str, Any], ...] = ({"sites": ["s1"] * 33}, {"sites": [7]}, {"sites": ["s1"], "hops": 8}, {})
    for asked in asks:
        with pytest.raises(NotUnderstood):
            read_asked(asked)


def test_what_fuzzing_starts_from_is_read_or_refused() -> None:
    seeded = random.Random(7)
    for path in sorted(CORPUS.iterdir()):
        good = path.read_bytes()
        fuzz_message(good)
        for _ in range(100):
            cut = seeded.randrange(len(good))
            fuzz_message(good[:cut] + seeded.choice((b"", b"1e999", b"null", b"[]", b"{}", b'"')) + good[cut + 1 :])


@pytest.mark.parametrize(
    "wrong",
    [
        {"stage": "testing"},
        {"stage": []},
        {"unit": {"level": "district", "code": ""}},
        {"wish": [["a"]]},
        {"wish": [["a", 7]]},
        {"plan": {**ask_to_json(ASK)["plan"], "starts_at": "0001-01-01T00:00:00+14:00"}},
        {"plan": {**ask_to_json(ASK)["plan"], "starts_at": "2026-11-24T01:00:00"}},
        {"plan": {**ask_to_json(ASK)["plan"], "title": "a\x00b"}},
        {"plan": {**ask_to_json(ASK)["plan"], "title": "\ud800"}},
        {"plan": {**ask_to_json(ASK)["plan"], "items": ["x"] * 101}},
        {"speech_limit_s": True},
        {"meeting": "a b"},
        {"child": ""},
    ],
)
def test_what_is_not_understood(wrong: dict[str, object]) -> None:
    with pytest.raises(NotUnderstood):
        read_ask({**ask_to_json(ASK), **wrong}, "upper")
