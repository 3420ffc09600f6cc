"""How the lines of a room do, for those who help: one row per peer, as JSON and as a page that renews itself.

No names and no titles but those of sites: an installation's administrator sees it without seeing the meeting.
"""

from __future__ import annotations

from dataclasses import asdict
from html import escape
from typing import Any

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from scheduler.database import ReadSession
from scheduler.meetings.access import find_meeting, require
from scheduler.organization.site import Site
from scheduler.permissions import is_administrator, may_see_line_statistics
from web.api.call import Json, SessionCall, Somebody
from web.live.room import Room
from web.media.errors import MediaRefused
from web.media.messages import MediaStats

router = APIRouter(tags=["statistics"])

COLUMNS = ("site", "role", "step", "estimate", "queue_ms", "rtt_ms", "loss_in", "loss_out", "bitrate_in", "bitrate_out",
           "frozen_ms", "layers")  # fmt: skip
REFRESH_S = 2


@router.get("/rooms/{meeting_id}/stats")
async def statistics(meeting_id: str, call: Somebody) -> Json:
    return await _read(meeting_id, call)


@router.get("/rooms/{meeting_id}/stats.html")
async def page(meeting_id: str, call: Somebody) -> HTMLResponse:
    """A bare table, so that it opens on any machine; no script."""
    found = await _read(meeting_id, call)
    async with call.database.reading() as session:
        may_capture = is_administrator(await call.actor(session))
    rows = "".join(_row(peer, call if may_capture else None) for peer in found["peers"])
    counters = "".join(f"<tr><td>{escape(name)}<td>{_cell(value)}" for name, value in sorted(found["worker"].items()))
    head = "".join(f"<th>{name}" for name in COLUMNS)
    return HTMLResponse(
        f'<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="{REFRESH_S}"><title>stats</title>'
        f'<table border="1"><tr>{head}{rows}</table><h2>{escape(found["worker_name"] or "–")}</h2>'
        f'<table border="1">{counters}</table>{_captures(meeting_id, call) if may_capture else ""}'
    )


def _row(peer: Json, call: SessionCall | None) -> str:
    """``call`` None: without a button."""
    button = _button(call, "peer", peer["peer"], "pcap", whole=True) if call is not None else ""
    return f"<tr>{''.join(f'<td>{_cell(peer[name])}' for name in COLUMNS)}{button}"


def _captures(meeting_id: str, call: SessionCall) -> str:
    """Captures that run, with a button to stop them, and those to fetch."""
    rows = ""
    for one in call.services.hub.support.files(meeting_id):
        link = f'<a href="/api/rooms/{escape(meeting_id)}/captures/{one.id}.pcap">{one.id}.pcap</a>'
        rows += f"<tr><td>{link}<td>{one.begun_at:%H:%M:%S}Z<td>{one.bytes}{_button(call, 'stop', one.id, 'stop')}"
    return f'<h2>pcap</h2><table border="1">{rows}</table>'


def _button(call: SessionCall, name: str, value: str, label: str, *, whole: bool = False) -> str:
    """A form to this page: it has no script."""
    hidden = f'<input type="hidden" name="csrf" value="{call.identity.csrf}">'
    choice = '<label><input type="checkbox" name="whole"> whole</label>' if whole else ""
    field = f'<button name="{name}" value="{escape(value)}">{label}</button>'
    return f'<td><form method="post">{hidden}{choice}{field}</form>'


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return escape(", ".join(f"{name} {bits // 1000} kbps" for name, bits in value.items()))
    return "–" if value is None else escape(str(value))


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
