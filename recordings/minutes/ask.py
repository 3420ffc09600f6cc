"""Asks the sites of a meeting for comments on its draft: a letter to each when a round opens, once.

Whether it is still open, and the deadline, are asked again when the letter leaves.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from email.message import Message

from sqlalchemy import select

from recordings.minutes.access import is_open
from recordings.minutes.tables import CommentRound, Minutes
from scheduler.database import Database, ReadSession, WriteSession
from scheduler.errors import NotFound
from scheduler.meetings.attendee import Attendee
from scheduler.meetings.invitation import Post, draw_letter
from scheduler.meetings.letter import compose
from scheduler.meetings.meeting import Meeting
from scheduler.organization.site import Site
from scheduler.outbox import OutboxRow, enqueue
from scheduler.secrecy import is_secret

ASK_COMMENTS = "ask_comments"
"""Outbox kind; payload ``{"round_id", "site_id"}``; done by :func:`deliver_ask`."""


async def enqueue_asks(session: WriteSession, asked: CommentRound, meeting_id: str, now: datetime) -> None:
    """Write down a letter to every site of the meeting that has an address."""
    sites = select(Attendee.site_id).join(Site, Site.id == Attendee.site_id)
    sites = sites.where(Attendee.meeting_id == meeting_id, Site.email != "", Site.active).order_by(Attendee.site_id)
    for site_id in await session.scalars(sites):
        enqueue(session, ASK_COMMENTS, {"round_id": asked.id, "site_id": site_id}, now)


async def deliver_ask(database: Database, post: Post, outbox_row_id: str, now: datetime) -> None:
    """Carry out one ``ask_comments`` row; of a round that is over no letter goes out."""
    async with database.reading() as session:
        row = await session.get(OutboxRow, outbox_row_id)
        if row is None:
            raise NotFound("outbox_row", outbox_row_id)
        message = await _letter(session, post, row, now)
    if message is not None:
        await post.transport.deliver(message, outbox_row_id)


async def _letter(session: ReadSession, post: Post, row: OutboxRow, now: datetime) -> Message | None:
    told = json.loads(row.payload_json)
    asked, site = await session.get(CommentRound, told["round_id"]), await session.get(Site, told["site_id"])
    if asked is None or not is_open(asked, now) or site is None or not site.email:
        return None
    minutes = await session.get_one(Minutes, asked.minutes_id)
    meeting = await session.get_one(Meeting, minutes.meeting_id)
    if is_secret(meeting.security_marking):
        return None
    link = f"{post.links.public_url.rstrip('/')}/meetings/{meeting.id}/minutes"
    letter = await draw_letter(session, post, "comments", meeting, site, row.at, link)
    return compose(replace(letter, note=asked.note, until=asked.deadline), None, "", row.id)
