"""From the board above to one site below, in this installation and in another: a message, a picture, the floor."""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import asdict
from typing import Any

import pytest

from scheduler.linked.messages import Told, ToldSite
from scheduler.linked.remote_child import RemoteChild
from scheduler.proceedings import facts as f
from scheduler.proceedings.errors import Refused
from tests.scheduler.proceedings.planted import MEETING
from tests.web.live import test_climbing
from tests.web.live.conftest import Seat
from tests.web.live.test_climbing import CHILD, Two
from web.link.errors import RefusedThere
from web.live.reaching import MOST_PICTURES, Reaching

linked = test_climbing.two  # a fixture
JPEG = b"\xff\xd8\xff\xe0picture\xff\xd9"


@pytest.fixture
async def two(linked: Two) -> Two:
    """The installation below has told of its site."""
    told = Told("convened", "Giao ban", "2026-11-24T01:00:00+00:00", "2026-11-24T03:00:00+00:00",
                sites=(ToldSite("c", "Phòng họp", "xã Thanh Vân", "commune"),))  # fmt: skip
    async with linked.province.database.transaction() as session:
        for child in await session.scalars(RemoteChild.__table__.select().with_only_columns(RemoteChild.id)):
            row = await session.get_one(RemoteChild, child)
            row.state, row.told_json = "accepted", json.dumps(asdict(told))
    return linked


def reaching(two: Two) -> Reaching:
    return two.province.hub.reaching


async def said(seat: Seat, kind: str) -> dict[str, Any]:
    """The next message of this kind to the page."""
    while True:
        message: dict[str, Any] = json.loads(str(await asyncio.wait_for(seat.connection.outgoing.next(), 20)))
        if message["type"] == kind:
            return message


async def test_a_message_and_a_picture(two: Two) -> None:
    await reaching(two).message(MEETING, "c", "Bật micro")
    assert (await said(two.commune, "notice"))["text"] == "Bật micro"
    looking = asyncio.create_task(reaching(two).picture(MEETING, "c"))
    assert (await said(two.commune, "stills"))["wanted"] is True
    two.commune.room.media.still(two.commune.connection, base64.b64encode(JPEG).decode())
    assert await looking == JPEG


async def test_it_is_put_on_air_without_having_asked(two: Two) -> None:
    request_id = await reaching(two).call(MEETING, "c")
    assert await reaching(two).call(MEETING, "c") == request_id, "asked twice, it stands once"
    (waiting,) = two.above.queue
    assert waiting.origin is not None and waiting.origin.meeting_id == CHILD and waiting.origin.path
    await two.chair.command("grant_floor", site_id="c", request_id=request_id)
    await two.passes(0)
    assert two.above.floor is not None and two.below.floor is not None
    assert (two.below.floor.site_id, two.below.floor.from_above) == ("c", True)
    asked = [fact for fact in await two.district_facts() if isinstance(fact, f.FloorRequested)]
    assert [(fact.site_id, fact.request_id) for fact in asked] == [("c", request_id)]
    with pytest.raises(Refused, match="already"):
        await reaching(two).call(MEETING, "c")
    await two.commune.command("return_floor")
    await two.passes(0)
    await two.commune.command("request_floor", kind="question")
    assert await reaching(two).call(MEETING, "c") == two.below.queue[0].request_id, "its own is taken up"
    assert two.above.queue[0].kind == "question"


async def test_pictures_from_above_and_below_have_a_name(two: Two) -> None:
    below, above = two.district.hub, two.province.hub
    assert below.naming.of(two.commune.room, ["c"]) is None, "of the room itself"
    assert below.naming.of(two.commune.room, ["b", "nobody"]) is None, "not known yet"
    await below.naming.settle()
    told = await said(two.commune, "names")
    assert told["leads"] == two.above.chair_site_id
    assert {site_id: site["above"] for site_id, site in told["sites"].items()} == {"b": True}
    assert below.naming.of(two.commune.room, ["b"]) == told
    above.naming.of(above.rooms[MEETING], ["c"])
    await above.naming.settle()
    named = await said(two.chair, "names")
    assert named["sites"]["c"]["title"] and not named["sites"]["c"]["above"]


async def test_what_cannot_be_reached(two: Two) -> None:
    with pytest.raises(Refused, match="unknown_site"):
        await reaching(two).message(MEETING, "nobody", "x")
    await two.district_chair.command("leave_program")
    for act in (reaching(two).picture(MEETING, "c"), reaching(two).call(MEETING, "c")):
        with pytest.raises(Refused, match="away"):  # a discussion of its own
            await act
    await two.district_chair.command("rejoin_program")
    await two.commune.room.presence.leave(two.commune.connection, cleanly=True)
    for act in (reaching(two).picture(MEETING, "c"), reaching(two).call(MEETING, "c")):
        with pytest.raises(Refused, match="not_present"):
            await act
    assert two.below.queue == two.above.queue == ()


@pytest.mark.parametrize("linked", ["there"], indirect=True)
async def test_who_asks_is_looked_at(two: Two) -> None:
    below, above = two.district.hub.links._channel, two.province.hub.links._channel
    asked = {"meeting": MEETING, "child": CHILD, "site": "c", "hops": 1}
    for wrong, code in (
        ({"site": "x" * 40}, "bad_request"), ({"hops": 8}, "bad_request"), ({"hops": True}, "bad_request"),
        ({"child": MEETING}, "not_allowed"), ({"meeting": "another"}, "not_allowed"), ({"site": "b"}, "unknown_site"),
    ):  # fmt: skip
        for kind in ("board.picture", "board.call"):
            with pytest.raises(RefusedThere, match=code):
                await above.request("district", kind, {**asked, **wrong})
    for text in (None, "", "x" * 501, "a\0b"):
        with pytest.raises(RefusedThere, match="bad_request"):
            await above.request("district", "board.message", {**asked, "text": text})
    for wrong in ({"child": "another"}, {"meeting": CHILD}):
        with pytest.raises(RefusedThere, match="not_allowed"):
            await below.request(
                "province", "board.names", {"meeting": MEETING, "child": CHILD, "sites": ["b"], **wrong}
            )
    with pytest.raises(RefusedThere, match="not_allowed"):  # from below, of a room above
        await below.request("province", "board.message", {**asked, "meeting": CHILD, "child": MEETING, "text": "x"})
    codes = [await _code(above.request("district", "board.message", {**asked, "text": "x"})) for _ in range(30)]
    assert codes[0] == "" and codes[-1] == "busy"


HOSTILE: tuple[dict[str, Any], ...] = (
    {}, {"jpeg": 7}, {"jpeg": "no base64!"}, {"jpeg": base64.b64encode(b"<svg>").decode()}, {"jpeg": "A" * 40_000},
    {"request": 7}, {"request": {"site_id": "a", "request_id": "r"}}, {"request": {"site_id": "c"}},
    {"request": {"site_id": "c", "request_id": "r", "kind": "decree"}},
)  # fmt: skip


@pytest.mark.parametrize("linked", ["there"], indirect=True)
async def test_nine_pictures_at_a_time_and_what_a_hostile_installation_answers(two: Two) -> None:
    looking = [asyncio.create_task(reaching(two).picture(MEETING, "c")) for _ in range(MOST_PICTURES)]
    below = two.district.hub.reaching
    while sum(below._pictures.values()) < MOST_PICTURES:  # noqa: ASYNC110
        await asyncio.sleep(0)
    with pytest.raises(Refused, match="many_pictures"):
        await reaching(two).picture(MEETING, "c")
    while not all(task.done() for task in looking):
        two.commune.room.media.still(two.commune.connection, base64.b64encode(JPEG).decode())
        await asyncio.sleep(0)
    assert {task.result() for task in looking} == {JPEG}
    replies = iter(HOSTILE * 2)

    async def answer(node: str, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        return next(replies)

    two.district.hub.links._channel._handlers.update({"board.picture": answer, "board.call": answer})
    for act in (reaching(two).picture, reaching(two).call):
        for _ in HOSTILE:
            with pytest.raises(Refused):
                await act(MEETING, "c")
    assert two.above.queue == ()
    assert two.link is not None
    two.link.cut()
    with pytest.raises(Refused, match="far_unreachable"):
        await reaching(two).message(MEETING, "c", "x")


async def _code(asking: Any) -> str:
    try:
        await asking
    except RefusedThere as refused:
        return refused.code
    return ""
