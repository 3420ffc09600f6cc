"""Reminds the sites of a meeting an hour before it begins, once; those that begged off or were told just now are not.

A reminder's outbox row has an id made of meeting, site and start: looking again writes nothing, and a meeting moved to
another time is another reminder. Whether it is still true is asked again when the letter leaves.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from email.message import Message
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import ColumnElement, select

from scheduler.database import Database, ReadSession, WriteSession
from scheduler.errors import NotFound
from scheduler.meetings.attendee import Attendee
from scheduler.meetings.invitation import Post, draw_letter
from scheduler.meetings.letter import LetterKind, compose
from scheduler.meetings.meeting import Meeting
from scheduler.organization.site import Site
from scheduler.outbox import OutboxRow
from scheduler.secrecy import SECRET_MARKINGS

REMIND = "remind"
"""Outbox kind; payload ``{"meeting_id", "site_id", "starts_at"}``; done by :func:`deliver_reminder`."""
BEFORE = timedelta(hours=1)
STAGES = ("sent", "testing")


async def enqueue_reminders(session: WriteSession, now: datetime) -> int:
    """Write down the reminders that are due; how many there were."""
    soon = select(Attendee, Meeting.starts_at).join(Meeting, Meeting.id == Attendee.meeting_id)
    soon = soon.where(Meeting.starts_at > now, Meeting.starts_at <= now + BEFORE, *_reminded())
    due = [
        (attendee, starts_at)
        for attendee, starts_at in await session.execute(soon)
        if attendee.delivered_at is not None and attendee.delivered_at <= starts_at - BEFORE
    ]
    ids = {row_id(attendee, starts_at): (attendee, starts_at) for attendee, starts_at in due}
    there = set(await session.scalars(select(OutboxRow.id).where(OutboxRow.id.in_(ids))))
    for id, (attendee, starts_at) in ids.items():
        if id not in there:
            session.add(OutboxRow(id=id, kind=REMIND, payload_json=_payload(attendee, starts_at), at=now))
    return len(ids.keys() - there)


def _reminded() -> tuple[ColumnElement[bool], ...]:
    """Those that are expected at a meeting that is going to be."""
    is_open = Meeting.security_marking.not_in(SECRET_MARKINGS)
    return Meeting.stage.in_(STAGES), Attendee.reply != "declined", is_open


def row_id(attendee: Attendee, starts_at: datetime) -> str:
    return str(uuid5(NAMESPACE_URL, f"{REMIND} {attendee.meeting_id} {attendee.site_id} {starts_at.isoformat()}"))


def _payload(attendee: Attendee, starts_at: datetime) -> str:
    told = {"meeting_id": attendee.meeting_id, "site_id": attendee.site_id, "starts_at": starts_at.isoformat()}
    return json.dumps(told)


async def deliver_reminder(database: Database, post: Post, outbox_row_id: str, now: datetime) -> None:
    """Carry out one ``remind`` row; one that is no longer true, or comes too late, is done without a letter."""
    async with database.reading() as session:
        row = await session.get(OutboxRow, outbox_row_id)
        if row is None:
            raise NotFound("outbox_row", outbox_row_id)
        message = await _letter(session, post, row, now)
    if message is not None:
        await post.transport.deliver(message, outbox_row_id)


async def _letter(session: ReadSession, post: Post, row: OutboxRow, now: datetime) -> Message | None:
    told = json.loads(row.payload_json)
    found = select(Attendee, Meeting).join(Meeting, Meeting.id == Attendee.meeting_id)
    found = found.where(Attendee.meeting_id == told["meeting_id"], Attendee.site_id == told["site_id"], *_reminded())
    pair = (await session.execute(found)).first()
    if pair is None:
        return None
    attendee, meeting = pair
    site = await session.get_one(Site, attendee.site_id)
    if meeting.starts_at != datetime.fromisoformat(told["starts_at"]) or meeting.starts_at <= now or not site.email:
        return None
    kind: LetterKind = "unanswered" if attendee.reply == "needs_action" else "reminder"
    return compose(await draw_letter(session, post, kind, meeting, site, row.at), None, "", row.id)
