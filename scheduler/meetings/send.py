"""Sends the invitations: the draft is told to its sites; later, letters that failed go out again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from scheduler.database import WriteSession
from scheduler.errors import Invalid
from scheduler.linked.asking import ask_elsewhere
from scheduler.linked.follow import follow_send, refuse_local_child
from scheduler.linked.rows import below
from scheduler.meetings.access import find_meeting, require, require_stage, require_version
from scheduler.meetings.attendee import Attendee
from scheduler.meetings.invite import invite_all, queue_letter
from scheduler.meetings.meeting import Meeting
from scheduler.meetings.plan import check_sendable
from scheduler.permissions import Actor, may_send


async def send_invitations(
    session: WriteSession, actor: Actor, meeting_id: str, now: datetime, version: int | None = None
) -> Meeting:
    """draft → sent; a postponed meeting with its new time → sent; a sent one: what failed goes out again."""
    meeting, access = await find_meeting(session, actor, meeting_id)
    require(may_send(actor, replace(access, stage="draft")), "send", "secretary", "chair")
    require_stage(meeting, "send", "draft", "sent", "postponed")
    require_version(meeting, version)
    if meeting.stage != "sent":
        refuse_local_child(meeting)
    await check_sendable(session, meeting)
    if meeting.ends_at <= now:
        raise Invalid({"ends_at": "past"})
    if meeting.stage == "sent":
        await _send_failed_again(session, meeting, now)
        return meeting
    if meeting.stage == "postponed":
        meeting.sequence += 1
    meeting.stage = "sent"
    meeting.sent_at = meeting.sent_at or now
    await invite_all(session, meeting, "REQUEST", now)
    await session.flush()
    await follow_send(session, meeting, now)
    return meeting


async def _send_failed_again(session: WriteSession, meeting: Meeting, now: datetime) -> None:
    """Of this room and of those below; who was asked to hold a room and could not is asked again."""
    rooms = {meeting.id: meeting, **{room.id: room for room in await below(session, meeting.id)}}
    invited = {id: room for id, room in rooms.items() if room.stage == "sent"}
    query = select(Attendee).where(Attendee.meeting_id.in_(invited), Attendee.delivery.in_(("none", "failed")))
    for attendee in (await session.scalars(query)).all():
        queue_letter(session, invited[attendee.meeting_id], attendee, "REQUEST", now)
    await session.flush()
    await ask_elsewhere(session, meeting, now)
