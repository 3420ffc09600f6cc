"""The site board of one meeting and all rooms below: rows, a message to a site, its picture, putting it on air."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from scheduler.database import ReadSession
from scheduler.linked.rows import below
from scheduler.meetings.access import find_meeting, require
from scheduler.meetings.meeting import Meeting
from scheduler.permissions import may_see_tree
from scheduler.proceedings.errors import Refused
from web.api.call import Body, Json, SessionCall, Somebody
from web.live.reaching import Reaching
from web.live.whole_board import far_children, whole_board

router = APIRouter(tags=["board"])


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
    await (await _reaching(call, meeting_id)).message(meeting_id, site_id, body.text)
    return {"delivered": True}


@router.get("/meetings/{meeting_id}/board/{site_id}/picture.jpg")
async def picture(meeting_id: str, site_id: str, call: Somebody) -> Response:
    """What the site's camera sees now: a still of 320 pixels, asked for at this moment."""
    jpeg = await (await _reaching(call, meeting_id)).picture(meeting_id, site_id)
    headers = {"cache-control": "no-store", "content-disposition": "inline; filename=picture.jpg"}
    return Response(jpeg, media_type="image/jpeg", headers=headers)


@router.post("/meetings/{meeting_id}/board/{site_id}/air")
async def air(meeting_id: str, site_id: str, call: Somebody) -> Json:
    """Give the site the floor, as the chair's button does; one of a room below is called there first."""
    reaching = await _reaching(call, meeting_id)
    room = call.services.hub.rooms.get(meeting_id)
    connections = room.connections.values() if room is not None else ()
    leads = next((c for c in connections if c.actor.person_id == call.identity.person_id), None)
    if room is None or leads is None or leads.participant.role not in ("chair", "secretary"):
        raise Refused("leads_not_here", ("chair", "secretary"))
    named = {"site_id": site_id}
    if site_id not in room.plan.site_ids:
        named["request_id"] = await reaching.call(meeting_id, site_id)
    return {"seq": await room.command(leads, "grant_floor", named)}


async def _reaching(call: SessionCall, meeting_id: str) -> Reaching:
    """For those who may see the tree; who of them may give the floor is the room's to say."""
    async with call.database.reading() as session:
        await _rooms(session, call, meeting_id)
    if call.services.hub is None:
        raise Refused("not_present")
    reaching: Reaching = call.services.hub.reaching
    return reaching


async def _rooms(session: ReadSession, call: SessionCall, meeting_id: str) -> list[Meeting]:
    """The meeting and all rooms below, for those who may see the tree."""
    actor = await call.actor(session)
    meeting, access = await find_meeting(session, actor, meeting_id)
    require(may_see_tree(actor, access), "see_board", "secretary", "technician")
    return [meeting, *(room for room in await below(session, meeting_id) if room.stage != "cancelled")]
