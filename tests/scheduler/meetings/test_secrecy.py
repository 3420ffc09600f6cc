"""An isolated installation takes in Mật, and keeps it: no letter, no search, no calendar, no recording."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from scheduler.errors import Invalid, SecretRefused, SecretStays
from scheduler.meetings.archive_search import search_archive
from scheduler.meetings.attendee import Attendee
from scheduler.meetings.calendar_feed import calendar_address, calendar_feed, meeting_calendar
from scheduler.meetings.cancel import cancel_meeting
from scheduler.meetings.clone import clone_meeting
from scheduler.meetings.meeting import Meeting
from scheduler.meetings.plan import edit_meeting, plan_meeting
from scheduler.meetings.queries import MeetingFilter, list_meetings
from scheduler.meetings.remind import enqueue_reminders
from scheduler.meetings.send import send_invitations
from scheduler.outbox import OutboxRow
from scheduler.search import SearchEntry, index_document
from scheduler.secrecy import Secrecy
from tests.scheduler.world import LINKS, NOW, World, briefing

ISOLATED = Secrecy(isolated=True)
TITLE = "Diễn tập khu vực phòng thủ"
SECRET = replace(briefing(TITLE), security_marking="mat", record=True)


async def planned(world: World, plan: object = SECRET) -> Meeting:
    async with world.database.transaction() as session:
        secretary = await world.actor("secretary.quanba")
        return await plan_meeting(session, secretary, plan, NOW, ISOLATED)  # type: ignore[arg-type]


async def count(world: World, table: type) -> int:
    async with world.database.reading() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


@pytest.mark.parametrize("marking", ["toi_mat", "tuyet_mat"])
async def test_higher_secrets_are_refused_there_too(world: World, marking: str) -> None:
    with pytest.raises(SecretRefused):
        await planned(world, replace(SECRET, security_marking=marking))
    assert await count(world, Meeting) == 0


async def test_mat_is_planned_sent_and_cancelled_without_a_letter(world: World) -> None:
    meeting, secretary = await planned(world), await world.actor("secretary.quanba")
    assert meeting.record is False
    async with world.database.transaction() as session:
        await send_invitations(session, secretary, meeting.id, NOW)
        for attendee in await session.scalars(select(Attendee)):
            assert attendee.delivery == "none"
            attendee.delivered_at = NOW
    async with world.database.transaction() as session:
        await edit_meeting(session, secretary, meeting.id, replace(SECRET, note="Mới"), None, NOW, ISOLATED)
        assert await enqueue_reminders(session, meeting.starts_at - timedelta(minutes=30)) == 0
        await cancel_meeting(session, secretary, meeting.id, "hoãn", NOW)
    assert await count(world, OutboxRow) == 0


async def test_mat_is_not_found_by_searching_and_not_exported(world: World) -> None:
    meeting, secretary = await planned(world), await world.actor("secretary.quanba")
    async with world.database.transaction() as session:
        await index_document(session, "paper", meeting.id, "p1", TITLE)
    assert await count(world, SearchEntry) == 0
    async with world.database.transaction() as session:
        await send_invitations(session, secretary, meeting.id, NOW)
    async with world.database.reading() as session:
        assert (await search_archive(session, secretary, TITLE, MeetingFilter(), NOW)).items == []
        assert (await list_meetings(session, secretary, MeetingFilter(text="dien tap"), NOW)).items == []
        assert len((await list_meetings(session, secretary, MeetingFilter(), NOW)).items) == 1
        with pytest.raises(SecretStays):
            await meeting_calendar(session, secretary, LINKS, meeting.id)
        address = (await calendar_address(session, secretary, LINKS)).rpartition("/")[2].removesuffix(".ics")
        assert b"VEVENT" not in await calendar_feed(session, LINKS, address, NOW)


async def test_a_draft_that_becomes_secret_is_forgotten_by_the_search(world: World) -> None:
    meeting, secretary = await planned(world, briefing(TITLE)), await world.actor("secretary.quanba")
    assert await count(world, SearchEntry) > 0
    async with world.database.transaction() as session:
        edited = await edit_meeting(session, secretary, meeting.id, SECRET, None, NOW, ISOLATED)
    assert edited.record is False
    assert await count(world, SearchEntry) == 0


async def test_the_marking_of_what_was_sent_stays(world: World) -> None:
    secretary = await world.actor("secretary.quanba")
    for plan, other in ((SECRET, briefing(TITLE, security_marking="none")), (briefing(TITLE), SECRET)):
        meeting = await planned(world, plan)
        async with world.database.transaction() as session:
            await send_invitations(session, secretary, meeting.id, NOW)
        with pytest.raises(Invalid, match="security_marking"):
            async with world.database.transaction() as session:
                await edit_meeting(session, secretary, meeting.id, other, None, NOW, ISOLATED)


async def test_a_clone_is_as_secret_as_its_source(world: World) -> None:
    meeting, secretary = await planned(world), await world.actor("secretary.quanba")
    async with world.database.transaction() as session:
        clone = await clone_meeting(session, secretary, meeting.id, NOW, secrecy=ISOLATED)
        assert (clone.security_marking, clone.record) == ("mat", False)
    with pytest.raises(SecretRefused):
        async with world.database.transaction() as session:
            await clone_meeting(session, secretary, meeting.id, NOW)
