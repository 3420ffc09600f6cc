"""WHIP (RFC 9725) and WHEP: an encoder sends into a room as its site, a player gets the program; each by its ticket.

``POST`` an offer, ``PATCH`` the session it makes (trickle ICE, ICE restart), ``DELETE`` it. Only the ticket counts: no
cookie is looked at, so there is no origin to check.
"""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from scheduler.errors import TicketRefused
from scheduler.meetings.media_ticket import MediaTicket, TicketKind, open_ticket
from web.api.call import Call
from web.doors.fragment import read_credentials
from web.doors.problem import PREFLIGHT, DoorRoute
from web.doors.session import DoorSession
from web.errors import Refused, TlsNeeded, TooLarge, TooManyAttempts
from web.responses import language_of
from web.services import services_of
from web.turn import TurnServers

router = APIRouter(tags=["foreign clients"], route_class=DoorRoute)

SDP = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"
MOST_OFFER_BYTES = 64 * 1024
KINDS: dict[str, TicketKind] = {"whip": "ingest", "whep": "playback"}


class WrongContent(Refused):
    """Another media type than the door takes."""

    code = "wrong_content"


class Condition(Refused):
    """``condition_missing``: PATCH needs If-Match · ``condition_failed``: of another ICE generation."""


async def with_ticket(request: Request, meeting_id: str) -> tuple[Call, MediaTicket]:
    """The call and the ticket it is made by; guessing is slowed down by address."""
    services = services_of(request)
    call = Call(request, services, services.now(), language_of(request))
    if not services.settings.rooms_allowed:
        raise TlsNeeded  # a secret over an open line is everybody's
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise TicketRefused("missing")
    key, at = f"ticket {call.address}", call.now.timestamp()
    wait_s = services.link_failures.wait_s(key, at)
    if wait_s:
        raise TooManyAttempts(wait_s)
    try:
        async with call.database.reading() as session:
            kind = KINDS[request.url.path.split("/")[2]]
            return call, await open_ticket(session, secret.strip()[:200], kind, meeting_id, call.now)
    except TicketRefused as refused:
        if refused.state == "unknown":
            services.link_failures.failed(key, at)
        raise


Ticketed = Annotated[tuple[Call, MediaTicket], Depends(with_ticket)]


@router.options("/whip/{meeting_id}")
@router.options("/whep/{meeting_id}")
async def ask_door(meeting_id: str) -> Response:
    return Response(status_code=204, headers={"accept-post": SDP, **PREFLIGHT})


@router.options("/whip/{meeting_id}/{session_id}")
@router.options("/whep/{meeting_id}/{session_id}")
async def ask_session(meeting_id: str, session_id: str) -> Response:
    return Response(status_code=204, headers={"accept-patch": FRAGMENT, **PREFLIGHT})


@router.post("/whip/{meeting_id}")
@router.post("/whep/{meeting_id}")
async def come_in(meeting_id: str, made_by: Ticketed) -> Response:
    call, ticket = made_by
    settings = call.services.settings
    offer = await _body(call.request, SDP, MOST_OFFER_BYTES)
    doors = call.services.doors
    enter = doors.ingest if ticket.kind == "ingest" else doors.play
    session, answer = await enter(ticket, offer, call.language)
    headers = {
        "location": f"{call.request.url.path.rstrip('/')}/{session.id}",
        "etag": _etag(session),
        "accept-patch": FRAGMENT,
    }
    response = Response(answer, 201, headers, media_type=SDP)
    for link in TurnServers(settings.turn_urls, settings.turn_secret).links_for(session.id[:8], call.now):
        response.headers.append("link", link)
    return response


@router.patch("/whip/{meeting_id}/{session_id}")
@router.patch("/whep/{meeting_id}/{session_id}")
async def patch(meeting_id: str, session_id: str, made_by: Ticketed) -> Response:
    """Candidates are learned from the client's checks, so trickled ones are taken and forgotten."""
    call, ticket = made_by
    session = call.services.doors.find(ticket, session_id)
    text = await _body(call.request, FRAGMENT, MOST_OFFER_BYTES)
    condition = call.request.headers.get("if-match")
    if condition is None:
        raise Condition("condition_missing")
    if condition.strip() != "*" and _etag(session) not in re.findall(r'"[^"]*"', condition):
        raise Condition("condition_failed")
    fresh = read_credentials(text)
    if fresh is None or not call.services.doors.is_restart(session, fresh):
        return Response(status_code=204)
    if condition.strip() != "*":
        raise Condition("condition_failed")  # a restart is not conditional (RFC 9725 4.3.2)
    answer = await call.services.doors.restart(session, fresh)
    return Response(answer, 200, {"etag": _etag(session)}, media_type=FRAGMENT)


@router.delete("/whip/{meeting_id}/{session_id}")
@router.delete("/whep/{meeting_id}/{session_id}")
async def leave(meeting_id: str, session_id: str, made_by: Ticketed) -> Response:
    call, ticket = made_by
    await call.services.doors.end(call.services.doors.find(ticket, session_id))
    return Response(status_code=200)


def _etag(session: DoorSession) -> str:
    return f'"{session.etag}"'


async def _body(request: Request, media_type: str, most: int) -> str:
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given != media_type:
        raise WrongContent(detail={"reason": f"{media_type} is wanted here, not {given or 'nothing'}"})
    body = await request.body()
    if len(body) > most:
        raise TooLarge(megabytes=1)
    return body.decode("utf-8", "replace")
