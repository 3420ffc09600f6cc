"""The room's door: may one enter, as what, and if not, why not. The room itself is a socket (web/signalling)."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from scheduler.meetings.access import find_meeting
from scheduler.meetings.meeting import LIVE_STAGES, Meeting
from scheduler.meetings.queries import cards_of
from scheduler.permissions import Actor, MeetingAccess, may_open_room, room_role, room_site
from web.api.call import Call, Json, Somebody
from web.api.messages import text
from web.api.shapes import shape_card

router = APIRouter(tags=["room"])


@router.get("/rooms/{meeting_id}")
async def door(meeting_id: str, call: Somebody) -> Json:
    async with call.database.reading() as session:
        actor = await call.actor(session)
        meeting, access = await find_meeting(session, actor, meeting_id)
        cards = await cards_of(session, actor, [meeting_id], call.now)
    role = room_role(actor, access)
    code = refusal_of(call, actor, meeting, access)
    return {
        "meeting": shape_card(cards[meeting_id]),
        "may_enter": code is None,
        "may_open": may_open_room(actor, access),
        "role": role,
        "site_id": room_site(actor, access),
        "refusal": _refusal(code, call.language, meeting) if code else None,
    }


def refusal_of(call: Call, actor: Actor, meeting: Meeting, access: MeetingAccess) -> str | None:
    """Why this actor may not enter now; None when he may."""
    if not call.services.settings.rooms_allowed:
        return "tls_needed"
    if room_role(actor, access) is None:
        return "not_invited"
    if meeting.stage in LIVE_STAGES or may_open_room(actor, access):
        return None
    return {
        "draft": "too_early",
        "sent": "too_early",
        "postponed": "room_postponed",
        "cancelled": "room_cancelled",
    }.get(meeting.stage, "room_over")


def _refusal(code: str, language: str, meeting: Meeting) -> dict[str, Any]:
    return {"code": code, "message": text(code, language, {"contact_phone": meeting.contact_phone})}
