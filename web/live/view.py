"""What a room needs from the tables: the plan for the rules, the roster and the meeting for those who come in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import select

from scheduler.database import ReadSession
from scheduler.linked.asking import told_of
from scheduler.linked.remote_child import RemoteChild
from scheduler.meetings.access import load_access, protocol_order
from scheduler.meetings.agenda import AgendaItem
from scheduler.meetings.attendee import Attendee
from scheduler.meetings.meeting import Meeting
from scheduler.meetings.paper import Paper
from scheduler.meetings.roster import agenda_item_ids, expected_site_ids
from scheduler.organization.person import Person
from scheduler.organization.site import Site, SitePeople
from scheduler.organization.unit import Unit
from scheduler.permissions import Actor, MeetingAccess, acts_for_site, may_see_replies
from scheduler.proceedings.facts import Mode
from scheduler.proceedings.plan import Plan
from scheduler.secrecy import is_secret

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Above:
    """A meeting above one of ours; ``node_id``: the installation that holds it, None: this one."""

    meeting_id: str
    node_id: str | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """The meeting's plan as the rules and the permissions see it."""

    plan: Plan
    access: MeetingAccess
    above: Above | None = None  # the room it hangs below


async def load_planned(session: ReadSession, meeting_id: str) -> Planned | None:
    meeting = await session.get(Meeting, meeting_id, populate_existing=True)
    if meeting is None:
        return None
    papers = await session.execute(
        select(Paper.id, Paper.page_count).where(Paper.meeting_id == meeting_id, Paper.withdrawn_at.is_(None))
    )
    plan = Plan(
        stage=meeting.stage,
        chair_person_id=meeting.chair_person_id,
        chair_site_id=meeting.chair_site_id,
        secretary_person_id=meeting.secretary_person_id,
        deputy_person_id=meeting.deputy_person_id,
        mode=cast(Mode, meeting.mode),
        speech_limit_s=meeting.speech_limit_s,
        record=meeting.record,
        may_record=not is_secret(meeting.security_marking),
        site_ids=await expected_site_ids(session, meeting_id),
        item_ids=await agenda_item_ids(session, meeting_id),
        papers={row.id: row.page_count for row in papers},
    )
    return Planned(plan, await load_access(session, meeting), _above(meeting))


def _above(meeting: Meeting) -> Above | None:
    if meeting.parent_id is not None:
        return Above(meeting.parent_id)
    if meeting.remote_parent_id is not None and meeting.remote_parent_node_id is not None:
        return Above(meeting.remote_parent_id, meeting.remote_parent_node_id)
    return None


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


async def describe_meeting(session: ReadSession, meeting_id: str) -> Json:
    """The plan as the room's page shows it."""
    meeting = await session.get_one(Meeting, meeting_id)
    host = await session.get_one(Unit, meeting.host_unit_id)
    items = select(AgendaItem).where(AgendaItem.meeting_id == meeting_id).order_by(AgendaItem.position)
    papers = select(Paper).where(Paper.meeting_id == meeting_id, Paper.withdrawn_at.is_(None))
    return {
        "id": meeting.id,
        "title": meeting.title,
        "kind": meeting.kind,
        "starts_at": _instant(meeting.starts_at),
        "ends_at": _instant(meeting.ends_at),
        "host": {"id": host.id, "title": host.title},
        "place": meeting.place,
        "contact_phone": meeting.contact_phone,
        "speech_limit_s": meeting.speech_limit_s,
        "record": meeting.record,
        "security_marking": meeting.security_marking,
        "items": [_item(item) for item in await session.scalars(items)],
        "papers": [_paper(p) for p in await session.scalars(papers.order_by(Paper.position, Paper.uploaded_at))],
    }


def _instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _item(item: AgendaItem) -> Json:
    names = ("id", "position", "title", "minutes", "presenter_unit_id", "presenter_name", "note")
    return {name: getattr(item, name) for name in names}


def _paper(paper: Paper) -> Json:
    names = ("id", "title", "file_name", "media_type", "size_bytes", "sha256", "page_count", "item_id", "position")
    shown = {name: getattr(paper, name) for name in names}
    viewable = paper.pdf_sha256 is not None or paper.media_type == "application/pdf"
    return {**shown, "uploaded_by": paper.uploaded_by, "uploaded_at": _instant(paper.uploaded_at), "viewable": viewable}


async def title_of(session: ReadSession, meeting_id: str) -> str:
    """What the rooms it is linked with call it."""
    return await session.scalar(select(Meeting.title).where(Meeting.id == meeting_id)) or ""


async def load_roster(session: ReadSession, actor: Actor, access: MeetingAccess) -> list[Json]:
    """The invited sites in protocol order; telephone numbers for the host's people, and each site its own."""
    query = select(Attendee, Site).join(Site, Site.id == Attendee.site_id).where(Attendee.meeting_id == access.id)
    rows = await session.execute(query.order_by(*protocol_order()))
    sees_all = may_see_replies(actor, access)
    return [
        {
            "site_id": row.Site.id,
            "unit_id": row.Site.unit_id,
            "unit_title": row.Site.unit.title,
            "site_name": row.Site.name,
            "level": row.Site.unit.level.code,
            "level_name": row.Site.unit.level.name,
            "order": order,
            "phone": row.Site.technician_phone if sees_all or acts_for_site(actor, access, row.Site.id) else "",
            "tested_at": _instant(row.Attendee.tested_at) if row.Attendee.tested_at else None,
        }
        for order, row in enumerate(rows, start=1)
    ]


async def load_people(session: ReadSession, site_id: str | None) -> Json | None:
    """Who sat at the site last time."""
    row = await session.get(SitePeople, site_id) if site_id else None
    return None if row is None else {"head_count": row.head_count, "people": json.loads(row.people_json)}


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
