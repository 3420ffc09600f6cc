"""Sees that a room that is cut off has somebody who presides: its chair when he is here, else his deputy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scheduler.proceedings import facts as f
from scheduler.proceedings.presiding import who_presides

if TYPE_CHECKING:
    from web.live.room import Room


def changes_of(room: Room) -> list[f.Body]:
    """What is to be said now of who presides; mostly nothing."""
    if not room.state.links and room.state.far_chair is None:
        return []
    here = {c.participant.person_id: c.participant.site_id for c in room.connections.values() if c.is_open}
    return who_presides(room.state, room.plan, {one: site for one, site in here.items() if one is not None})


async def preside(room: Room) -> None:
    """Say it; the room's lock is held by the caller."""
    bodies = changes_of(room)
    if bodies:
        await room.append(bodies, f.By())


async def see_who_presides(room: Room) -> None:
    async with room.lock:
        await preside(room)
