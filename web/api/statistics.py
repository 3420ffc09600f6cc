"""How the lines of a room do, for those who help: one row per peer, as JSON and as a page.

No names and no titles but those of sites: an installation's administrator sees it without seeing the meeting.
"""

from __future__ import annotations

from dataclasses import asdict

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from scheduler.database import ReadSession
from scheduler.meetings.access import find_meeting, require
from scheduler.organization.site import Site
from scheduler.permissions import is_administrator, may_see_line_statistics
from web.api.call import Json, SessionCall, Somebody
from web.api.statistics_page import REFRESH_S, Buttons, Capture, statistics_page
from web.live.room import Room
from web.media.errors import MediaRefused
from web.media.messages import MediaStats

router = APIRouter(tags=["statistics"])


@router.get("/rooms/{meeting_id}/stats")
async def statistics(meeting_id: str, call: Somebody) -> Json:
    return await _read(meeting_id, call)


@router.get("/rooms/{meeting_id}/stats.html")
async def page(meeting_id: str, call: Somebody, renew: str | None = None) -> HTMLResponse:
    """The same for people; with ``?renew`` it renews itself."""
    found = await _read(meeting_id, call)
    async with call.database.reading() as session:
        may_capture = is_administrator(await call.actor(session))
    buttons = _buttons(meeting_id, call) if may_capture else None
    renews = renew is not None
    headers = {"refresh": str(REFRESH_S)} if renews else {}
    return HTMLResponse(statistics_page(found, call.language, buttons, renews=renews), headers=headers)


def _buttons(meeting_id: str, call: SessionCall) -> Buttons:
    files = call.services.hub.support.files(meeting_id)
    captures = tuple(Capture(one.id, f"{one.begun_at:%H:%M:%S}", one.bytes) for one in files)
    return Buttons(call.identity.csrf, captures, f"/api/rooms/{meeting_id}/captures")


async def _read(meeting_id: str, call: SessionCall) -> Json:
    async with call.database.reading() as session:
        actor = await call.actor(session)
        if not is_administrator(actor):
            _, access = await find_meeting(session, actor, meeting_id)
            require(may_see_line_statistics(actor, access), "see_statistics", "secretary", "technician")
        room: Room | None = call.services.hub.rooms.get(meeting_id)
        stats = await _ask(room) if room is not None else None
        if room is None or stats is None:
            return {"worker_name": None, "worker": {}, "peers": []}
        peers = await _peers(session, room, stats)
    worker = room.media.worker
    return {"worker_name": worker.name if worker else None, "worker": stats.worker, "peers": peers}


async def _ask(room: Room) -> MediaStats | None:
    worker = room.media.worker
    try:
        if worker is None:
            return None
        stats = await worker.stats(room.meeting_id)
        for more in room.media.spread.workers:
            stats.peers.update((await more.stats(room.meeting_id)).peers)
        return stats
    except MediaRefused:
        return None  # the room is not open there yet


async def _peers(session: ReadSession, room: Room, stats: MediaStats) -> list[Json]:
    found = []
    for peer_id, line in stats.peers.items():
        connection = room.connections.get(peer_id)
        site_id = connection.participant.site_id if connection else None
        site = await session.get(Site, site_id) if site_id else None
        found.append(
            {
                "peer": peer_id.partition(".")[0],
                "site_id": site_id,
                "site": f"{site.unit.title}, {site.name}" if site else None,
                "role": connection.participant.role if connection else None,
                "frozen_ms": connection.line.frozen_ms if connection else 0,
                **asdict(line),
            }
        )
    return found
