"""Boards of rooms held elsewhere: shown as planned at first, then as told, bounded, not asked for too often."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from scheduler.linked.far_board import Seen, changed, follow_pages, page_of, read_pages, seen
from scheduler.linked.messages import NotUnderstood
from scheduler.nodes.tables import LinkedNode
from tests.scheduler.world import NOW, site_of
from tests.web.link import holding
from tests.web.link.holding import Opening, Side, below, planned, send
from web.link.boards import Boards
from web.link.errors import RefusedThere

side, small_organisation = holding.side, holding.small_organisation  # fixtures
ROOM = {"id": "room", "parent_id": "above", "stage": "convened", "unit_title": "huyện Quản Bạ"}
ROW: dict[str, Any] = {
    "site_id": site_of("tamson"), "room_id": "room", "unit_title": "thị trấn Tam Sơn", "site_name": "Phòng họp",
    "level": "commune", "role": "required", "phone": "0219", "reply": "accepted", "reply_reason": "",
    "delivery": "sent", "tested_at": None, "state": "joined", "problems": ["no_picture"], "audio": True,
    "video": False, "loss": 0.01, "rtt_ms": 40, "step": "full", "head_count": 4, "on_air": False, "asks": True,
    "clock_s": -90,
    "check": {"at": "2026-11-05T01:00:00+00:00", "microphone": True, "camera": True, "is_ready": True,
              "down_kbps": 9000, "up_kbps": 4000, "rtt_ms": 20, "loss": 0.0, "clock_ms": 5},
}  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [
        {"rooms": []},
        {"rooms": [ROOM, ROOM]},
        {"rooms": [{**ROOM, "stage": "ruled"}]},
        {"rows": [{**ROW, "room_id": "another"}]},
        {"rows": [{**ROW, "loss": "much"}]},
        {"rows": [{**ROW, "rtt_ms": float("inf")}]},
        {"rows": [{**ROW, "unit_title": "x" * 201}]},
        {"rows": [{**ROW, "unit_title": "a\x00b"}]},
        {"rows": [{**ROW, "problems": ["x"] * 13}]},
        {"rows": [{**ROW, "clock_s": "slow"}]},
        {"rows": [{**ROW, "check": 7}]},
        {"rows": [{name: ROW[name] for name in ROW if name != "state"}]},
        {"rows": [ROW] * 61},
        {"rows": None},
    ],
)
def test_what_is_not_believed(wrong: dict[str, Any]) -> None:
    with pytest.raises(NotUnderstood):
        read_pages([{"rooms": [ROOM], "rows": [ROW], **wrong}])


def test_pages() -> None:
    rows = [{**ROW, "site_id": str(number), "more": "not asked for"} for number in range(130)]
    pages = [page_of([ROOM], rows, after) for after in (0, 60, 120)]
    assert [page["more"] for page in pages] == [True, True, False]
    rooms, read = read_pages(pages)
    assert (rooms, len(read), "more" in read[0]) == ([ROOM], 130, False)
    assert read_pages([page_of([ROOM], [ROW], 0)])[1] == [ROW]
    older = {name: ROW[name] for name in ROW if name != "clock_s"}
    assert read_pages([page_of([ROOM], [older], 0)])[1] == [{**ROW, "clock_s": 0}]


def test_only_what_changed_is_told_to_who_says_what_he_has() -> None:
    rows = [{**ROW, "site_id": str(number)} for number in range(130)]
    first = seen([ROOM], rows)
    pages = [{**page_of(first.rooms, first.rows, after), "mark": first.mark} for after in (0, 60, 120)]
    told = follow_pages(pages, Seen())
    assert (told.mark, len(told.rows)) == (first.mark, 130)
    now = seen([ROOM], [*rows[:7], {**rows[7], "on_air": True}, *rows[8:]])
    others = changed(first, now)
    assert others is not None and [row["site_id"] for row in others] == ["7"]
    page = {**page_of(now.rooms, others, 0), "mark": now.mark, "base": first.mark}
    after = follow_pages([page], told)
    assert [row["site_id"] for row in after.rows if row["on_air"]] == ["7"] and len(after.rows) == 130
    assert changed(now, now) == () and now.mark != first.mark
    assert changed(now, seen([ROOM], rows[1:])) is None is changed(now, seen([ROOM], rows[::-1]))
    for wrong in ({"base": "another"}, {"base": 7}, {"mark": "x" * 65}, {"rows": [{**ROW, "site_id": "nowhere"}]}):
        with pytest.raises(NotUnderstood):
            follow_pages([{**page, **wrong}], told)


async def test_a_far_board_is_told_when_it_is_looked_at(side: Opening) -> None:
    province, district = await side("province"), await side("district")
    await below(province, district, "quanba")
    meeting = await planned(province, district)
    await send(province, meeting)
    await province.carry_out()
    (room,) = await district.held()
    told = [{**ROOM, "id": room.id}], [{**ROW, "room_id": room.id}]
    looked: list[str] = []

    async def look(meeting_id: str, wait_s: float) -> Any:
        looked.append(meeting_id)
        return told

    above, under = (boards_of(one, look) for one in (province, district))
    children = await province.children()
    rooms, rows = above.far(children)
    assert ([one["parent_id"] for one in rooms], {row["state"] for row in rows}) == ([meeting.id], {"invited"})
    for _ in range(2):  # not asked again so soon
        await above.refresh(children)
        rooms, rows = above.far(children)
        assert [(row["site_id"], row["state"], row["far"]) for row in rows] == [(site_of("tamson"), "joined", True)]
    assert (rooms[0]["parent_id"], rooms[0]["link"], looked) == (meeting.id, "up", [room.id])
    told[1][0]["state"] = 7
    province.seconds = district.seconds = 10
    await above.refresh(children)
    assert above.far(children)[1] == rows  # as told last; the fault is the operator's to see
    async with province.database.reading() as session:
        assert (await session.get_one(LinkedNode, district.node.id)).error == "not_understood"
    asked = {"meeting": meeting.id, "child": room.id, "after": 0}
    with pytest.raises(RefusedThere, match="not_allowed"):
        await district.node.channel.request(province.node.id, "board.rows", asked)  # not the one above
    for wrong in ({"after": -1}, {"wait_ms": 60_000}, {"wait_ms": True}, {"mark": "x" * 65}, {"mark": 7}):
        with pytest.raises(RefusedThere, match="bad_request"):
            await province.node.channel.request(district.node.id, "board.rows", {**asked, **wrong})
    await above.stop()
    await under.stop()


async def test_one_look_at_the_top_shows_the_lowest_room(side: Opening) -> None:
    """Each asks those below while it is asked itself; who does not answer is waited for a moment, and only once."""
    central, province, district = await side("central"), await side("province"), await side("district")
    await below(province, district, "quanba")
    await below(central, province, "province")
    meeting = await planned(central, province, "province", "central")
    await send(central, meeting, "central")
    for one in (central, province, province):
        await one.carry_out()
    (held,), (lowest,) = await province.held(), await district.held()
    row, looked, goes_on = {**ROW, "room_id": lowest.id}, [0], asyncio.Event()
    goes_on.set()

    async def at_district(meeting_id: str, wait_s: float) -> Any:
        looked[0] += 1
        await goes_on.wait()
        return [{**ROOM, "id": lowest.id, "parent_id": held.id}], [row]

    async def at_province(meeting_id: str, wait_s: float) -> Any:
        children = await province.children()
        await middle.refresh(children, wait_s, 0.0)
        rooms, rows = middle.far(children)
        return [{**ROOM, "id": held.id, "parent_id": meeting.id}, *rooms], rows

    top, middle = boards_of(central, at_province), boards_of(province, at_province)
    boards_of(district, at_district)
    children = await central.children()

    async def on_air(wait_s: float = 5.0) -> bool:
        for one in (central, province, district):
            one.seconds += 2
        await top.refresh(children, wait_s)
        (shown,) = [one for one in top.far(children)[1] if one["site_id"] == row["site_id"]]
        return bool(shown["on_air"])

    assert not await on_air()
    row["on_air"] = True
    assert await on_air()
    assert looked == [2]  # nobody looked meanwhile
    goes_on.clear()
    row["on_air"] = False
    assert await on_air(0.01)  # as it was known last
    goes_on.set()
    await top.settle()
    assert not await on_air()
    for boards in (top, middle):
        await boards.stop()


def boards_of(one: Side, look: Any) -> Boards:
    boards = Boards(one.node.channel, one.database, look, lambda: NOW, monotonic=lambda: one.seconds)
    boards.start()
    return boards
