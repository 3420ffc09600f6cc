"""Of a meeting's plan, what the room starts from: the sites that are called at the roll, the agenda in order."""

from __future__ import annotations

from sqlalchemy import select

from scheduler.database import ReadSession, WriteSession
from scheduler.meetings.agenda import AgendaItem
from scheduler.meetings.attendee import Attendee
from scheduler.organization.site import Site


async def expected_site_ids(session: ReadSession | WriteSession, meeting_id: str) -> tuple[str, ...]:
    """The invited sites that are called at the roll, in protocol order: all but the chair's own."""
    query = select(Site.id).join(Attendee, Attendee.site_id == Site.id)
    query = query.where(Attendee.meeting_id == meeting_id, Attendee.role != "chair")
    return tuple((await session.scalars(query.order_by(Site.protocol_order, Site.name, Site.id))).all())


async def agenda_item_ids(session: ReadSession | WriteSession, meeting_id: str) -> tuple[str, ...]:
    """The agenda in order."""
    query = select(AgendaItem.id).where(AgendaItem.meeting_id == meeting_id).order_by(AgendaItem.position)
    return tuple((await session.scalars(query)).all())
