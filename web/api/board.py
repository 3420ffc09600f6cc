"""The site board of one meeting and all rooms below: rows, a message to a site, its picture, putting it on air."""

from __future__ import annotations

import asyncio
import base64
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy import select
from starlette.responses import Response

from scheduler.database import ReadSession, new_id
from scheduler.linked.rows import below
from scheduler.meetings.access import find_meeting, require
from scheduler.meetings.attendee import Attendee
from scheduler.meetings.meeting import Meeting
from scheduler.permissions import may_see_tree
from scheduler.proceedings.errors import Refused
from web.api.call import Body, Json, SessionCall, Somebody
from web.errors import NotFound, WrongStage
from web.live.board import machine_of
from web.live.connection import Connection
from web.live.room import Room
from web.live.whole_board import far_children, whole_board

router = APIRouter(tags=["board"])

PICTURE_S = 8.0  # a page is asked, and sends what its camera sees next


class MessageIn(Body):
    text: Annotated[str, Field(min_length=1, max_length=500)]


@router.get("/meetings/{meeting_id}/board")
async def read(meeting_id: str, call: Somebody) -> Json:
    async with call.database.reading() as session:
        rooms = await _rooms(session, call, meeting_id)
        children = await far_children(call.services, session, rooms)
    if children:
        await call.services.boards.refresh(children)
    async with call.database.reading() as session:
        told, rows = await whole_board(call.services, session, rooms, children)
    root = rooms[0]
    return {
        "now": call.now,
        "title": root.title,
        "starts_at": root.starts_at,
        "stage": root.stage,
        "rooms": told,
        "rows": rows,
    }


@router.post("/meetings/{meeting_id}/board/{site_id}/message")
async def message(meeting_id: str, site_id: str, body: MessageIn, call: Somebody) -> Json:
    """Shown on the site's page, and kept nowhere: help with the technique, no part of the meeting."""
    _, machine = await _machine(call, meeting_id, site_id)
    machine.outgoing.send({"type": "notice", "id": new_id(), "text": body.text, "at": call.now.isoformat()})
    return {"delivered": True}


@router.get("/meetings/{meeting_id}/board/{site_id}/picture.jpg")
async def picture(meeting_id: str, site_id: str, call: Somebody) -> Response:
    """What the site's camera sees now: a still of 320 pixels, asked for at this moment."""
    room, machine = await _machine(call, meeting_id, site_id)
    try:
        async with asyncio.timeout(PICTURE_S):
            jpeg = await room.media.stills.look(machine)
    except TimeoutError:
        raise WrongStage("no_picture") from None
    headers = {"cache-control": "no-store", "content-disposition": "inline; filename=picture.jpg"}
    return Response(base64.b64decode(jpeg), media_type="image/jpeg", headers=headers)


@router.post("/meetings/{meeting_id}/board/{site_id}/air")
async def air(meeting_id: str, site_id: str, call: Somebody) -> Json:
    """Give the site the floor, as the chair's button does; the rules of the room decide."""
    room, _ = await _machine(call, meeting_id, site_id)
    if room.meeting_id != meeting_id:
        raise Refused("unknown_site", detail="of a room below")
    leads = next((c for c in room.connections.values() if c.actor.person_id == call.identity.person_id), None)
    if leads is None:
        raise Refused("not_allowed", ("chair", "secretary"))
    return {"seq": await room.command(leads, "grant_floor", {"site_id": site_id})}


def _open(call: SessionCall) -> dict[str, Room]:
    hub = call.services.hub
    return hub.rooms if hub is not None else {}


async def _rooms(session: ReadSession, call: SessionCall, meeting_id: str) -> list[Meeting]:
    """The meeting and all rooms below, for those who may see the tree."""
    actor = await call.actor(session)
    meeting, access = await find_meeting(session, actor, meeting_id)
    require(may_see_tree(actor, access), "see_board", "secretary", "technician")
    return [meeting, *(room for room in await below(session, meeting_id) if room.stage != "cancelled")]


async def _machine(call: SessionCall, meeting_id: str, site_id: str) -> tuple[Room, Connection]:
    """The room a site of this tree sits in, and its machine there; refused while it is not in."""
    async with call.database.reading() as session:
        rooms = await _rooms(session, call, meeting_id)
        query = select(Attendee.meeting_id).where(Attendee.meeting_id.in_([room.id for room in rooms]))
        room_id = await session.scalar(query.where(Attendee.site_id == site_id))
    if room_id is None:
        raise NotFound
    room = _open(call).get(room_id)
    machine = machine_of(room, site_id) if room is not None else None
    if room is None or machine is None:
        raise Refused("not_present", detail=site_id)
    return room, machine
