"""The organisation: levels, units, posts and sites; read by every person, kept by units' administrators."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from scheduler.database import ReadSession, WriteSession
from scheduler.meetings.access import require
from scheduler.meetings.local_time import local_date
from scheduler.meetings.site_link import renew_site_link
from scheduler.organization import directory
from scheduler.organization.directory import HeldPost, ListedUnit
from scheduler.organization.person_administration import may_administer_person
from scheduler.organization.site import Site
from scheduler.organization.tree import ancestors_of, path_of
from scheduler.organization.unit import Unit
from scheduler.organization.unit_administration import (
    SiteForm,
    UnitForm,
    add_site,
    add_unit,
    change_site,
    change_unit,
)
from scheduler.permissions import Actor, may_administer_unit, may_see_contacts, may_see_directory
from web.api.call import Body, Json, SessionCall, Somebody
from web.api.persons import shape_person

router = APIRouter(tags=["organization"])

Id = Annotated[str, Field(min_length=1, max_length=36)]
Name = Annotated[str, Field(max_length=200)]
Order = Annotated[int, Field(ge=0, le=1_000_000)]


class UnitIn(Body):
    name: Name
    kind: Name = ""
    level_id: Id
    parent_id: Id | None = None
    code: Annotated[str, Field(max_length=20)] | None = None
    organ_id: Annotated[str, Field(max_length=50)] | None = None
    organ_name: Name = ""
    notation: Annotated[str, Field(max_length=50)] = "UBND"
    place: Name = ""
    protocol_order: Order = 0
    valid_from: date | None = None
    valid_to: date | None = None


class SiteIn(Body):
    name: Name
    email: Name | None = None
    technician_person_id: Id | None = None
    technician_phone: Annotated[str, Field(max_length=50)] = ""
    line_down_kbps: Annotated[int, Field(ge=0, le=100_000_000)] | None = None
    line_up_kbps: Annotated[int, Field(ge=0, le=100_000_000)] | None = None
    protocol_order: Order = 0
    active: bool = True


async def reader(call: SessionCall, session: ReadSession | WriteSession) -> Actor:
    """The caller, who must be a person: a site's shared link does not read the directory."""
    actor = await call.actor(session)
    require(may_see_directory(actor), "read_directory", "person")
    return actor


@router.get("/levels")
async def levels(call: Somebody, at: date | None = None) -> Json:
    async with call.database.reading() as session:
        await reader(call, session)
        found = await directory.levels(session, at or local_date(call.now))
    return {"items": [{"id": one.id, "rank": one.rank, "code": one.code, "name": one.name} for one in found]}


@router.get("/units")
async def units(
    call: Somebody,
    parent: Annotated[str | None, Query(max_length=36)] = None,
    q: Annotated[str, Query(max_length=200)] = "",
    at: date | None = None,
) -> Json:
    async with call.database.reading() as session:
        await reader(call, session)
        found = await directory.units(session, at or local_date(call.now), parent_id=parent, text=q)
    return {"items": [shape_listed(one) for one in found], "next": None}


@router.get("/units/{unit_id}")
async def unit(unit_id: str, call: Somebody) -> Json:
    async with call.database.reading() as session:
        return await answer_unit(session, call, await reader(call, session), unit_id)


@router.get("/units/{unit_id}/sites")
async def sites(unit_id: str, call: Somebody, depth: Annotated[int, Query(ge=-1, le=10)] = 0) -> Json:
    async with call.database.reading() as session:
        actor = await reader(call, session)
        sees_contacts = may_see_contacts(actor, await path_of(session, unit_id))
        found = await directory.sites(session, unit_id, depth, local_date(call.now))
    return {"items": [shape_site(site, sees_contacts) for site in found], "next": None}


@router.post("/units", status_code=201)
async def make_unit(body: UnitIn, call: Somebody) -> Json:
    async with call.database.transaction() as session:
        actor = await call.actor(session)
        made = await add_unit(session, actor, UnitForm(**body.model_dump()), call.now)
        await session.refresh(made)
        return await answer_unit(session, call, actor, made.id)


@router.put("/units/{unit_id}")
async def edit_unit(unit_id: str, body: UnitIn, call: Somebody) -> Json:
    async with call.database.transaction() as session:
        actor = await call.actor(session)
        changed = await change_unit(session, actor, unit_id, UnitForm(**body.model_dump()), call.now)
        await session.refresh(changed)
        return await answer_unit(session, call, actor, unit_id)


@router.post("/units/{unit_id}/sites", status_code=201)
async def make_site(unit_id: str, body: SiteIn, call: Somebody) -> Json:
    async with call.database.transaction() as session:
        actor = await call.actor(session)
        return shape_site(await add_site(session, actor, unit_id, SiteForm(**body.model_dump()), call.now), True)


@router.put("/sites/{site_id}")
async def edit_site(site_id: str, body: SiteIn, call: Somebody) -> Json:
    async with call.database.transaction() as session:
        actor = await call.actor(session)
        changed = shape_site(await change_site(session, actor, site_id, SiteForm(**body.model_dump()), call.now), True)
    if not body.active:
        call.ask_again(site_id=site_id)
    return changed


@router.post("/sites/{site_id}/new-link")
async def new_link(site_id: str, call: Somebody) -> Json:
    """All older links of the site die, and with them the sessions they made."""
    async with call.database.transaction() as session:
        site = await renew_site_link(session, await call.actor(session), site_id, call.now)
    call.ask_again(site_id=site_id)
    return {"site_id": site.id, "link": call.services.links.url_of(site)}


async def answer_unit(session: ReadSession | WriteSession, call: SessionCall, actor: Actor, unit_id: str) -> Json:
    path = await path_of(session, unit_id)
    keeps, sees_contacts = may_administer_unit(actor, path), may_see_contacts(actor, path)
    detail = await directory.unit_detail(session, unit_id, local_date(call.now), inactive=keeps)
    kept = [keeps and await may_administer_person(session, actor, one.person.id) for one in detail.people]
    return {
        **shape_listed(ListedUnit(detail.unit, detail.children)),
        "above": [{"id": one.id, "title": one.title} for one in await ancestors_of(session, unit_id)],
        "posts": [_held(one) for one in detail.posts],
        "people": [
            {**shape_person(one, sees_contacts), "may_administer": may}
            for one, may in zip(detail.people, kept, strict=True)
        ],
        "sites": [shape_site(site, sees_contacts) for site in detail.sites],
        "may_administer": keeps,
    }


def shape_listed(listed: ListedUnit) -> dict[str, Any]:
    return {**shape_unit(listed.unit), "children": listed.children}


def shape_unit(unit: Unit) -> dict[str, Any]:
    return {
        "id": unit.id,
        "title": unit.title,
        "name": unit.name,
        "kind": unit.kind,
        "level": {"id": unit.level.id, "code": unit.level.code, "name": unit.level.name, "rank": unit.level.rank},
        "parent_id": unit.parent_id,
        "code": unit.code,
        "organ_id": unit.organ_id,
        "organ_name": unit.organ_name,
        "notation": unit.notation,
        "place": unit.place,
        "protocol_order": unit.protocol_order,
        "valid_from": unit.valid_from,
        "valid_to": unit.valid_to,
    }


def shape_site(site: Site, sees_contacts: bool) -> dict[str, Any]:
    return {
        "id": site.id,
        "name": site.name,
        "unit_id": site.unit_id,
        "unit_title": site.unit.title,
        "level": site.unit.level.code,
        "protocol_order": site.protocol_order,
        "active": site.active,
        "email": site.email if sees_contacts else None,
        "technician_person_id": site.technician_person_id,
        "technician_phone": site.technician_phone if sees_contacts else "",
        "line_down_kbps": site.line_down_kbps,
        "line_up_kbps": site.line_up_kbps,
    }


def _held(held: HeldPost) -> dict[str, Any]:
    person = {"id": held.person.id, "name": held.person.name} if held.person else None
    return {"id": held.post.id, "name": held.post.name, "order": held.post.protocol_order, "person": person}
