"""Names of sites that a room shows but did not invite: those of rooms below it, and what it asks the one above
(``board.names``). Reading of both is bounded."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from scheduler.database import ReadSession
from scheduler.linked.asking import told_of
from scheduler.linked.messages import LONGEST_NAME, NotUnderstood, is_plain, read_id
from scheduler.linked.rows import below, remote_children
from scheduler.meetings.attendee import Attendee
from scheduler.meetings.meeting import Meeting
from scheduler.organization.site import Site

Json = dict[str, Any]
MOST_NAMES = 32
MOST_HOPS = 8


async def names_in_tree(session: ReadSession, meeting_id: str, site_ids: Iterable[str]) -> dict[str, str]:
    """Of those who sit in this meeting or in a room below it, as far as we were told."""
    wanted = set(site_ids)
    meeting = await session.get(Meeting, meeting_id)
    if meeting is None or not wanted:
        return {}
    rooms = [meeting.id, *(room.id for room in await below(session, meeting_id))]
    query = select(Site).join(Attendee, Attendee.site_id == Site.id)
    here = await session.scalars(query.where(Attendee.meeting_id.in_(rooms), Site.id.in_(wanted)))
    found = {site.id: site.unit.title for site in here}
    for child in await remote_children(session, rooms):
        told = told_of(child) if wanted - found.keys() else None
        for site in told.sites if told is not None else ():
            if site.id in wanted:
                found.setdefault(site.id, site.unit_title or site.name)
    return found


def read_asked(body: Json) -> tuple[str, str, tuple[str, ...], int]:
    """From below: the meeting here, the room there, whose names, and how many installations it came through."""
    sites, hops = body.get("sites"), body.get("hops", 0)
    if not isinstance(sites, list) or len(sites) > MOST_NAMES:
        raise NotUnderstood("sites")
    if not isinstance(hops, int) or isinstance(hops, bool) or not 0 <= hops < MOST_HOPS:
        raise NotUnderstood("hops")
    ids = tuple(read_id({"sites": one}, "sites") for one in sites)
    return read_id(body, "meeting"), read_id(body, "child"), ids, hops


def read_names(reply: Json, asked: Iterable[str]) -> tuple[dict[str, str], str | None]:
    """From above: names of those that were asked for and of nobody else, and whose site leads there."""
    names, chair = reply.get("names"), reply.get("chair")
    if not isinstance(names, dict) or len(names) > MOST_NAMES:
        raise NotUnderstood("names")
    found = {site_id: names[site_id] for site_id in asked if site_id in names}
    if any(not isinstance(name, str) or len(name) > LONGEST_NAME or not is_plain(name) for name in found.values()):
        raise NotUnderstood("names")
    return found, None if chair is None else read_id(reply, "chair")
