"""Postpones a meeting: to a new time, which goes out as an update, or until further notice ("Hoãn").

Links stay good: they name the site and the meeting, not its time.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from scheduler.database import WriteSession
from scheduler.errors import Invalid
from scheduler.linked.follow import Slot, follow_postpone, refuse_child
from scheduler.meetings import plan_check
from scheduler.meetings.access import find_meeting, require, require_stage
from scheduler.meetings.invite import forget_replies, invite_all
from scheduler.meetings.meeting import Meeting
from scheduler.meetings.plan import check_sendable
from scheduler.meetings.plan_input import Plan
from scheduler.permissions import Actor, may_postpone


async def postpone_meeting(
    session: WriteSession,
    actor: Actor,
    meeting_id: str,
    starts_at: datetime | None,
    ends_at: datetime | None,
    reason: str,
    now: datetime,
) -> Meeting:
    """→ sent with the new time; without one → postponed, until it is edited and sent again."""
    meeting, access = await find_meeting(session, actor, meeting_id)
    require(may_postpone(actor, replace(access, stage="sent")), "postpone", "secretary", "chair")
    require_stage(meeting, "postpone", "sent", "testing", "postponed")
    refuse_child(meeting)
    before = Slot.of(meeting)
    meeting.moved_from = meeting.starts_at
    meeting.reason = reason.strip()
    meeting.sequence += 1
    if starts_at is None:
        meeting.stage = "postponed"
    else:
        await _move(session, meeting, starts_at, ends_at or starts_at + (meeting.ends_at - meeting.starts_at), now)
    await forget_replies(session, meeting)
    await invite_all(session, meeting, "REQUEST", now)
    await session.flush()
    await follow_postpone(session, meeting, before, now)
    return meeting


async def _move(session: WriteSession, meeting: Meeting, starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    plan_check.check_fields(Plan(title=meeting.title, starts_at=starts_at, ends_at=ends_at))
    if ends_at <= now:
        raise Invalid({"starts_at": "past"})
    meeting.starts_at, meeting.ends_at, meeting.stage = starts_at, ends_at, "sent"
    await check_sendable(session, meeting)
