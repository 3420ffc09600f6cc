"""Calendar files: one meeting, and the secret feed of a person or site."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from scheduler.errors import LinkRefused
from scheduler.meetings.calendar_feed import (
    calendar_address,
    calendar_feed,
    meeting_calendar,
    renew_calendar_address,
)
from web.api.call import Anybody, Json, Somebody
from web.errors import NotFound, TooManyAttempts

router = APIRouter(tags=["calendar"])

CALENDAR = "text/calendar; charset=utf-8"


@router.get("/meetings/{meeting_id}/calendar.ics")
async def of_meeting(meeting_id: str, call: Somebody) -> Response:
    async with call.database.reading() as session:
        content = await meeting_calendar(session, await call.actor(session), call.services.links, meeting_id)
    return Response(content, media_type=CALENDAR, headers={"content-disposition": 'attachment; filename="giaoban.ics"'})


@router.get("/calendar/{secret}.ics")
async def feed(secret: str, call: Anybody) -> Response:
    """No session: calendar programs fetch it; the secret is the whole key, and guessing it is slowed down."""
    key, at, failures = f"link {call.address}", call.now.timestamp(), call.services.link_failures
    wait_s = failures.wait_s(key, at)
    if wait_s:
        raise TooManyAttempts(wait_s)
    async with call.database.reading() as session:
        try:
            content = await calendar_feed(session, call.services.links, secret[:200], call.now)
        except LinkRefused:
            failures.failed(key, at)
            raise NotFound from None
    return Response(content, media_type=CALENDAR)


@router.get("/me/calendar")
async def address(call: Somebody) -> Json:
    async with call.database.reading() as session:
        return {"url": await calendar_address(session, await call.actor(session), call.services.links)}


@router.post("/me/calendar")
async def renew(call: Somebody) -> Json:
    """A new address; the old one shows nothing any more."""
    async with call.database.transaction() as session:
        actor = await call.actor(session)
        await renew_calendar_address(session, actor, call.now)
        return {"url": await calendar_address(session, actor, call.services.links)}  # type: ignore[arg-type]
