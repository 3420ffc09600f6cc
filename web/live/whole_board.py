"""The site board of a meeting and all rooms below: those here, and those others hold, as told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from scheduler.database import ReadSession
from scheduler.linked.board import BoardRow, read_board
from scheduler.linked.remote_child import RemoteChild
from scheduler.linked.rows import below, remote_children
from scheduler.meetings.meeting import Meeting
from scheduler.organization.unit import Unit
from web.live.board import live_of

if TYPE_CHECKING:
    from web.services import Services

Json = dict[str, Any]


async def far_children(services: Services, session: ReadSession, rooms: list[Meeting]) -> list[RemoteChild]:
    """Rooms below these that other installations hold."""
    if services.boards is None:
        return []
    return [child for child in await remote_children(session, [room.id for room in rooms]) if child.state == "accepted"]


async def whole_board(
    services: Services, session: ReadSession, rooms: list[Meeting], children: list[RemoteChild]
) -> tuple[list[Json], list[Json]]:
    """Rooms and rows; the first of ``rooms`` is the highest, ``children`` the far ones. A site stands on it once."""
    open_rooms = services.hub.rooms if services.hub is not None else {}
    live = {room.id: live_of(open_rooms[room.id]) for room in rooms if room.id in open_rooms}
    rows = [shape_row(row) for row in await read_board(session, rooms, live, services.now())]
    titles = await _titles(session, rooms)
    told: list[Json] = [
        {"id": room.id, "parent_id": room.parent_id, "stage": room.stage, "unit_title": titles[room.host_unit_id]}
        for room in rooms
    ]
    if children:
        far_rooms, far_rows = services.boards.far(children)
        known, here = {room["id"] for room in told}, {row["site_id"] for row in rows}
        told += [room for room in far_rooms if room["id"] not in known]
        rows += {row["site_id"]: row for row in far_rows if row["site_id"] not in here}.values()
    return told, rows


async def board_below(services: Services, meeting_id: str, wait_s: float) -> tuple[list[Json], list[Json]]:
    """The same for the installation above: a room held for it, and all below, asked for anew."""
    async with services.database.reading() as session:
        children = await far_children(services, session, await _rooms(session, meeting_id))
    if children:
        await services.boards.refresh(children, wait_s, 0.0)
    async with services.database.reading() as session:
        return await whole_board(services, session, await _rooms(session, meeting_id), children)


async def _rooms(session: ReadSession, meeting_id: str) -> list[Meeting]:
    room = await session.get_one(Meeting, meeting_id)
    return [room, *(one for one in await below(session, meeting_id) if one.stage != "cancelled")]


async def _titles(session: ReadSession, rooms: list[Meeting]) -> dict[str, str]:
    units = await session.scalars(select(Unit).where(Unit.id.in_({room.host_unit_id for room in rooms})))
    return {unit.id: unit.title or unit.name for unit in units}


def shape_row(row: BoardRow) -> dict[str, Any]:
    live, check = row.live, row.check
    return {
        "site_id": row.site_id,
        "room_id": row.room_id,
        "unit_title": row.unit_title,
        "site_name": row.site_name,
        "level": row.level,
        "role": row.role,
        "phone": row.phone,
        "reply": row.reply,
        "reply_reason": row.reply_reason,
        "delivery": row.delivery,
        "tested_at": row.tested_at,
        "state": row.state,
        "problems": list(row.problems),
        "audio": live.audio,
        "video": live.video,
        "loss": live.loss,
        "rtt_ms": live.rtt_ms,
        "step": live.step,
        "head_count": live.head_count if live.head_count is not None else (check.head_count if check else None),
        "on_air": live.on_air,
        "asks": live.asks,
        "clock_s": live.clock_s,
        "check": _check(row) if check else None,
    }


def _check(row: BoardRow) -> dict[str, Any]:
    names = ("at", "microphone", "camera", "down_kbps", "up_kbps", "rtt_ms", "loss", "clock_ms")
    return {**{name: getattr(row.check, name) for name in names}, "is_ready": bool(row.check and row.check.is_ready)}
