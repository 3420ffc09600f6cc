"""Where a site sits in the tree below a meeting: the rooms on the way there, as far as they are in this database."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from scheduler.database import ReadSession
from scheduler.linked.asking import told_of
from scheduler.linked.remote_child import RemoteChild
from scheduler.linked.rows import below, remote_children
from scheduler.meetings.attendee import Attendee
from scheduler.meetings.meeting import Meeting


@dataclass(frozen=True, slots=True)
class Seat:
    """``rooms``: ids from the meeting down to the room here; ``child``: below the last, where another one holds it."""

    rooms: tuple[str, ...]
    child: RemoteChild | None = None


async def find_seat(session: ReadSession, meeting_id: str, site_id: str) -> Seat | None:
    """None: no such site in this tree, as far as we were told."""
    meeting = await session.get(Meeting, meeting_id)
    if meeting is None:
        return None
    rooms = [meeting, *(room for room in await below(session, meeting_id) if room.stage != "cancelled")]
    parents = {room.id: room.parent_id for room in rooms[1:]}
    query = select(Attendee.meeting_id).where(
        Attendee.site_id == site_id, Attendee.meeting_id.in_([r.id for r in rooms])
    )
    if (room_id := await session.scalar(query)) is not None:
        return Seat(_path(parents, room_id))
    for child in await remote_children(session, [room.id for room in rooms]):
        told = told_of(child) if child.state == "accepted" and child.meeting_id is not None else None
        if told is not None and any(site.id == site_id for site in told.sites):
            return Seat(_path(parents, child.parent_id), child)
    return None


def _path(parents: dict[str, str | None], room_id: str) -> tuple[str, ...]:
    path, above = [room_id], parents.get(room_id)
    while above is not None:
        path.append(above)
        above = parents.get(above)
    return tuple(reversed(path))
