"""The tree of a linked meeting: units to pick from, hosting units and sites, lines and warnings."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field

from scheduler.linked.bandwidth import PROGRAM, SITE, Line
from scheduler.linked.candidates import Candidate, read_candidates
from scheduler.linked.plan_tree import MOST_HOSTS, MOST_SITES, PlannedHost, TreePlan, plan_tree
from scheduler.linked.view import SeatedSite, TreeRoom, TreeView, read_tree
from web.api.call import Body, Json, SessionCall, Somebody
from web.installation import read_installation

router = APIRouter(tags=["tree"])

Id = Annotated[str, Field(min_length=1, max_length=36)]


class HostIn(Body):
    unit_id: Id
    chair_person_id: Id | None = None
    chair_site_id: Id | None = None
    deputy_person_id: Id | None = None
    secretary_person_id: Id | None = None
    node_id: Id | None = None


class TreeIn(Body):
    version: Annotated[int, Field(ge=1)]
    hosts: Annotated[list[HostIn], Field(max_length=MOST_HOSTS, default_factory=list)]
    site_ids: Annotated[list[Id], Field(max_length=MOST_SITES, default_factory=list)]

    def plan(self) -> TreePlan:
        return TreePlan(tuple(PlannedHost(**host.model_dump()) for host in self.hosts), tuple(self.site_ids))


@router.get("/meetings/{meeting_id}/tree")
async def read(meeting_id: str, call: Somebody) -> Json:
    return await answer(call, meeting_id)


@router.put("/meetings/{meeting_id}/tree")
async def change(meeting_id: str, body: TreeIn, call: Somebody) -> Json:
    """The whole tree as it is to be; rooms and sites that stay keep what they have."""
    async with call.database.transaction() as session:
        await plan_tree(session, await call.actor(session), meeting_id, body.plan(), body.version, call.now)
    call.services.outbox_changed.set()
    return await answer(call, meeting_id)


@router.get("/meetings/{meeting_id}/tree/units")
async def units(meeting_id: str, call: Somebody) -> Json:
    async with call.database.reading() as session:
        found = await read_candidates(session, await call.actor(session), meeting_id)
    return {"items": [_candidate(one) for one in found], "next": None}


async def answer(call: SessionCall, meeting_id: str) -> Json:
    async with call.database.reading() as session:
        values = await read_installation(session)
        line = Line(values["line_down_kbps"], values["line_up_kbps"])
        view = await read_tree(session, await call.actor(session), meeting_id, line)
    return shape_tree(meeting_id, view)


def shape_tree(meeting_id: str, view: TreeView) -> dict[str, Any]:
    return {
        "meeting_id": meeting_id,
        "version": view.version,
        "may_plan": view.may_plan,
        "site_count": view.site_count,
        "rooms": [_room(room) for room in view.rooms],
        "server": {**asdict(view.server), "line": asdict(view.server_line), "strain": view.server_strain},
        "per_site": {"program_kbps": PROGRAM.down_kbps, **asdict(SITE)},
        "warnings": [{"code": one.code, "count": one.count, "names": list(one.names)} for one in view.warnings],
    }


def _room(room: TreeRoom) -> dict[str, Any]:
    return {
        "meeting_id": room.meeting_id,
        "parent_id": room.parent_id,
        "unit": {"id": room.unit_id, "title": room.unit_title, "level": room.level},
        "stage": room.stage,
        "chair": {"id": room.chair_person_id, "name": room.chair_name, "site_id": room.chair_site_id},
        "deputy": {"id": room.deputy_person_id or "", "name": room.deputy_name} if room.deputy_name else None,
        "secretary": {"id": room.secretary_person_id, "name": room.secretary_name},
        "node_id": room.node_id,
        "state": room.state,
        "error": room.error,
        "wished": list(room.wished),
        "wished_site_ids": list(room.wished_site_ids),
        "far_sites": room.far_sites,
        "need": asdict(room.need) if room.node_id else None,
        "line": asdict(room.line) if room.node_id else None,
        "strain": room.strain,
        "sites": [_site(site) for site in room.sites],
    }


def _site(site: SeatedSite) -> dict[str, Any]:
    return {
        "site_id": site.site_id,
        "name": site.name,
        "unit_id": site.unit_id,
        "unit_title": site.unit_title,
        "level": site.level,
        "role": site.role,
        "reply": site.reply,
        "delivery": site.delivery,
        "line": asdict(site.line),
        "strain": site.strain,
    }


def _candidate(one: Candidate) -> dict[str, Any]:
    return {
        "id": one.unit_id,
        "parent_id": one.parent_id,
        "title": one.title,
        "level": {"code": one.level.code, "name": one.level.name, "rank": one.level.rank},
        "head": {"id": one.head_person_id, "name": one.head_name} if one.head_person_id else None,
        "sites": [{"id": site.site_id, "name": site.name} for site in one.sites],
        "node": {"id": one.node_id, "name": one.node_name} if one.node_id else None,
    }
