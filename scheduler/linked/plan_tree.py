"""Plans the tree of a linked meeting: hosting units get rooms, sites attach to the room of their nearest hosting unit.

The whole tree is given each time; what is there and stays keeps its agenda, papers and replies. Rooms at another
installation are asked for there (``remote_child``): their sites are chosen by their own people.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select

from scheduler import audit, search
from scheduler.database import WriteSession, new_id
from scheduler.errors import Invalid
from scheduler.linked.asking import ask_elsewhere, release
from scheduler.linked.follow import call_off
from scheduler.linked.remote_child import RemoteChild
from scheduler.linked.rows import below, remote_children
from scheduler.linked.tree import Branch, grow
from scheduler.meetings import plan_check
from scheduler.meetings.access import find_meeting, require, require_stage, require_version
from scheduler.meetings.attendee import Attendee
from scheduler.meetings.claim import claim
from scheduler.meetings.findable import index_plan
from scheduler.meetings.invite import invite_all, queue_letter
from scheduler.meetings.invited_sites import set_sites
from scheduler.meetings.local_time import local_date
from scheduler.meetings.meeting import PLANNED_STAGES, Meeting
from scheduler.meetings.plan_defaults import fill_from_host
from scheduler.meetings.plan_input import Plan
from scheduler.nodes.tables import LinkedNode
from scheduler.organization.folding import fold
from scheduler.organization.site import Site
from scheduler.organization.tree import subtree_ids, valid_on
from scheduler.organization.unit import Unit
from scheduler.permissions import Actor, may_plan_tree

MOST_HOSTS = 1000
MOST_SITES = 5000
MOST_LEVELS = 8  # as many links as the media may pass


@dataclass(frozen=True, slots=True)
class PlannedHost:
    """A hosting unit as picked; None: as it was, or filled from the unit, and no deputy. ``node_id``: who holds it."""

    unit_id: str
    chair_person_id: str | None = None
    chair_site_id: str | None = None
    deputy_person_id: str | None = None
    secretary_person_id: str | None = None
    node_id: str | None = None


@dataclass(frozen=True, slots=True)
class TreePlan:
    """All hosting units and all sites of a linked meeting, at whatever level."""

    hosts: tuple[PlannedHost, ...] = ()
    site_ids: tuple[str, ...] = ()


@dataclass(slots=True)
class _Planting:
    """One call's work: what is there, what was asked for, and what nobody needs any more."""

    root: Meeting
    planner: str
    hosts: Mapping[str, PlannedHost]
    units: Mapping[str, Unit]
    numbers: Mapping[str, int]  # unit → its place in the request, for errors
    there: dict[str, Meeting]
    elsewhere: dict[str, RemoteChild]


async def plan_tree(
    session: WriteSession, actor: Actor, meeting_id: str, plan: TreePlan, version: int | None, now: datetime
) -> Meeting:
    """Make the tree below this meeting the one asked for."""
    meeting, access = await find_meeting(session, actor, meeting_id)
    require(may_plan_tree(actor, replace(access, stage="draft")), "plan_tree", "secretary", "chair")
    require_stage(meeting, "plan_tree", *PLANNED_STAGES)
    require_version(meeting, version)
    _check_size(plan)
    await claim(session, meeting)
    await plant_tree(session, meeting, plan, actor.person_id or "", now)
    audit.record(session, "tree_planned", actor, now, subject_id=meeting.id, rooms=len(plan.hosts))
    await session.flush()
    return meeting


async def plant_tree(session: WriteSession, meeting: Meeting, plan: TreePlan, planner: str, now: datetime) -> None:
    """The same without asking who may; other installations are asked at once when the invitations are out already."""
    planting = await _prepare(session, meeting, plan, planner)
    tree = grow(meeting.host_unit_id, planting.hosts, await _sites(session, plan), _parents(planting.units))
    if tree.levels > MOST_LEVELS:
        raise Invalid({"hosts": "too_deep"})
    await _plant(session, planting, tree, now)
    await _clear(session, planting, now)
    await session.flush()
    await ask_elsewhere(session, meeting, now)


async def tree_of(session: WriteSession, meeting: Meeting) -> TreePlan:
    """The tree as it is planned now, for the next meeting like it; rooms and sites that are gone since are left out."""
    rooms = [room for room in await below(session, meeting.id) if room.stage != "cancelled"]
    remote = await remote_children(session, [meeting.id, *(room.id for room in rooms)])
    units = await units_under(session, meeting)
    linked = select(LinkedNode.id).where(LinkedNode.role == "lower", LinkedNode.revoked_at.is_(None))
    nodes = set((await session.scalars(linked)).all())
    hosts = [
        PlannedHost(
            room.host_unit_id,
            room.chair_person_id,
            room.chair_site_id,
            room.deputy_person_id,
            room.secretary_person_id,
        )
        for room in rooms
    ]
    hosts += [PlannedHost(child.unit_id, node_id=child.node_id) for child in remote if child.node_id in nodes]
    seated = select(Attendee.site_id).join(Site, Site.id == Attendee.site_id).where(Site.active)
    here = (await session.scalars(seated.where(Attendee.meeting_id.in_([meeting.id, *(r.id for r in rooms)])))).all()
    wished = {site_id for child in remote for unit in _wish(child) for site_id in unit.get("site_ids", ())}
    there = (await session.scalars(select(Site.id).where(Site.id.in_(wished), Site.active))).all()
    return TreePlan(tuple(host for host in hosts if host.unit_id in units), tuple(dict.fromkeys([*here, *there])))


def _wish(child: RemoteChild) -> list[dict[str, Any]]:
    wish: list[dict[str, Any]] = json.loads(child.wish_json or "[]")
    return wish


def _check_size(plan: TreePlan) -> None:
    wrong = {"hosts": "too_many"} if len(plan.hosts) > MOST_HOSTS else {}
    if len(plan.site_ids) > MOST_SITES:
        wrong["site_ids"] = "too_many"
    if len({host.unit_id for host in plan.hosts}) != len(plan.hosts):
        wrong["hosts"] = "twice"
    if wrong:
        raise Invalid(wrong)


async def _prepare(session: WriteSession, meeting: Meeting, plan: TreePlan, planner: str) -> _Planting:
    units = await units_under(session, meeting)
    wrong = {
        f"hosts.{number}.unit_id": "not_below_host"
        for number, host in enumerate(plan.hosts)
        if host.unit_id not in units or host.unit_id == meeting.host_unit_id
    }
    wrong |= await _nodes_wrong(session, plan)
    if wrong:
        raise Invalid(wrong)
    rooms = await below(session, meeting.id)
    remote = await remote_children(session, [meeting.id, *(room.id for room in rooms)])
    order = sorted(plan.hosts, key=lambda host: (units[host.unit_id].protocol_order, units[host.unit_id].search_name))
    return _Planting(
        root=meeting,
        planner=planner,
        hosts={host.unit_id: host for host in order},
        units=units,
        numbers={host.unit_id: number for number, host in enumerate(plan.hosts)},
        there={room.host_unit_id: room for room in rooms if room.stage != "cancelled"},
        elsewhere={child.unit_id: child for child in remote},
    )


async def _nodes_wrong(session: WriteSession, plan: TreePlan) -> dict[str, str]:
    """Rooms elsewhere: at an installation below ours, of units that are its own or below it."""
    wrong: dict[str, str] = {}
    under: dict[str, set[str]] = {}
    for number, host in enumerate(plan.hosts):
        if host.node_id is None:
            continue
        node = await session.get(LinkedNode, host.node_id)
        if node is None or node.role != "lower" or node.revoked_at is not None:
            wrong[f"hosts.{number}.node_id"] = "unknown"
        elif node.unit_id is not None:
            if node.id not in under:
                under[node.id] = await ids_under(session, node.unit_id)
            if host.unit_id not in under[node.id]:
                wrong[f"hosts.{number}.node_id"] = "not_of_node"
        if f"hosts.{number}.node_id" not in wrong and not await _has_code(session, host.unit_id):
            wrong[f"hosts.{number}.unit_id"] = "without_code"
    return wrong


async def ids_under(session: WriteSession, unit_id: str) -> set[str]:
    """This unit and all below it."""
    found = await session.scalars(select(Unit.id).where(Unit.id.in_(subtree_ids([unit_id]))))
    return set(found.all())


async def _has_code(session: WriteSession, unit_id: str) -> bool:
    """Two installations know a unit by its administrative code."""
    return bool(await session.scalar(select(Unit.code).where(Unit.id == unit_id)))


async def units_under(session: WriteSession, meeting: Meeting) -> dict[str, Unit]:
    """The convening unit and everything below it on the day of the meeting."""
    query = select(Unit).where(Unit.id.in_(subtree_ids([meeting.host_unit_id])))
    rows = await session.scalars(query.where(valid_on(local_date(meeting.starts_at))))
    return {unit.id: unit for unit in rows}


def _parents(units: Mapping[str, Unit]) -> dict[str, str | None]:
    return {unit.id: unit.parent_id for unit in units.values()}


async def _sites(session: WriteSession, plan: TreePlan) -> list[tuple[str, str]]:
    wanted = set(plan.site_ids)
    query = select(Site).where(Site.id.in_(wanted), Site.active)
    found = (await session.scalars(query.order_by(Site.protocol_order, Site.name, Site.id))).all()
    if len(found) != len(wanted):
        raise Invalid({"site_ids": "unknown"})
    return [(site.id, site.unit_id) for site in found]


async def _plant(session: WriteSession, planting: _Planting, tree: Branch, now: datetime) -> None:
    """From the top down, so that each room finds the one above it."""
    rooms = {tree.unit_id: planting.root}
    for above, branch in tree.walk():
        if above is None:
            await _seat(session, planting.root, branch, now)
        elif above.unit_id not in rooms:
            continue  # below a room that another installation holds: its own people plan there
        elif planting.hosts[branch.unit_id].node_id is not None:
            await _ask(session, planting, rooms[above.unit_id], branch, now)
        else:
            rooms[branch.unit_id] = await _room(session, planting, rooms[above.unit_id], branch, now)


async def _room(session: WriteSession, planting: _Planting, above: Meeting, branch: Branch, now: datetime) -> Meeting:
    """The room of a hosting unit in this installation: kept when it is there, else made."""
    host = planting.hosts[branch.unit_id]
    room = planting.there.pop(branch.unit_id, None)
    told = _change(room, host) if room else False
    room = room or await _make(session, planting, host, now)
    room.parent_id = above.id
    await _check(session, planting, room, branch)
    session.add(room)
    await session.flush()
    await _seat(session, room, branch, now)
    if told and room.sent_at is not None:
        room.sequence += 1
        await invite_all(session, room, "REQUEST", now)
    await index_plan(session, room)
    return room


async def _check(session: WriteSession, planting: _Planting, room: Meeting, branch: Branch) -> None:
    """Before anything of it is written."""
    try:
        with session.no_autoflush:
            await plan_check.check_people(session, room, branch.site_ids)
    except Invalid as wrong:
        raise _of_host(planting, planting.hosts[branch.unit_id], wrong) from wrong


async def _make(session: WriteSession, planting: _Planting, host: PlannedHost, now: datetime) -> Meeting:
    root = planting.root
    plan = Plan(
        title=root.title,
        host_unit_id=host.unit_id,
        starts_at=root.starts_at,
        ends_at=root.ends_at,
        chair_person_id=host.chair_person_id,
        chair_site_id=host.chair_site_id,
        deputy_person_id=host.deputy_person_id,
        secretary_person_id=host.secretary_person_id,
    )
    try:
        filled = await fill_from_host(session, Actor(), plan, now)
    except Invalid as wrong:
        raise _of_host(planting, host, wrong) from wrong
    return Meeting(
        id=new_id(),
        stage=root.stage,
        kind=root.kind,
        title=root.title,
        search_title=fold(root.title),
        starts_at=root.starts_at,
        ends_at=root.ends_at,
        host_unit_id=host.unit_id,
        issuing_unit_id=host.unit_id,
        chair_person_id=filled.chair_person_id or "",
        chair_site_id=filled.chair_site_id or "",
        deputy_person_id=filled.deputy_person_id,
        secretary_person_id=filled.secretary_person_id or "",
        place=filled.place or "",
        contact_phone=filled.contact_phone or "",
        mode=root.mode,
        speech_limit_s=root.speech_limit_s,
        security_marking=root.security_marking,
        record=root.record,
        sequence=0,
        created_by=planting.planner,
        created_at=now,
        sent_at=now if root.stage == "sent" else None,
    )


def _change(room: Meeting, host: PlannedHost) -> bool:
    """Set what was picked; True when invited sites are told of it."""
    wanted = {
        "chair_person_id": host.chair_person_id or room.chair_person_id,
        "chair_site_id": host.chair_site_id or room.chair_site_id,
        "deputy_person_id": host.deputy_person_id,
        "secretary_person_id": host.secretary_person_id or room.secretary_person_id,
    }
    changed = {name: value for name, value in wanted.items() if getattr(room, name) != value}
    for name, value in changed.items():
        setattr(room, name, value)
    return bool({"chair_person_id", "chair_site_id"} & changed.keys())


def _of_host(planting: _Planting, host: PlannedHost, wrong: Invalid) -> Invalid:
    """The same errors, under the hosting unit they belong to."""
    number = planting.numbers[host.unit_id]
    return Invalid({f"hosts.{number}.{field}": code for field, code in wrong.fields.items()})


async def _seat(session: WriteSession, room: Meeting, branch: Branch, now: datetime) -> None:
    """The sites of a room, its chair's among them; those that come in after the invitations went out get theirs."""
    added = await set_sites(session, room, branch.site_ids, now)
    if room.stage != "sent" or not added:
        return
    query = select(Attendee).where(Attendee.meeting_id == room.id, Attendee.site_id.in_(added))
    for attendee in (await session.scalars(query)).all():
        queue_letter(session, room, attendee, "REQUEST", now)


async def _ask(session: WriteSession, planting: _Planting, above: Meeting, branch: Branch, now: datetime) -> None:
    """A room at another installation; which of its units are wanted is a wish, told by administrative code."""
    child = planting.elsewhere.pop(branch.unit_id, None)
    host = planting.hosts[branch.unit_id]
    if child is None or child.node_id != host.node_id:
        if child is not None:
            await release(session, child, now)
        child = RemoteChild(id=new_id(), parent_id=above.id, unit_id=branch.unit_id, node_id=host.node_id or "")
        session.add(child)
    child.parent_id = above.id
    wanted = [unit for _, lower in branch.walk() for unit in await _units_of(session, lower)]
    child.wish_json = json.dumps(wanted, ensure_ascii=False)


async def _units_of(session: WriteSession, branch: Branch) -> list[dict[str, Any]]:
    query = select(Unit, Site.id).join(Site, Site.unit_id == Unit.id).where(Site.id.in_(branch.site_ids))
    found: dict[str, dict[str, Any]] = {}
    for unit, site_id in (await session.execute(query.order_by(Unit.protocol_order, Site.id))).unique():
        told: dict[str, Any] = {"level": unit.level.code, "code": unit.code, "title": unit.title, "site_ids": []}
        found.setdefault(unit.id, told)["site_ids"].append(site_id)
    return list(found.values())


async def _clear(session: WriteSession, planting: _Planting, now: datetime) -> None:
    """Rooms nobody asked for: a draft goes without a trace, one that was told of is called off."""
    for room in reversed(list(planting.there.values())):
        if room.sent_at is None:
            await search.forget_meeting(session, room.id)
            await session.delete(room)
            await session.flush()
        elif room.stage in PLANNED_STAGES:
            await call_off(session, room, "", now)
    for child in planting.elsewhere.values():
        await release(session, child, now)
