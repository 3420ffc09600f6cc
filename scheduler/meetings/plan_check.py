"""Checks a plan: first the fields as typed, then whether the people, units and sites fit the host."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import get_args

from sqlalchemy import select

from scheduler.database import WriteSession
from scheduler.errors import Invalid
from scheduler.meetings.local_time import local_date
from scheduler.meetings.meeting import Meeting
from scheduler.meetings.plan_input import Plan, PlannedItem
from scheduler.organization.person import Person, RoleAssignment
from scheduler.organization.post import Membership, Post
from scheduler.organization.site import Site
from scheduler.organization.tree import path_of
from scheduler.organization.unit import Unit
from scheduler.permissions import PLANNERS
from scheduler.proceedings.facts import Mode

KINDS = frozenset({"giao_ban", "hop_khan", "hoi_nghi"})
LONGEST_SLOT = timedelta(hours=24)
LONGEST_TITLE = 500  # Subject in Nghị định 30/2020, Appendix VI
MOST_ITEMS = 100
LONGEST_ITEM_MINUTES = 24 * 60
LONGEST_SPEECH_S = 2 * 3600


def check_fields(plan: Plan, meeting: Meeting | None = None) -> None:
    """Raise Invalid with every wrong field; ``meeting`` gives the times that were not typed."""
    wrong = {**_title(plan), **_times(plan, meeting), **_choices(plan), **_items(plan)}
    if wrong:
        raise Invalid(wrong)


def _title(plan: Plan) -> dict[str, str]:
    if not plan.title.strip():
        return {"title": "required"}
    return {"title": "too_long"} if len(plan.title) > LONGEST_TITLE else {}


def _times(plan: Plan, meeting: Meeting | None) -> dict[str, str]:
    starts_at = plan.starts_at or (meeting.starts_at if meeting else None)
    ends_at = plan.ends_at or (meeting.ends_at if meeting else None)
    naive = [
        name for name, at in (("starts_at", starts_at), ("ends_at", ends_at)) if at is not None and at.tzinfo is None
    ]
    if naive:
        return dict.fromkeys(naive, "without_zone")
    if starts_at is None or ends_at is None:
        return {}
    if ends_at <= starts_at:
        return {"ends_at": "before_start"}
    return {"ends_at": "too_long"} if ends_at - starts_at > LONGEST_SLOT else {}


def _choices(plan: Plan) -> dict[str, str]:
    wrong: dict[str, str] = {}
    if plan.kind is not None and plan.kind not in KINDS:
        wrong["kind"] = "unknown"
    if plan.mode is not None and plan.mode not in get_args(Mode):
        wrong["mode"] = "unknown"
    if plan.speech_limit_s is not None and not 0 <= plan.speech_limit_s <= LONGEST_SPEECH_S:
        wrong["speech_limit_s"] = "out_of_range"
    return wrong


def _items(plan: Plan) -> dict[str, str]:
    items = plan.items or ()
    wrong: dict[str, str] = {"items": "too_many"} if len(items) > MOST_ITEMS else {}
    for number, item in enumerate(items):
        if not item.title.strip():
            wrong[f"items.{number}.title"] = "required"
        elif len(item.title) > LONGEST_TITLE:
            wrong[f"items.{number}.title"] = "too_long"
        if not 0 < item.minutes <= LONGEST_ITEM_MINUTES:
            wrong[f"items.{number}.minutes"] = "out_of_range"
    return wrong


async def check_people(session: WriteSession, meeting: Meeting, site_ids: Iterable[str]) -> None:
    """Raise Invalid when a unit, person or site does not exist, is no longer valid or does not belong to the host."""
    day = local_date(meeting.starts_at)
    host = await session.get(Unit, meeting.host_unit_id)
    if host is None or not _valid(host, day):
        raise Invalid({"host_unit_id": "unknown" if host is None else "not_valid_then"})
    path = await path_of(session, host.id)
    wrong = await _issuing(session, meeting, path)
    wrong |= await _chair(session, meeting, path)
    wrong |= await _deputy(session, meeting, path)
    wrong |= await _secretary(session, meeting, path)
    chair_site = set() if "chair_site_id" in wrong else {meeting.chair_site_id}
    wrong |= await _sites(session, set(site_ids) | chair_site, day)
    if wrong:
        raise Invalid(wrong)


def _valid(unit: Unit, day: date) -> bool:
    return (unit.valid_from is None or unit.valid_from <= day) and (unit.valid_to is None or unit.valid_to >= day)


async def _issuing(session: WriteSession, meeting: Meeting, host_path: tuple[str, ...]) -> dict[str, str]:
    """The issuing organ is the host, one above it or one below."""
    if meeting.issuing_unit_id in host_path:
        return {}
    if await session.get(Unit, meeting.issuing_unit_id) is None:
        return {"issuing_unit_id": "unknown"}
    path = await path_of(session, meeting.issuing_unit_id)
    return {} if meeting.host_unit_id in path else {"issuing_unit_id": "not_of_host"}


async def _units_of(session: WriteSession, person_id: str) -> set[str]:
    """Units in which the person holds a post or plans."""
    posts = select(Post.unit_id).join(Membership).where(Membership.person_id == person_id)
    roles = select(RoleAssignment.unit_id).where(
        RoleAssignment.person_id == person_id, RoleAssignment.role.in_(PLANNERS)
    )
    return {*(await session.scalars(posts)).all(), *(await session.scalars(roles)).all()}


async def _chair(session: WriteSession, meeting: Meeting, host_path: tuple[str, ...]) -> dict[str, str]:
    """The chair belongs to the host unit, to one above it or to the unit of the chair's site; so does that site."""
    person, site = (
        await session.get(Person, meeting.chair_person_id),
        await session.get(Site, meeting.chair_site_id),
    )
    if person is None or not person.active:
        return {"chair_person_id": "unknown"}
    if site is None or not site.active:
        return {"chair_site_id": "unknown"}
    units = await _units_of(session, person.id)
    if not units & {*host_path, site.unit_id}:
        return {"chair_person_id": "not_of_host"}
    return {} if site.unit_id in {*host_path, *units} else {"chair_site_id": "not_of_host"}


async def _deputy(session: WriteSession, meeting: Meeting, host_path: tuple[str, ...]) -> dict[str, str]:
    """Whoever is to chair in the chair's place belongs to the host unit or to one above it."""
    if meeting.deputy_person_id is None:
        return {}
    if meeting.deputy_person_id == meeting.chair_person_id:
        return {"deputy_person_id": "is_the_chair"}
    person = await session.get(Person, meeting.deputy_person_id)
    if person is None or not person.active:
        return {"deputy_person_id": "unknown"}
    units = await _units_of(session, person.id)
    return {} if units & set(host_path) else {"deputy_person_id": "not_of_host"}


async def _secretary(session: WriteSession, meeting: Meeting, host_path: tuple[str, ...]) -> dict[str, str]:
    person = await session.get(Person, meeting.secretary_person_id)
    if person is None or not person.active:
        return {"secretary_person_id": "unknown"}
    units = await _units_of(session, person.id)
    return {} if units & set(host_path) else {"secretary_person_id": "not_of_host"}


async def _sites(session: WriteSession, site_ids: set[str], day: date) -> dict[str, str]:
    found = (await session.scalars(select(Site).where(Site.id.in_(site_ids)))).all()
    if {site.id for site in found if site.active} != site_ids:
        return {"site_ids": "unknown"}
    return {} if all(_valid(site.unit, day) for site in found) else {"site_ids": "not_valid_then"}


async def check_presenters(session: WriteSession, items: Iterable[PlannedItem]) -> None:
    """Raise Invalid when a presenting unit does not exist."""
    named = {item.presenter_unit_id for item in items if item.presenter_unit_id}
    known = set((await session.scalars(select(Unit.id).where(Unit.id.in_(named)))).all())
    wrong = {
        f"items.{n}.presenter_unit_id": "unknown" for n, i in enumerate(items) if i.presenter_unit_id in named - known
    }
    if wrong:
        raise Invalid(wrong)
