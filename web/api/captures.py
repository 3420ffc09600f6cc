"""Packet captures for support: begun, stopped and fetched by an administrator, from the page of a room's lines too."""

from __future__ import annotations

import hmac
from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Request, Response
from pydantic import Field
from starlette.responses import FileResponse, RedirectResponse

from scheduler.meetings.access import require
from scheduler.permissions import Actor, is_administrator
from web.api.call import Body, Call, Json, SessionCall, Somebody, anybody
from web.authentication import identify
from web.errors import BadCsrfToken, BadInput, NotFound, NotLoggedIn
from web.live.room import Room
from web.live.support import CaptureFile, Support

router = APIRouter(tags=["captures"])

SECONDS, MOST_SECONDS = 60, 600


class CaptureIn(Body):
    """``whole``: also what is encrypted in packets of media; else headers only."""

    peer: Annotated[str, Field(max_length=64)]
    seconds: Annotated[int, Field(ge=1, le=MOST_SECONDS)] = SECONDS
    whole: bool = False


@router.get("/rooms/{meeting_id}/captures")
async def list_captures(meeting_id: str, call: Somebody) -> Json:
    await _administrator(call)
    return {"items": [_shape(meeting_id, one) for one in _support(call).files(meeting_id)]}


@router.post("/rooms/{meeting_id}/captures", status_code=201)
async def start(meeting_id: str, body: CaptureIn, call: Somebody) -> Json:
    return {"id": await _start(meeting_id, body, call)}


@router.delete("/rooms/{meeting_id}/captures/{capture_id}", status_code=204)
async def stop(meeting_id: str, capture_id: str, call: Somebody) -> Response:
    await _administrator(call)
    await _support(call).stop(meeting_id, capture_id)
    return Response(status_code=204)


@router.get("/rooms/{meeting_id}/captures/{capture_id}.pcap")
async def fetch(meeting_id: str, capture_id: str, call: Somebody) -> FileResponse:
    await _administrator(call)
    path = _support(call).path(meeting_id, capture_id)
    return FileResponse(path, media_type="application/vnd.tcpdump.pcap", filename=f"{capture_id}.pcap")


@router.post("/rooms/{meeting_id}/stats.html", response_class=RedirectResponse, status_code=303)
async def press(meeting_id: str, request: Request) -> RedirectResponse:
    """The buttons of the page: a form without script, so that the CSRF token comes in its body."""
    found = await anybody(request)
    identity = await identify(request)
    if identity is None:
        raise NotLoggedIn
    form = parse_qs((await request.body()).decode("utf-8", "replace"), max_num_fields=8)
    given = {name: values[0] for name, values in form.items()}
    if not hmac.compare_digest(given.get("csrf", "").encode(), identity.csrf.encode()):
        raise BadCsrfToken
    call = SessionCall(found.request, found.services, found.now, found.language, identity)
    if "stop" in given:
        await _administrator(call)
        await _support(call).stop(meeting_id, given["stop"][:64])
    else:
        peer = given.get("peer", "")[:64]
        await _start(meeting_id, CaptureIn(peer=peer, whole="whole" in given), call)
    return RedirectResponse(f"/api/rooms/{meeting_id}/stats.html", status_code=303)


async def _start(meeting_id: str, body: CaptureIn, call: SessionCall) -> str:
    actor = await _administrator(call)
    room: Room | None = call.services.hub.rooms.get(meeting_id)
    if room is None:
        raise NotFound
    if not body.peer:
        raise BadInput(detail={"peer": "missing"})
    async with call.database.transaction() as session:
        return await _support(call).start(
            session, actor, room, body.peer, body.seconds, whole=body.whole, address=call.address
        )


async def _administrator(call: SessionCall) -> Actor:
    async with call.database.reading() as session:
        actor = await call.actor(session)
    require(is_administrator(actor), "capture_packets", "administrator")
    return actor


def _support(call: Call) -> Support:
    support: Support = call.services.hub.support
    return support


def _shape(meeting_id: str, one: CaptureFile) -> dict[str, Any]:
    return {
        "id": one.id,
        "peer": one.peer,
        "begun_at": one.begun_at,
        "bytes": one.bytes,
        "url": f"/api/rooms/{meeting_id}/captures/{one.id}.pcap",
    }
