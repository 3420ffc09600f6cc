"""Walks the tree of meetings in this database: the rooms below a meeting, the way up to the root, rooms elsewhere."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from scheduler.database import ReadSession, WriteSession
from scheduler.linked.remote_child import RemoteChild
from scheduler.meetings.attendee import Attendee
from scheduler.meetings.meeting import Meeting
from scheduler.organization.unit import Unit


async def below(session: ReadSession | WriteSession, meeting_id: str) -> list[Meeting]:
    """Every room below this meeting, upper ones first, in protocol order of their units."""
    start = select(Meeting.id).where(Meeting.parent_id == meeting_id).cte("below", recursive=True)
    lower = aliased(Meeting)
    whole = start.union(select(lower.id).where(lower.parent_id == start.c.id))
    query = select(Meeting).join(Unit, Unit.id == Meeting.host_unit_id).where(Meeting.id.in_(select(whole.c.id)))
    found = (await session.scalars(query.order_by(Unit.protocol_order, Unit.search_name))).all()
    return _upper_first(meeting_id, found)


def _upper_first(root_id: str, found: Iterable[Meeting]) -> list[Meeting]:
    under: dict[str | None, list[Meeting]] = {}
    for meeting in found:
        under.setdefault(meeting.parent_id, []).append(meeting)
    ordered: list[Meeting] = []
    waiting = under.pop(root_id, [])
    while waiting:
        ordered += waiting
        waiting = [child for meeting in waiting for child in under.pop(meeting.id, [])]
    return ordered


async def path_up(session: ReadSession | WriteSession, meeting_id: str) -> tuple[str, ...]:
    """Ids from the highest meeting of the tree in this database down to this one; empty when there is none."""
    start = select(Meeting.id, Meeting.parent_id).where(Meeting.id == meeting_id).cte("up", recursive=True)
    above = aliased(Meeting)
    whole = start.union(select(above.id, above.parent_id).where(above.id == start.c.parent_id))
    parents = {row.id: row.parent_id for row in await session.execute(select(whole.c.id, whole.c.parent_id))}
    path: list[str] = []
    step: str | None = meeting_id
    while step is not None and step in parents:
        path.append(step)
        step = parents.pop(step)
    return tuple(reversed(path))


async def remote_children(session: ReadSession | WriteSession, parent_ids: Iterable[str]) -> list[RemoteChild]:
    """Rooms at other installations below these meetings."""
    query = select(RemoteChild).join(Unit, Unit.id == RemoteChild.unit_id)
    query = query.where(RemoteChild.parent_id.in_(list(parent_ids))).order_by(Unit.protocol_order, Unit.search_name)
    return list((await session.scalars(query)).all())


async def count_rooms(session: ReadSession | WriteSession, meeting_id: str) -> int:
    """Rooms directly below, here and elsewhere."""
    here = select(func.count(Meeting.id)).where(Meeting.parent_id == meeting_id, Meeting.stage != "cancelled")
    elsewhere = select(func.count(RemoteChild.id)).where(RemoteChild.parent_id == meeting_id)
    return (await session.scalar(here) or 0) + (await session.scalar(elsewhere) or 0)


async def seated_elsewhere(session: ReadSession | WriteSession, meeting: Meeting, site_ids: Iterable[str]) -> list[str]:
    """Which of these sites sit in another room of the same tree already: nobody is invited twice."""
    if meeting.parent_id is None and not await count_rooms(session, meeting.id):
        return []
    top = (await path_up(session, meeting.id))[0]
    rooms = {top, *(room.id for room in await below(session, top) if room.stage != "cancelled")} - {meeting.id}
    query = select(Attendee.site_id).where(Attendee.meeting_id.in_(rooms), Attendee.site_id.in_(list(site_ids)))
    return list((await session.scalars(query)).all())
