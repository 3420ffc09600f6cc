"""The tree of a linked meeting as its plan page shows it: rooms, people, sites, and what each line must carry."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from scheduler.database import ReadSession
from scheduler.linked.asking import told_of
from scheduler.linked.bandwidth import LINK, SITE, Line, Need, Strain, at_server, strain
from scheduler.linked.remote_child import RemoteChild
from scheduler.linked.rows import below, remote_children
from scheduler.linked.warnings import Warned, warnings_of
from scheduler.meetings.access import find_meeting, protocol_order, require
from scheduler.meetings.attendee import Attendee
from scheduler.meetings.meeting import Meeting
from scheduler.organization.person import Person
from scheduler.organization.site import Site
from scheduler.organization.unit import Unit
from scheduler.permissions import Actor, may_plan_tree, may_see_tree

NOTHING = Need(0, 0)
UNKNOWN = Line()


@dataclass(frozen=True, slots=True)
class SeatedSite:
    """A site in a room; ``strain`` compares the program and its own camera with its line."""

    site_id: str
    name: str
    unit_id: str
    unit_title: str
    level: str
    role: str
    reply: str
    delivery: str
    has_address: bool
    phone: str
    line: Line
    strain: Strain


@dataclass(frozen=True, slots=True)
class TreeRoom:
    """A room of the tree. ``node_id``: of the installation that holds it, when it is another one."""

    meeting_id: str | None
    parent_id: str | None
    unit_id: str
    unit_title: str
    level: str
    stage: str
    chair_person_id: str
    chair_name: str
    chair_site_id: str
    deputy_person_id: str | None
    deputy_name: str
    secretary_person_id: str
    secretary_name: str
    sites: tuple[SeatedSite, ...]
    node_id: str | None = None
    state: str = ""  # of the request to another installation
    error: str = ""
    wished: tuple[str, ...] = ()  # units below it that were picked there
    wished_site_ids: tuple[str, ...] = ()
    far_sites: int = 0  # that its installation has told of
    need: Need = NOTHING  # on the line between this installation and the room's; nothing inside one
    line: Line = UNKNOWN  # the one of the unit's own site, where its server stands
    strain: Strain = "fits"


@dataclass(frozen=True, slots=True)
class TreeView:
    rooms: tuple[TreeRoom, ...]  # the root first, then from the top down
    server: Need
    server_line: Line
    server_strain: Strain
    warnings: tuple[Warned, ...]
    version: int
    may_plan: bool

    @property
    def site_count(self) -> int:
        return sum(len(room.sites) + room.far_sites for room in self.rooms)


async def read_tree(session: ReadSession, actor: Actor, meeting_id: str, server_line: Line = UNKNOWN) -> TreeView:
    """The tree below this meeting; for those who run it and the host's staff."""
    meeting, access = await find_meeting(session, actor, meeting_id)
    require(may_see_tree(actor, access), "see_tree", "secretary", "chair")
    rooms = await read_rooms(session, meeting)
    here = sum(len(room.sites) for room in rooms if room.node_id is None)
    server = at_server(here, sum(room.node_id is not None for room in rooms))
    strained = strain(server, Line(server_line.up_kbps, server_line.down_kbps))  # it sends what sites take
    return TreeView(
        rooms=rooms,
        server=server,
        server_line=server_line,
        server_strain=strained,
        warnings=warnings_of(rooms, strained),
        version=meeting.version,
        may_plan=may_plan_tree(actor, access),
    )


async def read_rooms(session: ReadSession, meeting: Meeting) -> tuple[TreeRoom, ...]:
    """This meeting's room and all below, here and elsewhere, in six statements however many there are."""
    is_off = meeting.stage == "cancelled"
    lower = [room for room in await below(session, meeting.id) if is_off or room.stage != "cancelled"]
    meetings = [meeting, *lower]
    remote = await remote_children(session, [room.id for room in meetings])
    units = await _units(session, {*(room.host_unit_id for room in meetings), *(child.unit_id for child in remote)})
    names = await _names(session, meetings)
    sites = await _sites(session, [room.id for room in meetings])
    lines = await _lines(session, {child.unit_id for child in remote})
    here = [_room(room, units, names, sites.get(room.id, ()), is_root=room is meeting) for room in meetings]
    return (*here, *(_elsewhere(child, units, lines.get(child.unit_id, UNKNOWN)) for child in remote))


async def _units(session: ReadSession, ids: set[str]) -> dict[str, Unit]:
    return {unit.id: unit for unit in await session.scalars(select(Unit).where(Unit.id.in_(ids)))}


async def _names(session: ReadSession, meetings: Sequence[Meeting]) -> dict[str | None, str]:
    ids = {id for m in meetings for id in (m.chair_person_id, m.deputy_person_id, m.secretary_person_id)}
    rows = await session.execute(select(Person.id, Person.name).where(Person.id.in_(ids)))
    return {row.id: row.name for row in rows}


async def _sites(session: ReadSession, meeting_ids: Sequence[str]) -> dict[str, tuple[SeatedSite, ...]]:
    query = select(Attendee, Site).join(Site, Site.id == Attendee.site_id).where(Attendee.meeting_id.in_(meeting_ids))
    found: dict[str, list[SeatedSite]] = {}
    for attendee, site in await session.execute(query.order_by(*protocol_order())):
        found.setdefault(attendee.meeting_id, []).append(_site(attendee, site))
    return {id: tuple(sites) for id, sites in found.items()}


async def _lines(session: ReadSession, unit_ids: set[str]) -> dict[str, Line]:
    """By unit: the widest line of a site of its own of which both figures are known."""
    if not unit_ids:
        return {}
    query = select(Site).where(Site.unit_id.in_(unit_ids), Site.line_down_kbps.is_not(None))
    query = query.where(Site.line_up_kbps.is_not(None)).order_by(Site.line_up_kbps, Site.id)
    return {site.unit_id: Line(site.line_down_kbps, site.line_up_kbps) for site in await session.scalars(query)}


def _site(attendee: Attendee, site: Site) -> SeatedSite:
    line = Line(site.line_down_kbps, site.line_up_kbps)
    return SeatedSite(
        site_id=site.id,
        name=site.name,
        unit_id=site.unit_id,
        unit_title=site.unit.title,
        level=site.unit.level.code,
        role=attendee.role,
        reply=attendee.reply,
        delivery=attendee.delivery,
        has_address=bool(site.email),
        phone=site.technician_phone,
        line=line,
        strain=strain(SITE, line),
    )


def _room(
    room: Meeting,
    units: Mapping[str, Unit],
    names: Mapping[str | None, str],
    sites: tuple[SeatedSite, ...],
    *,
    is_root: bool,
) -> TreeRoom:
    unit = units[room.host_unit_id]
    return TreeRoom(
        meeting_id=room.id,
        parent_id=None if is_root else room.parent_id,
        unit_id=unit.id,
        unit_title=unit.title,
        level=unit.level.code,
        stage=room.stage,
        chair_person_id=room.chair_person_id,
        chair_name=names.get(room.chair_person_id, ""),
        chair_site_id=room.chair_site_id,
        deputy_person_id=room.deputy_person_id,
        deputy_name=names.get(room.deputy_person_id, ""),
        secretary_person_id=room.secretary_person_id,
        secretary_name=names.get(room.secretary_person_id, ""),
        sites=sites,
    )


def _elsewhere(child: RemoteChild, units: Mapping[str, Unit], line: Line) -> TreeRoom:
    unit = units[child.unit_id]
    told, wish = told_of(child), json.loads(child.wish_json or "[]")
    return TreeRoom(
        meeting_id=child.meeting_id,
        parent_id=child.parent_id,
        unit_id=unit.id,
        unit_title=unit.title,
        level=unit.level.code,
        stage=told.stage if told else "draft",
        chair_person_id="",
        chair_name=told.chair if told else "",
        chair_site_id="",
        deputy_person_id=None,
        deputy_name=told.deputy if told else "",
        secretary_person_id="",
        secretary_name=told.secretary if told else "",
        sites=(),
        node_id=child.node_id,
        state=child.state,
        error=child.error,
        wished=tuple(one["title"] for one in wish),
        wished_site_ids=tuple(site_id for one in wish for site_id in one.get("site_ids", ())),
        far_sites=len(told.sites) if told else 0,
        need=LINK,
        line=line,
        strain=strain(LINK, line),
    )
