"""Site links: what a link is for, answering the invitation, and a session for the site. Reading changes nothing."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import Field

from scheduler.database import ReadSession, WriteSession
from scheduler.errors import LinkRefused
from scheduler.meetings.meeting import Meeting
from scheduler.meetings.reply import reply_to_invitation
from scheduler.meetings.site_link import OpenedLink, open_site_link
from scheduler.organization.person import Person
from scheduler.organization.unit import Unit
from web.api.call import Anybody, Body, Call, Json
from web.api.session import answer_login
from web.authentication import begin_site_session
from web.errors import NotFound, TooManyAttempts

router = APIRouter(tags=["site links"])

Short = Annotated[str, Field(max_length=500)]


class TokenIn(Body):
    token: Annotated[str, Field(min_length=1, max_length=200)]


class DeputyIn(Body):
    name: Short
    post: Short = ""


class ReplyIn(Body):
    reply: Literal["accepted", "delegated", "declined"]
    reason: Short = ""
    deputy: DeputyIn | None = None


@router.get("/site-links/{token}")
async def read(token: str, call: Anybody) -> Json:
    async with call.database.reading() as session:
        return await shape_link(session, await open_link(session, call, token))


@router.post("/site-links/{token}/reply")
async def reply(token: str, body: ReplyIn, call: Anybody) -> Json:
    async with call.database.transaction() as session:
        link = await open_link(session, call, token)
        actor = link.actor
        if link.meeting is None:
            raise NotFound
        deputy = body.deputy or DeputyIn(name="")
        await reply_to_invitation(
            session,
            actor,
            link.meeting.id,
            link.site.id,
            body.reply,
            call.now,
            reason=body.reason,
            deputy_name=deputy.name,
            deputy_post=deputy.post,
        )
        return await shape_link(session, link)


@router.post("/session/site")
async def log_in_site(body: TokenIn, call: Anybody, response: Response) -> Json:
    async with call.database.transaction() as session:
        link = await open_link(session, call, body.token)
        meeting_id = link.actor.bound_meeting_id
        login = await begin_site_session(call.request, session, link.site, call.language, meeting_id)
    return await answer_login(call.services, login, response)


async def open_link(session: ReadSession | WriteSession, call: Call, token: str) -> OpenedLink:
    """The link; guessing is slowed down by address."""
    key, at = f"link {call.address}", call.now.timestamp()
    failures = call.services.link_failures
    wait_s = failures.wait_s(key, at)
    if wait_s:
        raise TooManyAttempts(wait_s)
    try:
        return await open_site_link(session, call.services.links, token[:200], call.now)
    except LinkRefused:
        failures.failed(key, at)
        raise


async def shape_link(session: ReadSession | WriteSession, link: OpenedLink) -> Json:
    meeting = link.meeting
    phone = meeting.contact_phone if meeting and meeting.contact_phone else link.site.technician_phone
    return {
        "state": link.state,
        "site_id": link.site.id,
        "site_name": link.site.name,
        "unit_title": link.site.unit.title,
        "meeting": await _meeting(session, meeting) if meeting else None,
        "reply": link.attendee.reply if link.attendee else None,
        "contact_phone": phone,
    }


async def _meeting(session: ReadSession | WriteSession, meeting: Meeting) -> Json:
    chair = await session.get(Person, meeting.chair_person_id)
    host = await session.get(Unit, meeting.host_unit_id)
    return {
        "id": meeting.id,
        "title": meeting.title,
        "starts_at": meeting.starts_at,
        "ends_at": meeting.ends_at,
        "stage": meeting.stage,
        "chair": chair.name if chair else "",
        "host": host.title if host else "",
        "moved_from": meeting.moved_from,
    }
