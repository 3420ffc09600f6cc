"""What a room asks the tables now and then, beside its plan (``planned.py``)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, bindparam, select

from scheduler.database import ReadSession
from scheduler.linked.asking import told_of
from scheduler.linked.readiness import Readiness
from scheduler.linked.remote_child import RemoteChild
from scheduler.meetings.meeting import Meeting
from scheduler.organization.person import Person
from scheduler.organization.site import Site, SitePeople
from scheduler.organization.unit import Unit
from scheduler.permissions import Actor

Json = dict[str, Any]


async def is_remote_child(session: ReadSession, node_id: str, meeting_id: str, child_id: str) -> bool:
    """Whether that installation holds the room ``child_id`` below this meeting."""
    query = select(RemoteChild.id).where(RemoteChild.node_id == node_id, RemoteChild.parent_id == meeting_id)
    return await session.scalar(query.where(RemoteChild.meeting_id == child_id)) is not None


async def sites_below(
    session: ReadSession, node_id: str, meeting_id: str, child_id: str
) -> tuple[bool, list[str] | None]:
    """Whether that installation holds the room ``child_id`` below this meeting, and the sites it has told of there."""
    query = select(RemoteChild).where(RemoteChild.node_id == node_id, RemoteChild.parent_id == meeting_id)
    child = await session.scalar(query.where(RemoteChild.meeting_id == child_id))
    told = told_of(child) if child is not None else None
    return child is not None, [site.id for site in told.sites] if told is not None else None


async def title_of(session: ReadSession, meeting_id: str) -> str:
    """What the rooms it is linked with call it."""
    return await session.scalar(select(Meeting.title).where(Meeting.id == meeting_id)) or ""


@dataclass(frozen=True, slots=True)
class Own:
    """What is known of one site beside the plan: who sat there last time, its check before this meeting."""

    people: Json | None = None
    check: Readiness | None = None


_OWN = (
    select(SitePeople.head_count, SitePeople.people_json, Readiness)
    .select_from(Site)
    .outerjoin(SitePeople, SitePeople.site_id == Site.id)
    .outerjoin(Readiness, and_(Readiness.site_id == Site.id, Readiness.meeting_id == bindparam("meeting_id")))
    .where(Site.id == bindparam("site_id"))
)


async def load_own(session: ReadSession, meeting_id: str, site_id: str | None) -> Own:
    found = (await session.execute(_OWN, {"meeting_id": meeting_id, "site_id": site_id})).one_or_none()
    if found is None:
        return Own()
    head_count, people, check = found
    return Own(shape_people(head_count, json.loads(people)) if people is not None else None, check)


def shape_people(head_count: int, people: Any) -> Json:
    """Who sat at the site, as its page shows it."""
    return {"head_count": head_count, "people": people}


async def name_of(session: ReadSession, actor: Actor, site_id: str | None) -> str:
    """What stands beside a message: the person's name, or the unit of the site."""
    if actor.person_id is not None:
        person = await session.get(Person, actor.person_id)
        return person.name if person else ""
    site = await session.get(Site, site_id or actor.site_id)
    return site.unit.title if site else ""


async def are_known(session: ReadSession, model: type[Person] | type[Unit], ids: set[str]) -> bool:
    """Whether there is a row for each of these ids."""
    found = await session.scalars(select(model.id).where(model.id.in_(ids)))
    return set(found.all()) == ids
