"""How the sites of a room do right now, for the site board: from the room's state and its connections."""

from __future__ import annotations

from scheduler.linked.board import Live
from web.live.connection import Connection
from web.live.room import Room


def live_of(room: Room) -> dict[str, Live]:
    """By site id; sites that never came are left out."""
    lines = {c.participant.site_id: c for c in room.connections.values() if c.publishes and c.participant.site_id}
    floor = room.state.floor.site_id if room.state.floor else None
    asking = {request.site_id for request in room.state.queue}
    found: dict[str, Live] = {}
    for site_id, site in room.state.sites.items():
        connection = lines.get(site_id)
        line = connection.line if connection is not None and connection.is_open else None
        found[site_id] = Live(
            joined=room.is_live and (line is not None or site.connection_id is not None),
            audio=bool(line and line.audio),
            video=bool(line and line.video),
            presentation=bool(line and line.presentation),
            loss=line.loss if line else 0.0,
            rtt_ms=line.rtt_ms if line else 0,
            step=line.step if line else "full",
            head_count=site.head_count,
            attendance=site.attendance,
            on_air=site_id == floor,
            asks=site_id in asking,
            clock_s=line.clock_s if line else 0,
        )
    return found


def machine_of(room: Room, site_id: str) -> Connection | None:
    """The site's one machine in the room, when its socket is open."""
    here = (c for c in room.connections.values() if c.publishes and c.participant.site_id == site_id and c.is_open)
    return next(here, None)
