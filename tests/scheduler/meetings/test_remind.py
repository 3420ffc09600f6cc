"""An hour before the meeting its sites are reminded: once, those that come, and only of what is still true."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from scheduler.errors import NotFound
from scheduler.meetings.attendee import Attendee
from scheduler.meetings.cancel import cancel_meeting
from scheduler.meetings.invitation import Post
from scheduler.meetings.meeting import Meeting
from scheduler.meetings.postpone import postpone_meeting
from scheduler.meetings.remind import BEFORE, REMIND, deliver_reminder, enqueue_reminders
from scheduler.outbox import OutboxRow
from tests.scheduler.meetings.test_invitation import deliver_all, post_of
from tests.scheduler.world import World, site_of


async def due(world: World, at: datetime) -> int:
    async with world.database.transaction() as session:
        return await enqueue_reminders(session, at)


async def reminded(world: World, post: Post, at: datetime) -> list[tuple[str, str]]:
    """Carry out every reminder; the kinds and addresses of all reminding letters in the folder."""
    async with world.database.reading() as session:
        ids = (await session.scalars(select(OutboxRow.id).where(OutboxRow.kind == REMIND))).all()
    for id in ids:
        await deliver_reminder(world.database, post, id, at)
    letters = await post.transport.list()  # type: ignore[attr-defined]
    return sorted((one.kind, one.to) for one in letters if one.kind in ("reminder", "unanswered"))


async def invited(world: World, tmp_path: Path) -> tuple[Meeting, Post]:
    meeting, post = await world.sent(), post_of(tmp_path)
    await deliver_all(world, post)
    return meeting, post


async def test_sites_are_reminded_once_an_hour_before(world: World, tmp_path: Path) -> None:
    meeting, post = await invited(world, tmp_path)
    async with world.database.transaction() as session:
        replies = {"tamson": "accepted", "quyettien": "declined"}
        for attendee in await session.scalars(select(Attendee)):
            attendee.reply = next((r for key, r in replies.items() if attendee.site_id == site_of(key)), "needs_action")
        answered = {attendee.site_id: attendee.reply for attendee in await session.scalars(select(Attendee))}
    coming = [reply for reply in answered.values() if reply != "declined"]
    assert await due(world, meeting.starts_at - BEFORE - timedelta(minutes=1)) == 0
    at = meeting.starts_at - BEFORE
    assert await due(world, at) == len(coming)
    assert await due(world, at + timedelta(minutes=1)) == 0
    letters = await reminded(world, post, at)
    assert [kind for kind, _ in letters] == sorted("reminder" if r == "accepted" else "unanswered" for r in coming)
    assert await reminded(world, post, at) == letters
    (tamson,) = [to for kind, to in letters if kind == "reminder"]
    assert "diemcau.tamson@" in tamson


async def test_what_a_reminder_says(world: World, tmp_path: Path) -> None:
    meeting, post = await invited(world, tmp_path)
    await due(world, meeting.starts_at - BEFORE)
    await reminded(world, post, meeting.starts_at - BEFORE)
    letters = await post.transport.list()  # type: ignore[attr-defined]
    (first, *_) = [one for one in letters if one.kind == "unanswered"]
    content = (await post.transport.read(first.id)).decode()  # type: ignore[attr-defined]
    assert "text/calendar" not in content and "Message-ID" in content
    assert first.subject == "Nhắc họp, chưa trả lời giấy mời: Giao ban tháng 11"


@pytest.mark.parametrize("what", ["cancelled", "postponed", "moved", "too late", "taken out"])
async def test_what_is_no_longer_true_is_not_sent(world: World, tmp_path: Path, what: str) -> None:
    meeting, post = await invited(world, tmp_path)
    secretary, at = await world.actor("secretary.quanba"), meeting.starts_at - BEFORE
    assert await due(world, at) > 0
    async with world.database.transaction() as session:
        if what == "cancelled":
            await cancel_meeting(session, secretary, meeting.id, "mưa lũ", at)
        elif what == "postponed":
            await postpone_meeting(session, secretary, meeting.id, None, None, "mưa lũ", at)
        elif what == "moved":
            later = meeting.starts_at + timedelta(days=1)
            await postpone_meeting(session, secretary, meeting.id, later, None, "mưa lũ", at)
        elif what == "taken out":
            for attendee in await session.scalars(select(Attendee)):
                await session.delete(attendee)
        else:
            at = meeting.starts_at
    assert await reminded(world, post, at) == []
    assert await due(world, at) == 0


async def test_a_moved_meeting_is_reminded_of_again_at_its_new_time(world: World, tmp_path: Path) -> None:
    meeting, _ = await invited(world, tmp_path)
    first = await due(world, meeting.starts_at - BEFORE)
    later = meeting.starts_at + timedelta(days=1)
    async with world.database.transaction() as session:
        secretary = await world.actor("secretary.quanba")
        await postpone_meeting(session, secretary, meeting.id, later, None, "mưa lũ", meeting.starts_at - BEFORE)
        for attendee in await session.scalars(select(Attendee)):
            attendee.delivered_at = meeting.starts_at
    assert await due(world, later - BEFORE) == first


async def test_whoever_was_invited_just_now_needs_no_reminder(world: World, tmp_path: Path) -> None:
    meeting, _ = await invited(world, tmp_path)
    async with world.database.transaction() as session:
        for attendee in await session.scalars(select(Attendee)):
            attendee.delivered_at = meeting.starts_at - BEFORE + timedelta(seconds=1)
    assert await due(world, meeting.starts_at - BEFORE + timedelta(minutes=1)) == 0


async def test_a_row_that_is_not_there(world: World, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        await deliver_reminder(world.database, post_of(tmp_path), "no such row", datetime.now().astimezone())
