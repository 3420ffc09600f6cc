"""Holds a room below a meeting of another installation, the one above: made when it is asked for, kept in step after.

Plan and time are the meeting's above; the room is this installation's own people's, who may add to its agenda, change
its sites and decline it. Who asks is proven; what it may ask for is a unit of ours that lies below its own.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Select, func, select

from scheduler import audit
from scheduler.database import ReadSession, WriteSession, new_id
from scheduler.errors import Invalid, Refused
from scheduler.linked.asking import ask_elsewhere, told_of
from scheduler.linked.follow import FOLLOWING, Slot, call_off, follow_cancel, follow_edit, follow_postpone, follow_send
from scheduler.linked.messages import MOST_SITES, Ask, Told, ToldSite, UnitName
from scheduler.linked.parent import ends, read_told, starts
from scheduler.linked.plan_tree import PlannedHost, TreePlan, ids_under, plant_tree
from scheduler.linked.rows import below, remote_children
from scheduler.meetings import plan_check
from scheduler.meetings.access import protocol_order
from scheduler.meetings.attendee import Attendee
from scheduler.meetings.findable import index_plan
from scheduler.meetings.invite import forget_replies, invite_all
from scheduler.meetings.local_time import local_date
from scheduler.meetings.meeting import ENDED_STAGES, Meeting
from scheduler.meetings.plan_defaults import fill_from_host
from scheduler.meetings.plan_input import Plan
from scheduler.nodes.tables import LinkedNode, MeetingEdge
from scheduler.organization.folding import fold
from scheduler.organization.level import Level
from scheduler.organization.person import Person
from scheduler.organization.site import Site
from scheduler.organization.tree import path_of, subtree_ids, valid_on
from scheduler.organization.unit import Unit
from scheduler.permissions import Actor
from scheduler.secrecy import Secrecy, refuse_secrets

MOST_HELD = 500  # rooms an installation above may have us hold at a time


class WillNotHold(Exception):
    """The room cannot be held: ``code`` and ``detail`` go to the plan page above."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code} {detail}".strip())
        self.code = code
        self.detail = detail


async def hold(session: WriteSession, node_id: str, ask: Ask, secrecy: Secrecy, now: datetime) -> Meeting:
    """The room that was asked for, as the plan above wants it; the same one however often it is asked for."""
    node = await upper_node(session, node_id)
    unit = await _unit(session, node, ask.unit, ask)
    room = await held_room(session, node_id, ask.meeting_id, unit.id, ask.child)
    try:
        if room is None:
            room = await _make(session, node, unit, ask, secrecy, now)
        else:
            await _follow(session, room, ask, secrecy, now)
    except Invalid as wrong:
        name, code = next(iter(wrong.fields.items()))
        raise WillNotHold("not_possible", f"{name}: {code}") from wrong
    except Refused as refused:
        raise WillNotHold(refused.code) from refused
    await session.flush()
    return room


async def let_go(session: WriteSession, node_id: str, meeting_id: str, unit: UnitName, now: datetime) -> Meeting | None:
    """The room is not wanted above any more. One that is in session goes on as its own."""
    await upper_node(session, node_id)
    query = _held(node_id, meeting_id).join(Unit, Unit.id == Meeting.host_unit_id)
    room = await session.scalar(query.where(Unit.code == unit.code).limit(1))
    if room is None or room.stage not in FOLLOWING:
        return None
    await call_off(session, room, "", now)
    await follow_cancel(session, room, now)
    await ask_elsewhere(session, room, now)
    await session.flush()
    return room


async def upper_node(session: ReadSession | WriteSession, node_id: str) -> LinkedNode:
    """The one above that asks; nobody else may."""
    node = await session.get(LinkedNode, node_id)
    if node is None or node.role != "upper" or node.revoked_at is not None:
        raise WillNotHold("not_allowed", "only an installation above may ask")
    return node


def _held(node_id: str, meeting_id: str) -> Select[Meeting]:
    query = select(Meeting).where(Meeting.remote_parent_node_id == node_id, Meeting.remote_parent_id == meeting_id)
    return query.order_by((Meeting.stage == "cancelled"), Meeting.created_at.desc())


async def held_room(
    session: ReadSession | WriteSession, node_id: str, meeting_id: str, unit_id: str, known: str | None = None
) -> Meeting | None:
    """Of that meeting above, at this unit. One called off counts only for who knows it (it was declined)."""
    room: Meeting | None = await session.scalar(
        _held(node_id, meeting_id).where(Meeting.host_unit_id == unit_id).limit(1)
    )
    return None if room is not None and room.stage == "cancelled" and room.id != known else room


async def _unit(session: WriteSession, node: LinkedNode, name: UnitName, ask: Ask) -> Unit:
    day = local_date(starts(ask.plan))
    query = select(Unit).join(Level, Level.id == Unit.level_id).where(Unit.code == name.code, Level.code == name.level)
    found = (await session.scalars(query.where(valid_on(day)))).unique().all()
    if len(found) != 1:
        raise WillNotHold("unknown_unit", f"{name.title} {name.code}".strip()[:200])
    unit = found[0]
    if node.unit_id is not None and node.unit_id not in (await path_of(session, unit.id))[:-1]:
        raise WillNotHold("not_below", unit.title)
    held = select(LinkedNode.id).where(LinkedNode.role == "lower", LinkedNode.revoked_at.is_(None))
    if await session.scalar(held.where(LinkedNode.unit_id == unit.id).limit(1)) is not None:
        raise WillNotHold("held_elsewhere", unit.title)
    return unit


# -- made -----------------------------------------------------------------------------------------------------------


async def _make(
    session: WriteSession, node: LinkedNode, unit: Unit, ask: Ask, secrecy: Secrecy, now: datetime
) -> Meeting:
    refuse_secrets(ask.security_marking, secrecy)
    if ask.stage == "cancelled":
        raise WillNotHold("cancelled")
    if await session.get(Meeting, ask.meeting_id) is not None:
        raise WillNotHold("not_allowed", "a meeting of this installation")
    await _check_root(session, node, ask.meeting_id)
    await _check_count(session, node)
    plan = Plan(
        title=ask.plan.title,
        kind=ask.kind,
        mode=ask.mode,
        host_unit_id=unit.id,
        starts_at=starts(ask.plan),
        ends_at=ends(ask.plan),
        speech_limit_s=ask.speech_limit_s,
    )
    plan_check.check_fields(plan)
    filled = await fill_from_host(session, Actor(), plan, now)
    room = Meeting(
        id=new_id(),
        stage=ask.stage,
        kind=ask.kind,
        title=ask.plan.title,
        search_title=fold(ask.plan.title),
        starts_at=filled.starts_at,
        ends_at=filled.ends_at,
        host_unit_id=unit.id,
        issuing_unit_id=unit.id,
        chair_person_id=filled.chair_person_id or "",
        chair_site_id=filled.chair_site_id or "",
        secretary_person_id=filled.secretary_person_id or "",
        place=filled.place or "",
        contact_phone=filled.contact_phone or "",
        mode=ask.mode,
        speech_limit_s=ask.speech_limit_s,
        security_marking=ask.security_marking,
        record=ask.record,
        sequence=0,
        remote_parent_id=ask.meeting_id,
        remote_parent_node_id=node.id,
        parent_plan_json=_plan_text(ask),
        created_by=filled.secretary_person_id or "",
        created_at=now,
        sent_at=now,
    )
    with session.no_autoflush:
        await plan_check.check_people(session, room, ())
    session.add(room)
    await session.flush()
    await plant_tree(session, room, await _wished(session, room, ask), room.secretary_person_id, now)  # invites
    await index_plan(session, room)
    audit.record(session, "room_held", Actor(), now, subject_id=room.id, node=node.id, above=ask.meeting_id)
    return room


async def _check_root(session: WriteSession, node: LinkedNode, meeting_id: str) -> None:
    """A meeting is one installation's: another one that gives it out for its own is not believed."""
    told = select(MeetingEdge.node).where(MeetingEdge.meeting_id == meeting_id)
    held = select(Meeting.remote_parent_node_id).where(Meeting.remote_parent_id == meeting_id)
    for other in (*(await session.scalars(held)), *(await session.scalars(told))):
        if other != node.id:
            raise WillNotHold("two_roots", f"{meeting_id} is of {other}")


async def _check_count(session: WriteSession, node: LinkedNode) -> None:
    held = select(func.count(Meeting.id)).where(Meeting.remote_parent_node_id == node.id)
    if (await session.scalar(held.where(Meeting.stage.not_in(ENDED_STAGES | {"cancelled"}))) or 0) >= MOST_HELD:
        raise WillNotHold("too_many", str(MOST_HELD))


def _plan_text(ask: Ask) -> str:
    return json.dumps(asdict(ask.plan), ensure_ascii=False)


async def _wished(session: WriteSession, room: Meeting, ask: Ask) -> TreePlan:
    """What of the wish is known here: sites of those units; units of installations below are asked for there."""
    wanted = {(one.level, one.code) for one in ask.wish}
    query = select(Unit).where(Unit.id.in_(subtree_ids([room.host_unit_id])), Unit.code.is_not(None))
    day = local_date(room.starts_at)
    units = [
        u for u in (await session.scalars(query.where(valid_on(day)))).unique() if (u.level.code, u.code) in wanted
    ]
    sites = select(Site.id).where(Site.unit_id.in_([unit.id for unit in units]), Site.active)
    lower = select(LinkedNode).where(LinkedNode.role == "lower", LinkedNode.revoked_at.is_(None))
    hosts = []
    for node in (await session.scalars(lower)).all():
        if node.unit_id is None or room.host_unit_id not in (await path_of(session, node.unit_id))[:-1]:
            continue
        under = await ids_under(session, node.unit_id)
        if any(unit.id in under for unit in units):
            hosts.append(PlannedHost(node.unit_id, node_id=node.id))
    found = tuple((await session.scalars(sites)).all())
    return TreePlan(tuple(hosts), found[:MOST_SITES])


# -- kept in step ---------------------------------------------------------------------------------------------------


async def _follow(session: WriteSession, room: Meeting, ask: Ask, secrecy: Secrecy, now: datetime) -> None:
    before = read_told(room.parent_plan_json)
    if room.stage not in FOLLOWING or before is None:
        return  # in session by its own agenda, over, or declined
    refuse_secrets(ask.security_marking, secrecy)
    if ask.stage == "cancelled":
        room.parent_plan_json = _plan_text(ask)
        await call_off(session, room, ask.reason, now)
        await follow_cancel(session, room, now)
        await ask_elsewhere(session, room, now)
        return
    slot, stage = Slot.of(room), room.stage
    _take_over(room, ask, starts(before), ends(before), before.title)
    plan_check.check_fields(Plan(title=room.title, starts_at=room.starts_at, ends_at=room.ends_at))
    room.parent_plan_json = _plan_text(ask)
    await _pass_on(session, room, slot, stage, ask, now)


def _take_over(room: Meeting, ask: Ask, started: datetime, ended: datetime, title: str) -> None:
    """An own title stays; an own beginning or end keeps its distance."""
    if room.title == title:
        room.title, room.search_title = ask.plan.title, fold(ask.plan.title)
    room.starts_at += starts(ask.plan) - started
    room.ends_at += ends(ask.plan) - ended
    room.security_marking, room.record = ask.security_marking, ask.record and room.record
    room.reason = ask.reason


async def _pass_on(session: WriteSession, room: Meeting, slot: Slot, stage: str, ask: Ask, now: datetime) -> None:
    """To the sites of this room, and to the rooms below it."""
    moved = not slot.same_time(room)
    if slot == Slot.of(room) and not _changes(stage, ask.stage):
        await ask_elsewhere(session, room, now)  # its agenda may be another
        return
    room.sequence += 1
    if moved or _changes(stage, ask.stage):
        room.moved_from = slot.starts_at if moved else room.moved_from
        await forget_replies(session, room)
    if _changes(stage, ask.stage):
        room.stage = ask.stage
        await follow_postpone(session, room, slot, now)
    else:
        await follow_edit(session, room, slot, now)
    await invite_all(session, room, "REQUEST", now)
    await follow_send(session, room, now)
    await ask_elsewhere(session, room, now)
    await index_plan(session, room)


def _changes(stage: str, asked: str) -> bool:
    """Put off, or on again; tests go on while the meeting above is in its own."""
    return (stage == "postponed") != (asked == "postponed")


# -- what is told of it ---------------------------------------------------------------------------------------------


async def describe_room(session: ReadSession | WriteSession, room: Meeting) -> Told:
    """For the installation above: who runs it, when, and every site in it and in the rooms below."""
    people = {
        id: (await session.get_one(Person, id)).name
        for id in (room.chair_person_id, room.deputy_person_id, room.secretary_person_id)
        if id is not None
    }
    return Told(
        stage=room.stage,
        title=room.title,
        starts_at=room.starts_at.isoformat(),
        ends_at=room.ends_at.isoformat(),
        chair=people[room.chair_person_id],
        deputy=people.get(room.deputy_person_id or "", ""),
        secretary=people[room.secretary_person_id],
        phone=room.contact_phone[:50],
        reason=room.reason[:500] if room.stage == "cancelled" else "",
        sites=await _all_sites(session, room),
    )


async def _all_sites(session: ReadSession | WriteSession, room: Meeting) -> tuple[ToldSite, ...]:
    rooms = {one.id: one for one in [room, *await below(session, room.id)] if one.stage != "cancelled" or one is room}
    units = await session.scalars(select(Unit).where(Unit.id.in_({one.host_unit_id for one in rooms.values()})))
    titles = {unit.id: unit.title for unit in units}
    query = select(Attendee, Site).join(Site, Site.id == Attendee.site_id).where(Attendee.meeting_id.in_(rooms))
    found: dict[str, ToldSite] = {}
    for attendee, site in await session.execute(query.order_by(*protocol_order())):
        held = rooms[attendee.meeting_id]
        told = ToldSite(site.id, site.name, site.unit.title, site.unit.level.code, held.id, titles[held.host_unit_id])
        found.setdefault(site.id, told)
    for child in await remote_children(session, rooms):
        told_there = told_of(child) if child.state == "accepted" else None
        for one in told_there.sites if told_there is not None else ():
            found.setdefault(one.id, one)
    return tuple(found.values())[:MOST_SITES]
