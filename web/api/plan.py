"""My day, the list, and the plan of a meeting: make, change, send, move, cancel, clone, answer device checks."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, suppress
from typing import Annotated, get_args

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, Field

from recordings.minutes.concluded import concluded
from scheduler.errors import NotAllowed
from scheduler.meetings.access import find_meeting
from scheduler.meetings.cancel import cancel_meeting
from scheduler.meetings.clone import clone_meeting
from scheduler.meetings.detail import read_meeting
from scheduler.meetings.meeting import Stage
from scheduler.meetings.plan import edit_meeting, plan_meeting
from scheduler.meetings.plan_input import Plan, PlannedItem
from scheduler.meetings.postpone import postpone_meeting
from scheduler.meetings.queries import MeetingFilter, list_meetings, todays_meetings
from scheduler.meetings.reply import report_device_check
from scheduler.meetings.send import send_invitations
from scheduler.meetings.urgent import call_urgent_meeting
from scheduler.permissions import acts_for_site
from scheduler.proceedings.errors import Refused
from scheduler.secrecy import auditing_refused_secrets
from web.api.call import Body, Json, SessionCall, Somebody
from web.api.shapes import shape_card, shape_meeting

router = APIRouter(tags=["plan"])

Id = Annotated[str, Field(min_length=1, max_length=36)]
Line = Annotated[str, Field(max_length=500)]
Text = Annotated[str, Field(max_length=10_000)]


class ItemIn(Body):
    id: Id | None = None
    title: Line
    minutes: Annotated[int, Field(ge=0, le=24 * 60)]
    presenter_unit_id: Id | None = None
    presenter_name: Line = ""
    note: Text | None = None


class PlanIn(Body):
    title: Annotated[str, Field(min_length=1, max_length=500)]
    kind: Annotated[str, Field(max_length=32)] | None = None
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    host_unit_id: Id | None = None
    issuing_unit_id: Id | None = None
    chair_person_id: Id | None = None
    chair_site_id: Id | None = None
    deputy_person_id: Id | None = None
    secretary_person_id: Id | None = None
    place: Line | None = None
    contact_phone: Annotated[str, Field(max_length=50)] | None = None
    note: Text | None = None
    mode: Annotated[str, Field(max_length=16)] | None = None
    speech_limit_s: Annotated[int, Field(ge=0, le=24 * 3600)] | None = None
    record: bool | None = None
    security_marking: Annotated[str, Field(max_length=16)] | None = None
    site_ids: Annotated[list[Id], Field(max_length=2000)] | None = None
    items: Annotated[list[ItemIn], Field(max_length=100)] | None = None

    def plan(self) -> Plan:
        values = self.model_dump(exclude={"site_ids", "items", "version"})
        return Plan(
            **values,
            site_ids=None if self.site_ids is None else tuple(self.site_ids),
            items=None if self.items is None else tuple(PlannedItem(**item.model_dump()) for item in self.items),
        )


class EditIn(PlanIn):
    version: Annotated[int, Field(ge=1)]


class UrgentIn(Body):
    title: Annotated[str, Field(min_length=1, max_length=500)]
    host_unit_id: Id | None = None
    site_ids: Annotated[list[Id], Field(max_length=2000)] | None = None
    security_marking: Annotated[str, Field(max_length=16)] = "none"


class SendIn(Body):
    version: Annotated[int, Field(ge=1)] | None = None


class CancelIn(Body):
    reason: Line = ""


class PostponeIn(Body):
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    reason: Line = ""


class DeviceCheckIn(Body):
    microphone: bool
    camera: bool
    browser: Line = ""
    site_id: Id | None = None


@router.get("/today")
async def today(call: Somebody) -> Json:
    async with call.database.reading() as session:
        cards = await todays_meetings(session, await call.actor(session), call.now)
    return {"now": call.now, "meetings": [shape_card(card) for card in cards]}


@router.get("/meetings")
async def list_them(
    call: Somebody,
    stage: Annotated[list[str] | None, Query(max_length=len(get_args(Stage)))] = None,
    unit: Annotated[str | None, Query(max_length=36)] = None,
    level: Annotated[str | None, Query(max_length=32)] = None,
    since: Annotated[AwareDatetime | None, Query(alias="from")] = None,
    until: Annotated[AwareDatetime | None, Query(alias="to")] = None,
    q: Annotated[str, Query(max_length=200)] = "",
    cursor: Annotated[str | None, Query(max_length=100)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Json:
    stages = tuple(part for item in stage or [] for part in item.split(",") if part)
    wanted = MeetingFilter(stages, unit, level, since, until, q)
    async with call.database.reading() as session:
        page = await list_meetings(session, await call.actor(session), wanted, call.now, cursor, limit)
    return {"items": [shape_card(card) for card in page.items], "next": page.next}


def secrets_noted(call: SessionCall) -> AbstractAsyncContextManager[None]:
    """A refused state secret leaves an entry in the audit trail, and nothing else: never its title."""
    return auditing_refused_secrets(call.database, call.identity.actor, call.now, call.address)


@router.post("/meetings", status_code=201)
async def make(body: PlanIn, call: Somebody) -> Json:
    async with secrets_noted(call), call.database.transaction() as session:
        meeting = await plan_meeting(session, await call.actor(session), body.plan(), call.now, call.services.secrecy)
    return await answer(call, meeting.id)


@router.post("/meetings/urgent", status_code=201)
async def make_urgent(body: UrgentIn, call: Somebody) -> Json:
    """Họp khẩn: planned and sent in one transaction; the room then opens for tests."""
    async with secrets_noted(call), call.database.transaction() as session:
        meeting = await call_urgent_meeting(
            session,
            await call.actor(session),
            body.title,
            call.now,
            host_unit_id=body.host_unit_id,
            site_ids=None if body.site_ids is None else tuple(body.site_ids),
            security_marking=body.security_marking,
            secrecy=call.services.secrecy,
        )
    await _open_room(call, meeting.id)
    return await answer(call, meeting.id)


async def _open_room(call: SessionCall, meeting_id: str) -> None:
    """By the hub, which alone writes proceedings."""
    if call.services.hub is not None:
        with suppress(Refused):  # a planner who is neither chair nor secretary: these open it
            await call.services.hub.open_testing(meeting_id, call.identity.person_id)


@router.get("/meetings/{meeting_id}")
async def read(meeting_id: str, call: Somebody) -> Json:
    return await answer(call, meeting_id)


@router.put("/meetings/{meeting_id}")
async def edit(meeting_id: str, body: EditIn, call: Somebody) -> Json:
    async with secrets_noted(call), call.database.transaction() as session:
        actor = await call.actor(session)
        await edit_meeting(session, actor, meeting_id, body.plan(), body.version, call.now, call.services.secrecy)
    await call.tell_room(meeting_id)
    return await answer(call, meeting_id)


@router.post("/meetings/{meeting_id}/send")
async def send(meeting_id: str, call: Somebody, body: SendIn | None = None) -> Json:
    version = body.version if body else None
    async with call.database.transaction() as session:
        await send_invitations(session, await call.actor(session), meeting_id, call.now, version)
    return await answer(call, meeting_id)


@router.post("/meetings/{meeting_id}/cancel")
async def cancel(meeting_id: str, body: CancelIn, call: Somebody) -> Json:
    async with call.database.transaction() as session:
        await cancel_meeting(session, await call.actor(session), meeting_id, body.reason, call.now)
    await call.tell_room(meeting_id)
    return await answer(call, meeting_id)


@router.post("/meetings/{meeting_id}/postpone")
async def postpone(meeting_id: str, body: PostponeIn, call: Somebody) -> Json:
    async with call.database.transaction() as session:
        actor = await call.actor(session)
        await postpone_meeting(session, actor, meeting_id, body.starts_at, body.ends_at, body.reason, call.now)
    await call.tell_room(meeting_id)
    return await answer(call, meeting_id)


@router.post("/meetings/{meeting_id}/clone", status_code=201)
async def clone(meeting_id: str, call: Somebody) -> Json:
    """Nhân bản: the next meeting, with the last one's conclusions as its first item."""
    async with call.database.transaction() as session:
        actor = await call.actor(session)
        source, _ = await find_meeting(session, actor, meeting_id)
        last = await concluded(session, source)
        meeting = await clone_meeting(session, actor, meeting_id, call.now, last, call.services.secrecy)
    return await answer(call, meeting.id)


@router.post("/meetings/{meeting_id}/device-check")
async def device_check(meeting_id: str, body: DeviceCheckIn, call: Somebody) -> Json:
    """The site's own, or one for which the person acts."""
    async with call.database.transaction() as session:
        actor = await call.actor(session)
        _, access = await find_meeting(session, actor, meeting_id)
        mine = [site_id for site_id, _ in access.sites if acts_for_site(actor, access, site_id)]
        site_id = body.site_id or next(iter(mine), None)
        if site_id is None:
            raise NotAllowed("device_check", ("site",))
        passed = body.microphone and body.camera
        attendee = await report_device_check(session, actor, meeting_id, site_id, passed, call.now)
        return {"site_id": site_id, "tested_at": attendee.tested_at}


async def answer(call: SessionCall, meeting_id: str) -> Json:
    """The meeting as it is now; what was enqueued goes out at once."""
    call.services.outbox_changed.set()
    async with call.database.reading() as session:
        actor = await call.actor(session)
        detail = await read_meeting(session, actor, meeting_id, call.now, call.services.links)
        return shape_meeting(detail, call.services)
