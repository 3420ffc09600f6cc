"""Requests between neighbours: answered, refused, unanswered, and bounded."""

from __future__ import annotations

import asyncio

import pytest

from web.link.channel import BODY_BYTES, MOST_ANSWERED, MOST_ASKED, Json, LinkChannel, LinkEvent
from web.link.errors import (
    NotLinked,
    RefusedThere,
    RequestRefused,
    TimedOut,
    TooLarge,
    TooManyRequests,
    WentDown,
)
from web.link.memory import MemoryLink


class Pair:
    """A district below a province."""

    def __init__(self) -> None:
        self.district, self.province = LinkChannel(), LinkChannel()
        self.link = MemoryLink(("d1", self.district), ("p", self.province))


@pytest.fixture
def pair() -> Pair:
    return Pair()


async def test_a_lower_node_asks_and_is_answered(pair: Pair) -> None:
    async def greet(node: str, kind: str, body: Json) -> Json:
        return {"hello": node, "kind": kind, "you_said": body["word"]}

    pair.province.on("meeting.greet", greet)
    answer = await pair.district.request("p", "meeting.greet", {"word": "chào"})
    assert answer == {"hello": "d1", "kind": "meeting.greet", "you_said": "chào"}


async def test_the_upper_node_may_ask_too_and_one_handler_may_take_an_area(pair: Pair) -> None:
    async def media(node: str, kind: str, body: Json) -> Json:
        return {"did": kind}

    pair.district.on("media.*", media)
    assert await pair.province.request("d1", "media.open", {}) == {"did": "media.open"}
    with pytest.raises(ValueError, match="already"):
        pair.district.on("media.*", media)


async def test_what_nobody_answers_is_refused(pair: Pair) -> None:
    with pytest.raises(RefusedThere) as refused:
        await pair.district.request("p", "meeting.unheard_of", {})
    assert refused.value.code == "unknown_kind"


async def test_a_handler_refuses_and_a_broken_one_tells_nothing(pair: Pair) -> None:
    async def refuse(node: str, kind: str, body: Json) -> Json:
        raise RequestRefused("wrong_stage", "adjourned")

    async def broken(node: str, kind: str, body: Json) -> Json:
        raise KeyError("a secret path")

    pair.province.on("floor.forward", refuse)
    pair.province.on("floor.answer", broken)
    with pytest.raises(RefusedThere, match="wrong_stage adjourned"):
        await pair.district.request("p", "floor.forward", {})
    with pytest.raises(RefusedThere) as failed:
        await pair.district.request("p", "floor.answer", {})
    assert (failed.value.code, failed.value.detail) == ("failed", "")


async def test_nobody_is_asked_who_is_not_there(pair: Pair) -> None:
    with pytest.raises(NotLinked):
        await pair.district.request("c", "meeting.greet", {})
    pair.link.cut()
    with pytest.raises(NotLinked):
        await pair.district.request("p", "meeting.greet", {})


async def test_an_answer_that_does_not_come(pair: Pair) -> None:
    asked = asyncio.Event()

    async def never(node: str, kind: str, body: Json) -> Json:
        asked.set()
        await asyncio.Event().wait()
        return {}

    pair.province.on("board.rows", never)
    with pytest.raises(TimedOut):
        await pair.district.request("p", "board.rows", {}, timeout_s=0.01)
    asked.clear()
    waiting = asyncio.create_task(pair.district.request("p", "board.rows", {}))
    await asked.wait()
    pair.link.cut()
    with pytest.raises(WentDown):
        await waiting


async def test_a_body_too_large_and_a_kind_that_is_none(pair: Pair) -> None:
    with pytest.raises(TooLarge):
        await pair.district.request("p", "board.rows", {"rows": "x" * BODY_BYTES})
    for kind in ("board", "Board.rows", "board.rows.more", "../etc"):
        with pytest.raises(ValueError, match="kind"):
            await pair.district.request("p", kind, {})


async def test_both_sides_bound_what_waits(pair: Pair) -> None:
    go_on = asyncio.Event()

    async def slow(node: str, kind: str, body: Json) -> Json:
        await go_on.wait()
        return {}

    pair.province.on("board.rows", slow)
    waiting = [asyncio.create_task(pair.district.request("p", "board.rows", {})) for _ in range(MOST_ASKED)]
    await asyncio.sleep(0)
    with pytest.raises(TooManyRequests):
        await pair.district.request("p", "board.rows", {})
    for _ in range(5):
        await asyncio.sleep(0)
    go_on.set()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert sum(result == {} for result in results) == MOST_ANSWERED
    assert {result.code for result in results if isinstance(result, RefusedThere)} == {"busy"}


async def test_who_comes_and_goes_is_told(pair: Pair) -> None:
    events: list[LinkEvent] = []
    end = pair.province.listen(events.append)
    pair.link.cut()
    pair.link.restore()
    assert [(event.neighbour.id, event.neighbour.role, event.is_up) for event in events] == [
        ("d1", "lower", True),
        ("d1", "lower", False),
        ("d1", "lower", True),
    ]
    assert pair.province.is_up("d1")
    assert [one.id for one in pair.province.neighbours("lower")] == ["d1"]
    assert pair.province.neighbours("upper") == ()
    end()
    pair.link.cut()
    assert len(events) == 3
