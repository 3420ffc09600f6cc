"""One meeting as its page shows it: plan, agenda, sites in protocol order with replies, papers, and what one may do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from scheduler.database import ReadSession
from scheduler.linked.parent import ParentPlan, parent_plan
from scheduler.linked.rows import count_rooms
from scheduler.meetings.access import find_meeting, protocol_order
from scheduler.meetings.agenda import AgendaItem
from scheduler.meetings.attendee import Attendee
from scheduler.meetings.local_time import local_date
from scheduler.meetings.may import MainAction, main_action, my_roles, what_may
from scheduler.meetings.meeting import Meeting
from scheduler.meetings.paper import Paper
from scheduler.meetings.plan_defaults import propose_deputy
from scheduler.meetings.site_link import SiteLinks
from scheduler.organization.person import Person
from scheduler.organization.site import Site
from scheduler.organization.unit import Unit
from scheduler.permissions import (
    Actor,
    MeetingAccess,
    acts_for_site,
    may_edit,
    may_hand_out_link,
    may_see_replies,
    runs,
)


@dataclass(frozen=True, slots=True)
class Deputy:
    name: str
    post: str


@dataclass(frozen=True, slots=True)
class InvitedSite:
    """A site on the plan; what only the host sees is empty for the others."""

    site_id: str
    site_name: str
    unit_id: str
    unit_title: str
    level: str
    order: int
    role: str
    reply: str
    reply_reason: str
    deputy: Deputy | None
    replied_at: datetime | None
    delivery: str
    delivery_error: str
    tested_at: datetime | None
    phone: str
    link: str | None  # for those who may hand it out


@dataclass(frozen=True, slots=True)
class MeetingDetail:
    """``meeting`` and ``items`` are rows; every other field is worked out."""

    meeting: Meeting
    access: MeetingAccess
    items: list[AgendaItem]
    sites: list[InvitedSite]
    papers: list[Paper]
    host: Unit
    issuing: Unit
    chair_name: str
    secretary_name: str
    deputy_name: str
    proposed_deputy: Person | None  # of a room below another that has none, for whoever may name him
    parent: ParentPlan | None
    room_count: int  # rooms directly below
    minutes_sum: int
    slot_minutes: int
    my_roles: tuple[str, ...]
    may: tuple[str, ...]
    main_action: MainAction | None


async def read_meeting(
    session: ReadSession, actor: Actor, meeting_id: str, now: datetime, links: SiteLinks | None = None
) -> MeetingDetail:
    """The meeting; NotFound when it is not to be seen. With ``links``, the sites' addresses are filled in."""
    meeting, access = await find_meeting(session, actor, meeting_id)
    items = await _items(session, meeting_id)
    persons = await _names(session, meeting)
    return MeetingDetail(
        meeting=meeting,
        access=access,
        items=items,
        sites=await _sites(session, actor, access, links),
        papers=await _papers(session, actor, access),
        host=await session.get_one(Unit, meeting.host_unit_id),
        issuing=await session.get_one(Unit, meeting.issuing_unit_id),
        chair_name=persons[meeting.chair_person_id],
        secretary_name=persons[meeting.secretary_person_id],
        deputy_name=persons.get(meeting.deputy_person_id or "", ""),
        proposed_deputy=await _proposed(session, actor, meeting, access, now),
        parent=await parent_plan(session, meeting),
        room_count=await count_rooms(session, meeting_id),
        minutes_sum=sum(item.minutes for item in items),
        slot_minutes=int((meeting.ends_at - meeting.starts_at).total_seconds() // 60),
        my_roles=my_roles(actor, access),
        may=what_may(actor, access),
        main_action=main_action(actor, access, meeting.starts_at, now),
    )


async def _items(session: ReadSession, meeting_id: str) -> list[AgendaItem]:
    query = select(AgendaItem).where(AgendaItem.meeting_id == meeting_id).order_by(AgendaItem.position)
    return list((await session.scalars(query)).all())


async def _proposed(
    session: ReadSession, actor: Actor, meeting: Meeting, access: MeetingAccess, now: datetime
) -> Person | None:
    is_below = meeting.parent_id is not None or meeting.remote_parent_id is not None
    if not is_below or meeting.deputy_person_id is not None or not may_edit(actor, access):
        return None
    return await propose_deputy(session, meeting.host_unit_id, meeting.chair_person_id, local_date(now))


async def _names(session: ReadSession, meeting: Meeting) -> dict[str, str]:
    ids = {meeting.chair_person_id, meeting.secretary_person_id, meeting.deputy_person_id}
    query = select(Person).where(Person.id.in_(ids))
    return {person.id: person.name for person in (await session.scalars(query)).all()}


async def _papers(session: ReadSession, actor: Actor, access: MeetingAccess) -> list[Paper]:
    query = select(Paper).where(Paper.meeting_id == access.id).order_by(Paper.position, Paper.uploaded_at)
    if not runs(actor, access):
        query = query.where(Paper.withdrawn_at.is_(None))
    return list((await session.scalars(query)).all())


async def _sites(
    session: ReadSession, actor: Actor, access: MeetingAccess, links: SiteLinks | None
) -> list[InvitedSite]:
    query = select(Attendee, Site).join(Site, Site.id == Attendee.site_id).where(Attendee.meeting_id == access.id)
    rows = await session.execute(query.order_by(*protocol_order()))
    return [_site(row.Attendee, row.Site, n, actor, access, links) for n, row in enumerate(rows, start=1)]


def _site(
    attendee: Attendee, site: Site, order: int, actor: Actor, access: MeetingAccess, links: SiteLinks | None
) -> InvitedSite:
    opened = may_see_replies(actor, access) or acts_for_site(actor, access, site.id)
    handed_out = links is not None and may_hand_out_link(actor, access, site.id)
    return InvitedSite(
        site_id=site.id,
        site_name=site.name,
        unit_id=site.unit_id,
        unit_title=site.unit.title,
        level=site.unit.level.code,
        order=order,
        role=attendee.role,
        reply=attendee.reply,
        reply_reason=attendee.reply_reason if opened else "",
        deputy=Deputy(attendee.deputy_name, attendee.deputy_post) if opened and attendee.deputy_name else None,
        replied_at=attendee.replied_at if opened else None,
        delivery=attendee.delivery if opened else "none",
        delivery_error=attendee.delivery_error if opened else "",
        tested_at=attendee.tested_at,
        phone=site.technician_phone if opened else "",
        link=links.url_of(site, access.id) if links is not None and handed_out else None,
    )
