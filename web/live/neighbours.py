"""Which room of ours another one may speak to: who asks is proven, whether his room stands there is looked up.

``node`` empty: the other room is of this installation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from scheduler.database import Database
from web.link.errors import RequestRefused
from web.live.planned import Above
from web.live.view import is_remote_child

if TYPE_CHECKING:
    from web.live.room import Room


async def upper_room(rooms: Mapping[str, Room], database: Database, node: str, meeting: str, child: str) -> Room:
    """Our room ``meeting``, for the room ``child`` below it; refused when it may not, or is not open."""
    if node:
        async with database.reading() as session:
            if not await is_remote_child(session, node, meeting, child):
                raise RequestRefused("not_allowed", "no room of yours stands below this meeting")
    elif child not in rooms or rooms[child].planned.above != Above(meeting):
        raise RequestRefused("not_allowed", "not below this meeting")
    room = rooms.get(meeting)
    if room is None or not room.is_live:
        raise RequestRefused("not_open", "the room above is not open")
    return room


def lower_room(rooms: Mapping[str, Room], node: str, meeting: str, child: str) -> Room:
    """Our room ``child``, for the room ``meeting`` above it."""
    room = rooms.get(child)
    if room is None or not room.is_live or room.planned.above != Above(meeting, node or None):
        raise RequestRefused("not_open", "no such room below, or it is not open")
    return room
