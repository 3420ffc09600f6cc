"""What a new draft takes from its host unit: time, chair, rooms, secretary and telephone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, or_, select

from scheduler.database import ReadSession, WriteSession
from scheduler.errors import Invalid, NotAllowed
from scheduler.meetings.local_time import local, local_date
from scheduler.meetings.plan_input import Plan
from scheduler.organization.person import Person, RoleAssignment
from scheduler.organization.post import Membership, Post
from scheduler.organization.site import Site
from scheduler.organization.unit import Unit
from scheduler.permissions import PLANNERS, Actor


def host_of(actor: Actor, wanted: str | None) -> str:
    """The host unit asked for, or the only one this person plans for."""
    if wanted is not None:
        return wanted
    units = actor.units_as(*PLANNERS)
    if not units:
        raise NotAllowed("plan", tuple(sorted(PLANNERS)))
    if len(units) > 1:
        raise Invalid({"host_unit_id": "required"})
    return next(iter(units))


async def fill_from_host(session: WriteSession, actor: Actor, plan: Plan, now: datetime) -> Plan:
    """The plan with every empty field filled."""
    host = await session.get(Unit, plan.host_unit_id)
    if host is None:
        raise Invalid({"host_unit_id": "unknown"})
    starts_at, ends_at = _slot(plan, now)
    filled = replace(
        plan,
        starts_at=starts_at,
        ends_at=ends_at,
        issuing_unit_id=plan.issuing_unit_id or host.id,
        chair_person_id=plan.chair_person_id or await _head_of(session, host.id, local_date(now)),
        chair_site_id=plan.chair_site_id or await _first_site_of(session, host.id),
        secretary_person_id=plan.secretary_person_id or await _secretary_of(session, actor, host.id),
        place=plan.place if plan.place is not None else f"Phòng họp {host.title} và các điểm cầu",
    )
    return await _with_telephone(session, filled)


def _slot(plan: Plan, now: datetime) -> tuple[datetime, datetime]:
    """Tomorrow at eight, for two hours, unless a time was given."""
    tomorrow = (local(now) + timedelta(days=1)).replace(hour=8, minute=0, second=0, microsecond=0)
    start = plan.starts_at or tomorrow
    return start, plan.ends_at or start + timedelta(hours=2)


async def propose_deputy(session: ReadSession, unit_id: str, chair_person_id: str, day: date) -> Person | None:
    """Who would chair in his place: whoever holds the next post of the unit."""
    query = _by_post(select(Person).join(Membership, Membership.person_id == Person.id), unit_id, day)
    found: Person | None = await session.scalar(query.where(Person.id != chair_person_id).limit(1))
    return found


async def _head_of(session: WriteSession, unit_id: str, day: date) -> str:
    """Who holds the first post of the unit."""
    query = select(Membership.person_id).join(Person, Person.id == Membership.person_id)
    return _found(await session.scalar(_by_post(query, unit_id, day).limit(1)), "chair_person_id")


def _by_post(query: Select[Any], unit_id: str, day: date) -> Select[Any]:
    """Those who hold posts of the unit that day, by rank."""
    return (
        query.join(Post, Post.id == Membership.post_id)
        .where(Post.unit_id == unit_id, Person.active)
        .where(or_(Membership.valid_from.is_(None), Membership.valid_from <= day))
        .where(or_(Membership.valid_to.is_(None), Membership.valid_to >= day))
        .order_by(Post.protocol_order)
    )


async def _first_site_of(session: WriteSession, unit_id: str) -> str:
    query = select(Site.id).where(Site.unit_id == unit_id, Site.active).order_by(Site.protocol_order, Site.id).limit(1)
    return _found(await session.scalar(query), "chair_site_id")


async def _secretary_of(session: WriteSession, actor: Actor, unit_id: str) -> str:
    if actor.person_id is not None and actor.holds("secretary", unit_id):
        return actor.person_id
    query = (
        select(RoleAssignment.person_id)
        .join(Person, Person.id == RoleAssignment.person_id)
        .where(RoleAssignment.unit_id == unit_id, RoleAssignment.role == "secretary", Person.active)
        .order_by(Person.sort_name)
        .limit(1)
    )
    return _found(await session.scalar(query), "secretary_person_id")


async def _with_telephone(session: WriteSession, plan: Plan) -> Plan:
    if plan.contact_phone is not None:
        return plan
    secretary = await session.get(Person, plan.secretary_person_id)
    return replace(plan, contact_phone=(secretary.phone if secretary else None) or "")


def _found(value: str | None, field: str) -> str:
    if value is None:
        raise Invalid({field: "required"})
    return value
