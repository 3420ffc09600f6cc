"""Tickets for encoders and players that are not ours: given, listed and revoked by the chair and the secretary."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from pydantic import Field

from scheduler.meetings.media_ticket import MediaTicket, give_ticket, revoke_ticket, tickets_of
from web.api.call import Body, Call, Json, Somebody

router = APIRouter(tags=["tickets"])

DOORS = {"ingest": "whip", "playback": "whep"}


class TicketIn(Body):
    kind: Literal["ingest", "playback"]
    site_id: Annotated[str, Field(max_length=36)] | None = None
    label: Annotated[str, Field(max_length=200)] = ""


@router.get("/meetings/{meeting_id}/tickets")
async def list_tickets(meeting_id: str, call: Somebody) -> Json:
    async with call.database.reading() as session:
        tickets = await tickets_of(session, await call.actor(session), meeting_id)
    return {"items": [_shape(ticket, call) for ticket in tickets]}


@router.post("/meetings/{meeting_id}/tickets", status_code=201)
async def give(meeting_id: str, body: TicketIn, call: Somebody) -> Json:
    async with call.database.transaction() as session:
        actor = await call.actor(session)
        ticket, secret = await give_ticket(
            session,
            actor,
            meeting_id,
            body.kind,
            call.now,
            site_id=body.site_id,
            label=body.label,
            address=call.address,
        )
        return {**_shape(ticket, call), "token": secret}


@router.delete("/meetings/{meeting_id}/tickets/{ticket_id}", status_code=204)
async def revoke(meeting_id: str, ticket_id: str, call: Somebody) -> Response:
    async with call.database.transaction() as session:
        actor = await call.actor(session)
        await revoke_ticket(session, actor, meeting_id, ticket_id, call.now, call.address)
    await call.services.doors.revoke(ticket_id)
    return Response(status_code=204)


def _shape(ticket: MediaTicket, call: Call) -> dict[str, Any]:
    return {
        "id": ticket.id,
        "kind": ticket.kind,
        "site_id": ticket.site_id,
        "label": ticket.label,
        "url": f"{call.services.settings.url}/api/{DOORS[ticket.kind]}/{ticket.meeting_id}",
        "created_by": ticket.created_by,
        "created_at": ticket.created_at,
        "revoked_at": ticket.revoked_at,
        "in_use": call.services.doors.count(ticket.id),
    }
