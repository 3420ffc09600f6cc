"""The units one may pick for a linked meeting: the convening unit and all below, with their sites and their head."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import or_, select

from scheduler.database import ReadSession
from scheduler.meetings.access import find_meeting, require
from scheduler.meetings.local_time import local_date
from scheduler.meetings.meeting import Meeting
from scheduler.nodes.registry import linked_nodes
from scheduler.organization.level import Level
from scheduler.organization.person import Person
from scheduler.organization.post import Membership, Post
from scheduler.organization.site import Site
from scheduler.organization.tree import subtree_ids, valid_on
from scheduler.organization.unit import Unit
from scheduler.permissions import Actor, may_see_tree


@dataclass(frozen=True, slots=True)
class CandidateSite:
    site_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A unit; without a site it cannot take part, without a head its chair must be picked."""

    unit_id: str
    parent_id: str | None
    title: str
    level: Level
    head_person_id: str | None
    head_name: str
    sites: tuple[CandidateSite, ...]
    node_id: str | None = None  # of the installation below ours that it has
    node_name: str = ""


async def read_candidates(session: ReadSession, actor: Actor, meeting_id: str) -> list[Candidate]:
    """In protocol order; four statements for a whole province."""
    meeting, access = await find_meeting(session, actor, meeting_id)
    require(may_see_tree(actor, access), "see_tree", "secretary", "chair")
    units = await _units(session, meeting)
    ids = [unit.id for unit in units]
    heads, sites = await _heads(session, meeting, ids), await _sites(session, ids)
    nodes = {node.unit_id: node for node in await linked_nodes(session) if node.role == "lower"}
    return [
        Candidate(
            unit_id=unit.id,
            parent_id=unit.parent_id,
            title=unit.title or unit.name,
            level=unit.level,
            head_person_id=heads.get(unit.id, (None, ""))[0],
            head_name=heads.get(unit.id, (None, ""))[1],
            sites=tuple(sites.get(unit.id, ())),
            node_id=nodes[unit.id].id if unit.id in nodes and unit.code else None,
            node_name=nodes[unit.id].name if unit.id in nodes and unit.code else "",
        )
        for unit in units
    ]


async def _units(session: ReadSession, meeting: Meeting) -> list[Unit]:
    query = select(Unit).where(Unit.id.in_(subtree_ids([meeting.host_unit_id])))
    query = query.where(valid_on(local_date(meeting.starts_at))).order_by(Unit.protocol_order, Unit.search_name)
    return list((await session.scalars(query)).all())


async def _heads(session: ReadSession, meeting: Meeting, ids: list[str]) -> dict[str, tuple[str, str]]:
    """Who holds the first post of each unit that day."""
    day = local_date(meeting.starts_at)
    query = (
        select(Post.unit_id, Person.id, Person.name)
        .join(Membership, Membership.post_id == Post.id)
        .join(Person, Person.id == Membership.person_id)
        .where(Post.unit_id.in_(ids), Person.active)
        .where(or_(Membership.valid_from.is_(None), Membership.valid_from <= day))
        .where(or_(Membership.valid_to.is_(None), Membership.valid_to >= day))
        .order_by(Post.protocol_order.desc())
    )
    return {row.unit_id: (row.id, row.name) for row in await session.execute(query)}


async def _sites(session: ReadSession, ids: list[str]) -> dict[str, list[CandidateSite]]:
    query = select(Site).where(Site.unit_id.in_(ids), Site.active)
    found: dict[str, list[CandidateSite]] = {}
    for site in await session.scalars(query.order_by(Site.protocol_order, Site.name, Site.id)):
        found.setdefault(site.unit_id, []).append(CandidateSite(site.id, site.name))
    return found
