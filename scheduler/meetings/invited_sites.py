"""The invited sites of a meeting: which there are, and making them these; who goes and who comes gets his letter."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from scheduler.database import ReadSession, WriteSession, new_id
from scheduler.meetings.attendee import Attendee
from scheduler.meetings.invite import invite
from scheduler.meetings.meeting import Meeting


async def current_sites(session: ReadSession | WriteSession, meeting: Meeting) -> tuple[str, ...]:
    """The invited sites, the chair's among them."""
    query = select(Attendee.site_id).where(Attendee.meeting_id == meeting.id)
    return tuple((await session.scalars(query)).all())


async def set_sites(session: WriteSession, meeting: Meeting, site_ids: tuple[str, ...], now: datetime) -> set[str]:
    """Make the invited sites these and the chair's; returns those added. Replies of the others are kept."""
    wanted = dict.fromkeys([meeting.chair_site_id, *site_ids])
    there = {a.site_id: a for a in await session.scalars(select(Attendee).where(Attendee.meeting_id == meeting.id))}
    for site_id in there.keys() - wanted.keys():
        await session.delete(there[site_id])
        if meeting.sent_at is not None:
            invite(session, meeting, site_id, "CANCEL", now)
    for site_id, attendee in there.items():
        attendee.role = "chair" if site_id == meeting.chair_site_id else _not_chair(attendee.role)
    added = [site_id for site_id in wanted if site_id not in there]
    for site_id in added:
        role = "chair" if site_id == meeting.chair_site_id else "required"
        session.add(Attendee(id=new_id(), meeting_id=meeting.id, site_id=site_id, role=role))
    await session.flush()
    return set(added)


def _not_chair(role: str) -> str:
    return "required" if role == "chair" else role
