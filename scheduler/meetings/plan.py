"""Plans a meeting: makes a draft, and changes the plan until the room opens.

A draft may be incomplete; what is missing is filled from the host unit. ``check_sendable`` says what a sent meeting
needs. After sending, a change that invited people see raises SEQUENCE and goes out as an update.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from scheduler.database import WriteSession, new_id
from scheduler.errors import Invalid
from scheduler.linked.follow import Slot, check_covers_parent, follow_edit
from scheduler.linked.rows import count_rooms, seated_elsewhere
from scheduler.meetings import plan_check
from scheduler.meetings.access import find_meeting, require, require_stage, require_version
from scheduler.meetings.agenda import AgendaItem, items_of
from scheduler.meetings.attendee import Attendee
from scheduler.meetings.claim import claim
from scheduler.meetings.findable import index_plan
from scheduler.meetings.invite import forget_replies, invite_all, queue_letter
from scheduler.meetings.invited_sites import current_sites, set_sites
from scheduler.meetings.meeting import PLANNED_STAGES, Meeting
from scheduler.meetings.paper import Paper
from scheduler.meetings.plan_defaults import fill_from_host, host_of
from scheduler.meetings.plan_input import Plan, PlannedItem
from scheduler.organization.folding import fold
from scheduler.permissions import Actor, may_edit, may_plan
from scheduler.secrecy import NETWORKED, Secrecy, is_secret, refuse_secrets

_COLUMNS = (
    "kind",
    "starts_at",
    "ends_at",
    "host_unit_id",
    "issuing_unit_id",
    "chair_person_id",
    "chair_site_id",
    "deputy_person_id",
    "secretary_person_id",
    "place",
    "contact_phone",
    "note",
    "mode",
    "speech_limit_s",
    "record",
    "security_marking",
)
_TOLD = frozenset(
    {"title", "kind", "starts_at", "ends_at", "host_unit_id", "chair_person_id", "chair_site_id", "place"}
    | {"contact_phone", "note"}
)
"""Columns that stand in the invitation: a change of one is told to those invited."""


async def plan_meeting(
    session: WriteSession, actor: Actor, plan: Plan, now: datetime, secrecy: Secrecy = NETWORKED
) -> Meeting:
    """A new draft."""
    refuse_secrets(plan.security_marking or "none", secrecy)
    host_id = host_of(actor, plan.host_unit_id)
    require(may_plan(actor, host_id), "plan", "secretary", "unit_administrator")
    filled = await fill_from_host(session, actor, replace(plan, host_unit_id=host_id), now)
    plan_check.check_fields(filled)
    meeting = Meeting(
        id=new_id(),
        stage="draft",
        sequence=0,
        created_by=actor.person_id or "",
        created_at=now,
        **_columns(filled),
        title=filled.title.strip(),
        search_title=fold(filled.title),
    )
    _never_record_secrets(meeting)
    await plan_check.check_people(session, meeting, filled.site_ids or ())
    await plan_check.check_presenters(session, filled.items or ())
    session.add(meeting)
    await session.flush()
    await set_sites(session, meeting, filled.site_ids or (), now)
    await _set_items(session, meeting, filled.items or ())
    await index_plan(session, meeting)
    return meeting


async def edit_meeting(
    session: WriteSession,
    actor: Actor,
    meeting_id: str,
    plan: Plan,
    version: int | None,
    now: datetime,
    secrecy: Secrecy = NETWORKED,
) -> Meeting:
    """Change the plan; Stale when ``version`` is not the current one. After sending, an update goes out."""
    refuse_secrets(plan.security_marking or "none", secrecy)
    meeting, access = await find_meeting(session, actor, meeting_id)
    require(may_edit(actor, replace(access, stage="draft")), "edit", "secretary", "chair")
    require_stage(meeting, "edit", *PLANNED_STAGES)
    require_version(meeting, version)
    await claim(session, meeting)
    if plan.host_unit_id not in (None, meeting.host_unit_id):
        require(may_plan(actor, plan.host_unit_id or ""), "plan", "secretary", "unit_administrator")
    plan_check.check_fields(plan, meeting)
    _check_marking(meeting, plan.security_marking)
    before = Slot.of(meeting)
    told = _apply(meeting, plan)
    _never_record_secrets(meeting)
    await check_covers_parent(session, meeting)
    if not before.same_time(meeting):
        await forget_replies(session, meeting)
    sites = await current_sites(session, meeting) if plan.site_ids is None else plan.site_ids
    await plan_check.check_people(session, meeting, sites)
    await plan_check.check_presenters(session, plan.items or ())
    if await seated_elsewhere(session, meeting, sites):
        raise Invalid({"site_ids": "in_another_room"})
    added = await set_sites(session, meeting, sites, now)
    if plan.items is not None:
        told |= await _set_items(session, meeting, plan.items)
    if meeting.sent_at is not None:
        await check_sendable(session, meeting)
        await _tell(session, meeting, told, added, now)
    await session.flush()
    await index_plan(session, meeting)
    await follow_edit(session, meeting, before, now)
    return meeting


async def check_sendable(session: WriteSession, meeting: Meeting) -> None:
    """What an invitation needs: sites, an agenda, and items that fit the slot.

    A room of a linked meeting needs neither: its program is the root's, and a hosting unit may come alone.
    """
    if meeting.is_child:
        return
    items = await items_of(session, meeting.id)
    sites = await current_sites(session, meeting)
    slot = int((meeting.ends_at - meeting.starts_at).total_seconds() // 60)
    wrong: dict[str, str] = {}
    if not [site for site in sites if site != meeting.chair_site_id] and not await count_rooms(session, meeting.id):
        wrong["site_ids"] = "required"
    if not items:
        wrong["items"] = "required"
    elif sum(item.minutes for item in items) > slot:
        wrong["items"] = "longer_than_slot"
    if wrong:
        raise Invalid(wrong)


def _never_record_secrets(meeting: Meeting) -> None:
    if is_secret(meeting.security_marking):
        meeting.record = False


def _check_marking(meeting: Meeting, wanted: str | None) -> None:
    """What went out as no secret cannot become one, nor the other way round."""
    changes = wanted is not None and is_secret(wanted) != is_secret(meeting.security_marking)
    if changes and meeting.sent_at is not None:
        raise Invalid({"security_marking": "sent"})


def _columns(plan: Plan) -> dict[str, object]:
    return {name: value for name in _COLUMNS if (value := getattr(plan, name)) is not None}


def _apply(meeting: Meeting, plan: Plan) -> bool:
    """Set what changed; True when it is something invited people are told."""
    wanted = {**_columns(plan), "title": plan.title.strip()}
    changed = {name: value for name, value in wanted.items() if getattr(meeting, name) != value}
    if "starts_at" in changed and meeting.sent_at is not None:
        meeting.moved_from = meeting.starts_at
    for name, value in changed.items():
        setattr(meeting, name, value)
    meeting.search_title = fold(meeting.title)
    return bool(_TOLD & changed.keys())


async def _set_items(session: WriteSession, meeting: Meeting, planned: tuple[PlannedItem, ...]) -> bool:
    """Make the agenda these items, in this order; True when anything changed."""
    there = {item.id: item for item in await items_of(session, meeting.id)}
    before = [_told_of(item) for item in there.values()]
    kept = {item.id for item in planned if item.id in there}
    for id in there.keys() - kept:
        await _release_papers(session, id)
        await session.delete(there[id])
    for position, item in enumerate(planned, start=1):
        row = there.get(item.id or "") or AgendaItem(id=new_id(), meeting_id=meeting.id)
        row.position, row.title, row.minutes = position, item.title.strip(), item.minutes
        row.presenter_unit_id = item.presenter_unit_id or row.presenter_unit_id
        row.presenter_name, row.note = item.presenter_name, (row.note or "") if item.note is None else item.note
        session.add(row)
    await session.flush()
    return before != [_told_of(item) for item in await items_of(session, meeting.id)]


async def _release_papers(session: WriteSession, item_id: str) -> None:
    """Papers of an item that goes away stay with the meeting."""
    for paper in (await session.scalars(select(Paper).where(Paper.item_id == item_id))).all():
        paper.item_id = None


def _told_of(item: AgendaItem) -> tuple[object, ...]:
    return item.position, item.title, item.minutes, item.presenter_unit_id, item.presenter_name


async def _tell(session: WriteSession, meeting: Meeting, told: bool, added: set[str], now: datetime) -> None:
    """An update for everybody, or an invitation for the sites that came in."""
    if told:
        meeting.sequence += 1
        await invite_all(session, meeting, "REQUEST", now)
        return
    query = select(Attendee).where(Attendee.meeting_id == meeting.id, Attendee.site_id.in_(added))
    for attendee in (await session.scalars(query)).all():
        queue_letter(session, meeting, attendee, "REQUEST", now)
