"""The names that ids in the log stand for, read once from the directory and the plan."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import or_, select

from scheduler.database import ReadSession, WriteSession
from scheduler.meetings.agenda import AgendaItem
from scheduler.meetings.attendee import Attendee
from scheduler.meetings.meeting import Meeting
from scheduler.meetings.paper import Paper
from scheduler.organization.person import Person
from scheduler.organization.post import Membership, Post
from scheduler.organization.site import Site
from scheduler.organization.unit import Unit
from scheduler.proceedings.facts import Somebody

AnySession = ReadSession | WriteSession


@dataclass(slots=True)
class SiteName:
    title: str  # of its unit: "xã Quản Bạ"
    name: str  # "Phòng họp UBND xã Quản Bạ"
    order: tuple[int, int]


@dataclass(slots=True)
class Names:
    """What the minutes call everything."""

    meeting: Meeting
    organ: Unit
    parent: Unit | None
    sites: dict[str, SiteName] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    persons: dict[str, Somebody] = field(default_factory=dict)
    items: dict[str, AgendaItem] = field(default_factory=dict)  # in the plan's order
    papers: dict[str, Paper] = field(default_factory=dict)

    def person(self, person_id: str | None) -> Somebody:
        return self.persons.get(person_id or "", Somebody(""))


async def load_names(session: AnySession, meeting: Meeting, person_ids: set[str], unit_ids: set[str]) -> Names:
    """Names as of the day of the meeting."""
    organ = await session.get_one(Unit, meeting.issuing_unit_id)
    names = Names(meeting, organ, await session.get(Unit, organ.parent_id) if organ.parent_id else None)
    names.sites = await _sites(session, meeting.id)
    names.units = {unit.id: unit.title for unit in await session.scalars(select(Unit).where(Unit.id.in_(unit_ids)))}
    names.persons = await load_persons(session, person_ids, meeting.starts_at)
    items = select(AgendaItem).where(AgendaItem.meeting_id == meeting.id).order_by(AgendaItem.position)
    names.items = {item.id: item for item in await session.scalars(items)}
    names.papers = {
        paper.id: paper for paper in await session.scalars(select(Paper).where(Paper.meeting_id == meeting.id))
    }
    return names


async def _sites(session: AnySession, meeting_id: str) -> dict[str, SiteName]:
    query = select(Site).join(Attendee, Attendee.site_id == Site.id).where(Attendee.meeting_id == meeting_id)
    chair = select(Site).join(Meeting, Meeting.chair_site_id == Site.id).where(Meeting.id == meeting_id)
    sites = [*await session.scalars(query), *await session.scalars(chair)]
    return {
        site.id: SiteName(site.unit.title, site.name, (site.unit.protocol_order, site.protocol_order)) for site in sites
    }


async def load_persons(session: AnySession, person_ids: set[str], at: datetime) -> dict[str, Somebody]:
    """Persons with the first post, by protocol order, that each held that day."""
    persons = {p.id: Somebody(p.name) for p in await session.scalars(select(Person).where(Person.id.in_(person_ids)))}
    day: date = at.date()
    query = (
        select(Membership.person_id, Post.name)
        .join(Post, Membership.post_id == Post.id)
        .where(
            Membership.person_id.in_(person_ids),
            or_(Membership.valid_from.is_(None), Membership.valid_from <= day),
            or_(Membership.valid_to.is_(None), Membership.valid_to >= day),
        )
        .order_by(Post.protocol_order.desc())
    )
    for person_id, post in await session.execute(query):
        persons[person_id] = Somebody(persons[person_id].name, post)
    return persons
