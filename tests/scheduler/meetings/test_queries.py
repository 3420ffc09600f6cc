"""Lists stay at two statements however many meetings there are; search finds with and without accents."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert

from scheduler.database import new_id
from scheduler.errors import Invalid
from scheduler.meetings.archive_search import search_archive, snippet
from scheduler.meetings.attendee import Attendee
from scheduler.meetings.meeting import Meeting
from scheduler.meetings.queries import MeetingFilter, list_meetings, todays_meetings
from scheduler.organization.folding import fold
from scheduler.search import forget_document, index_document
from tests.scheduler.world import NOW, World, briefing, person_of, site_of, unit_of


@contextmanager
def counted(world: World) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    engine = world.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


async def many(world: World, count: int) -> None:
    rows = [
        {
            "id": new_id(),
            "stage": "sent",
            "title": f"Giao ban {number}",
            "search_title": fold(f"Giao ban {number}"),
            "starts_at": NOW - timedelta(days=number),
            "ends_at": NOW - timedelta(days=number) + timedelta(hours=1),
            "host_unit_id": unit_of("quanba"),
            "issuing_unit_id": unit_of("quanba"),
            "chair_person_id": person_of("chair.quanba"),
            "chair_site_id": site_of("quanba"),
            "secretary_person_id": person_of("secretary.quanba"),
            "created_by": person_of("secretary.quanba"),
            "created_at": NOW,
            "sent_at": NOW,
            "version": 1,
        }
        for number in range(count)
    ]
    invited = [
        {"id": new_id(), "meeting_id": row["id"], "site_id": site_of(unit), "role": role}
        for row in rows
        for unit, role in (("quanba", "chair"), ("tamson", "required"))
    ]
    async with world.database.transaction() as session:
        await session.execute(insert(Meeting), rows)
        await session.execute(insert(Attendee), invited)


async def test_a_thousand_meetings_take_two_statements(world: World) -> None:
    await many(world, 1000)
    for key in ("secretary.quanba", "site.tamson", "chair.tamson"):
        actor = await world.actor(key)
        async with world.database.reading() as session:
            with counted(world) as statements:
                page = await list_meetings(session, actor, MeetingFilter(), NOW, limit=200)
                today = await todays_meetings(session, actor, NOW)
            assert len([one for one in statements if one.lstrip().upper().startswith("SELECT")]) == 4
        assert (len(page.items), len(today)) == (200, 1)
        assert page.items[0].site_count == 1


async def test_pages_follow_each_other_without_gap_or_repeat(world: World) -> None:
    await many(world, 25)
    actor = await world.actor("site.tamson")
    titles: list[str] = []
    cursor: str | None = None
    async with world.database.reading() as session:
        while True:
            page = await list_meetings(session, actor, MeetingFilter(), NOW, cursor, limit=10)
            titles += [card.title for card in page.items]
            cursor = page.next
            if cursor is None:
                break
        assert titles == [f"Giao ban {number}" for number in range(25)]
        for garbage in ("x", "2026-01-01T00:00:00|a", "|"):
            with pytest.raises(Invalid):
                await list_meetings(session, actor, MeetingFilter(), NOW, garbage)


async def test_filters(world: World) -> None:
    quanba = await world.sent(briefing("Giao ban huyện Quản Bạ"))
    dongvan = await world.sent(briefing("Giao ban Đồng Văn", "dongvan"), "secretary.dongvan")
    draft = await world.draft(briefing("Dự thảo giao ban"))
    secretary = await world.actor("secretary.quanba")
    other = await world.actor("secretary.dongvan")

    async def found(actor: Any, wanted: MeetingFilter) -> set[str]:
        async with world.database.reading() as session:
            return {card.id for card in (await list_meetings(session, actor, wanted, NOW)).items}

    assert await found(secretary, MeetingFilter(stages=("draft",))) == {draft.id}
    assert await found(secretary, MeetingFilter(text="quan ba")) == {quanba.id}
    assert await found(secretary, MeetingFilter(text="100%")) == set()
    assert await found(secretary, MeetingFilter(unit_id=unit_of("province"))) == {quanba.id, draft.id}
    assert await found(secretary, MeetingFilter(unit_id=unit_of("dongvan"))) == set()
    assert await found(other, MeetingFilter(level_code="district")) == {dongvan.id}
    assert await found(other, MeetingFilter(level_code="commune")) == set()
    assert await found(secretary, MeetingFilter(starts_until=NOW)) == set()
    assert await found(secretary, MeetingFilter(starts_from=NOW)) == {quanba.id, draft.id}


async def test_my_day_puts_what_goes_on_first(world: World) -> None:
    soon = await world.sent(briefing("Sắp tới", starts_at=NOW + timedelta(hours=1), ends_at=NOW + timedelta(hours=3)))
    live = await world.sent(briefing("Đang họp"))
    await world.sent(
        briefing("Tháng sau", starts_at=NOW + timedelta(days=30), ends_at=NOW + timedelta(days=30, hours=2))
    )
    async with world.database.transaction() as session:
        (await session.get_one(Meeting, live.id)).stage = "convened"
    async with world.database.reading() as session:
        site = await todays_meetings(session, await world.actor("site.tamson"), NOW)
        secretary = await todays_meetings(session, await world.actor("secretary.quanba"), NOW)
    assert [(card.id, card.main_action, card.my_roles) for card in site] == [
        (live.id, "join", ("site",)),
        (soon.id, "test", ("site",)),
    ]
    assert [(card.id, card.main_action) for card in secretary] == [(live.id, "join"), (soon.id, "test")]


async def test_the_archive_finds_with_and_without_accents(world: World) -> None:
    first = await world.sent(briefing("Giao ban huyện Quản Bạ"))
    second = await world.sent(briefing("Quan bà con vùng cao", items=briefing().items, place="Nhà văn hóa"))
    secretary = await world.actor("secretary.quanba")

    async def found(text: str, **filters: Any) -> list[tuple[str, str]]:
        async with world.database.reading() as session:
            page = await search_archive(session, secretary, text, MeetingFilter(**filters), NOW)
        return [(hit.kind, hit.meeting.id) for hit in page.items]

    assert await found("quan ba") == [("meeting", first.id), ("meeting", second.id)]
    assert await found("QUẢN BẠ") == [("meeting", first.id), ("meeting", second.id)]
    assert await found("Quan bà") == [("meeting", second.id), ("meeting", first.id)]  # exact accents first
    assert await found("nha van hoa") == [("meeting", second.id)]
    assert await found("chống rét") == [("item", second.id), ("item", first.id)] or len(await found("chong ret")) == 2
    assert await found("gia suc", unit_id=unit_of("dongvan")) == []
    assert await found("%") == []
    assert await found("_") == []
    assert await found("   ") == []
    async with world.database.reading() as session:
        page = await search_archive(session, secretary, "quan", MeetingFilter(), NOW, limit=1)
        rest = await search_archive(session, secretary, "quan", MeetingFilter(), NOW, page.next, limit=1)
        assert page.next == "1"
        assert page.items[0].meeting.id != rest.items[0].meeting.id
        with pytest.raises(Invalid):
            await search_archive(session, secretary, "quan", MeetingFilter(), NOW, "-1")


async def test_unissued_minutes_are_found_only_by_those_who_run_the_meeting(world: World) -> None:
    meeting = await world.sent()
    async with world.database.transaction() as session:
        text = "Ông Sùng A Páo đề nghị hỗ trợ 40 tấn gạo"
        await index_document(session, "minutes", meeting.id, "r1", "Biên bản", text, released=False, at_ms=61_000)
    expected = {"secretary.quanba": 1, "clerk.quanba": 1, "site.tamson": 0, "chair.tamson": 0, "technician.quanba": 0}
    for released in (False, True):
        for key, count in expected.items():
            async with world.database.reading() as session:
                page = await search_archive(session, await world.actor(key), "40 tan gao", MeetingFilter(), NOW)
            assert len(page.items) == (1 if released else count), key
        async with world.database.transaction() as session:
            await index_document(session, "minutes", meeting.id, "r1", "Biên bản", text, at_ms=61_000)
    assert (page.items[0].at_ms, page.items[0].snippet) == (61_000, text)
    async with world.database.transaction() as session:
        await forget_document(session, "minutes", "r1")
    async with world.database.reading() as session:
        secretary = await world.actor("secretary.quanba")
        assert (await search_archive(session, secretary, "40 tan gao", MeetingFilter(), NOW)).items == []


def test_a_snippet_shows_the_words_where_they_stand() -> None:
    long = "a " * 100 + "đề nghị hỗ trợ gạo " + "b " * 100
    assert "đề nghị hỗ trợ" in snippet(long, ["nghi"])
    assert snippet(long, ["nghi"]).startswith("…")
    assert snippet("ngắn", ["khac"]) == "ngắn"
