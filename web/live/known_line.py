"""What is known of the line of somebody who joins, for his media to begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scheduler.linked.known_line import down_kbps_of
from web.live.connection import Connection

if TYPE_CHECKING:
    from web.live.room import Room


async def start_bps(room: Room, connection: Connection) -> int | None:
    """Towards this site, in bits per second; None: nobody has said, or he is nowhere in particular."""
    site_id = connection.participant.site_id
    if site_id is None:
        return None
    async with room.has.database.reading() as session:
        kbps = await down_kbps_of(session, room.meeting_id, site_id, room.has.clock())
    return kbps * 1000 if kbps is not None else None
