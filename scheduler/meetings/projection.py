"""Stage of a meeting as the facts and the minutes move it: a projection, written in their transaction.

It does not touch ``Meeting.version``: an edit of the plan is not made stale by the room.
"""

from __future__ import annotations

from sqlalchemy import select, update

from scheduler.database import ReadSession, WriteSession
from scheduler.errors import NotFound, WrongStage
from scheduler.meetings.agenda import AgendaItem
from scheduler.meetings.attendee import Attendee
from scheduler.meetings.meeting import MOVES, Meeting, Stage
from scheduler.organization.site import Site


async def project_stage(session: WriteSession, meeting_id: str, stage: Stage) -> None:
    """Move the meeting to this stage; the same stage again is no move. WrongStage when the table forbids it."""
    current = await session.scalar(select(Meeting.stage).where(Meeting.id == meeting_id))
    if current is None:
        raise NotFound("meeting", meeting_id)
    if current == stage:
        return
    allowed = next((after for before, after in MOVES.items() if before == current), frozenset[Stage]())
    if stage not in allowed:
        raise WrongStage(current, stage)
    statement = update(Meeting).where(Meeting.id == meeting_id).values(stage=stage, version=Meeting.version)
    await session.execute(statement.execution_options(synchronize_session="fetch"))


async def expected_site_ids(session: ReadSession | WriteSession, meeting_id: str) -> tuple[str, ...]:
    """The invited sites that are called at the roll, in protocol order: all but the chair's own."""
    query = select(Site.id).join(Attendee, Attendee.site_id == Site.id)
    query = query.where(Attendee.meeting_id == meeting_id, Attendee.role != "chair")
    return tuple((await session.scalars(query.order_by(Site.protocol_order, Site.name, Site.id))).all())


async def agenda_item_ids(session: ReadSession | WriteSession, meeting_id: str) -> tuple[str, ...]:
    """The agenda in order."""
    query = select(AgendaItem.id).where(AgendaItem.meeting_id == meeting_id).order_by(AgendaItem.position)
    return tuple((await session.scalars(query)).all())
