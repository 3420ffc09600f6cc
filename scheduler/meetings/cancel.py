"""Cancels a meeting that has not begun; those who were invited get an iCalendar CANCEL."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from scheduler import audit
from scheduler.database import WriteSession
from scheduler.errors import Invalid
from scheduler.linked.follow import follow_cancel, refuse_local_child
from scheduler.meetings.access import find_meeting, require, require_stage
from scheduler.meetings.invite import invite_all
from scheduler.meetings.meeting import Meeting
from scheduler.permissions import Actor, may_cancel


async def cancel_meeting(session: WriteSession, actor: Actor, meeting_id: str, reason: str, now: datetime) -> Meeting:
    """→ cancelled; a reason is needed once somebody was invited."""
    meeting, access = await find_meeting(session, actor, meeting_id)
    require(may_cancel(actor, replace(access, stage="draft")), "cancel", "secretary", "chair")
    require_stage(meeting, "cancel", "draft", "sent", "testing", "postponed")
    refuse_local_child(meeting)
    if meeting.sent_at is not None and not reason.strip():
        raise Invalid({"reason": "required"})
    meeting.stage, meeting.reason = "cancelled", reason.strip()
    if meeting.sent_at is not None:
        meeting.sequence += 1
        await invite_all(session, meeting, "CANCEL", now)
    await follow_cancel(session, meeting, now)
    audit.record(session, "meeting_cancelled", actor, now, subject_id=meeting.id)
    await session.flush()
    return meeting
