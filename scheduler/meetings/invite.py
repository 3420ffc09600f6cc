"""Writes down which letters go out, to one invited site or to all; forgets replies when everybody is asked again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from scheduler.database import WriteSession
from scheduler.meetings.attendee import Attendee
from scheduler.meetings.meeting import Meeting
from scheduler.outbox import enqueue
from scheduler.secrecy import is_secret


def invite(session: WriteSession, meeting: Meeting, site_id: str, method: str, now: datetime) -> None:
    """Write down that this site gets a letter; ``method`` is iCalendar's REQUEST or CANCEL. Secrets are not mailed."""
    if is_secret(meeting.security_marking):
        return
    payload = {"meeting_id": meeting.id, "site_id": site_id, "method": method, "sequence": meeting.sequence}
    enqueue(session, "send_invitation", payload, now)


def queue_letter(session: WriteSession, meeting: Meeting, attendee: Attendee, method: str, now: datetime) -> None:
    """The letter of an invited site, whose delivery is shown from now on."""
    if not is_secret(meeting.security_marking):
        attendee.delivery, attendee.delivery_error = "queued", ""
        invite(session, meeting, attendee.site_id, method, now)


async def invite_all(session: WriteSession, meeting: Meeting, method: str, now: datetime) -> None:
    """Queue a letter to every invited site."""
    query = select(Attendee).where(Attendee.meeting_id == meeting.id)
    for attendee in (await session.scalars(query)).all():
        queue_letter(session, meeting, attendee, method, now)


async def forget_replies(session: WriteSession, meeting: Meeting) -> None:
    """The meeting is at another time: everybody is asked again (RFC 5546, 3.2.2.1)."""
    for attendee in (await session.scalars(select(Attendee).where(Attendee.meeting_id == meeting.id))).all():
        attendee.reply, attendee.replied_at, attendee.reply_reason = "needs_action", None, ""
        attendee.deputy_name, attendee.deputy_post = "", ""
