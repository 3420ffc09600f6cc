"""Keeps units and sites: made and changed by the administrator of the unit or of one above it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from scheduler import audit
from scheduler.database import WriteSession, new_id
from scheduler.errors import Invalid, NotAllowed, NotFound
from scheduler.organization.folding import fold
from scheduler.organization.level import Level
from scheduler.organization.person import Person
from scheduler.organization.site import Site
from scheduler.organization.tree import path_of
from scheduler.organization.unit import Unit
from scheduler.permissions import Actor, may_administer_unit


@dataclass(frozen=True, slots=True)
class UnitForm:
    """A unit as typed."""

    name: str
    kind: str
    level_id: str
    parent_id: str | None = None
    code: str | None = None
    organ_id: str | None = None
    organ_name: str = ""  # empty: made from kind and name
    notation: str = "UBND"
    place: str = ""
    protocol_order: int = 0
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class SiteForm:
    """A site as typed."""

    name: str
    email: str | None = None
    technician_person_id: str | None = None
    technician_phone: str = ""
    line_down_kbps: int | None = None
    line_up_kbps: int | None = None
    protocol_order: int = 0
    active: bool = True


async def require_administrator(session: WriteSession, actor: Actor, unit_id: str, act: str) -> None:
    """Raise NotAllowed unless the actor administers this unit or one above it."""
    if not may_administer_unit(actor, await path_of(session, unit_id)):
        raise NotAllowed(act, ("unit_administrator",))


async def add_unit(session: WriteSession, actor: Actor, form: UnitForm, now: datetime) -> Unit:
    """A unit below one the actor administers; without a parent only the installation's administrator."""
    await _check_parent(session, actor, form.parent_id)
    await _check_unit(session, form)
    unit = Unit(id=new_id())
    _write_unit(unit, form)
    session.add(unit)
    audit.record(session, "unit_changed", actor, now, subject_id=unit.id, added=True)
    await session.flush()
    return unit


async def change_unit(session: WriteSession, actor: Actor, unit_id: str, form: UnitForm, now: datetime) -> Unit:
    """Change it; moving it under another parent needs the right there too."""
    unit = await session.get(Unit, unit_id)
    if unit is None:
        raise NotFound("unit", unit_id)
    await require_administrator(session, actor, unit_id, "change_unit")
    if form.parent_id != unit.parent_id:
        await _check_parent(session, actor, form.parent_id)
        if form.parent_id is not None and unit_id in await path_of(session, form.parent_id):
            raise Invalid({"parent_id": "below_itself"})
    await _check_unit(session, form)
    _write_unit(unit, form)
    audit.record(session, "unit_changed", actor, now, subject_id=unit.id)
    await session.flush()
    return unit


async def add_site(session: WriteSession, actor: Actor, unit_id: str, form: SiteForm, now: datetime) -> Site:
    """A new điểm cầu of a unit."""
    await require_administrator(session, actor, unit_id, "add_site")
    await _check_site(session, form)
    site = Site(id=new_id(), unit_id=unit_id)
    _write_site(site, form)
    session.add(site)
    audit.record(session, "site_changed", actor, now, subject_id=site.id, added=True)
    await session.flush()
    await session.refresh(site)
    return site


async def change_site(session: WriteSession, actor: Actor, site_id: str, form: SiteForm, now: datetime) -> Site:
    """Change it; a site that is no longer active opens nothing."""
    site = await session.get(Site, site_id)
    if site is None:
        raise NotFound("site", site_id)
    await require_administrator(session, actor, site.unit_id, "change_site")
    await _check_site(session, form)
    _write_site(site, form)
    audit.record(session, "site_changed", actor, now, subject_id=site.id)
    await session.flush()
    return site


async def _check_parent(session: WriteSession, actor: Actor, parent_id: str | None) -> None:
    path: tuple[str, ...] = await path_of(session, parent_id) if parent_id else ()
    if not may_administer_unit(actor, path):
        raise NotAllowed("add_unit", ("unit_administrator",))


async def _check_unit(session: WriteSession, form: UnitForm) -> None:
    wrong: dict[str, str] = {}
    if not form.name.strip():
        wrong["name"] = "required"
    if form.valid_from and form.valid_to and form.valid_to < form.valid_from:
        wrong["valid_to"] = "before_start"
    level = await session.get(Level, form.level_id)
    parent = await session.get(Unit, form.parent_id) if form.parent_id else None
    if level is None:
        wrong["level_id"] = "unknown"
    elif parent is not None and parent.level.rank > level.rank:
        wrong["level_id"] = "above_parent"
    if form.code and not form.code.isdigit():
        wrong["code"] = "not_a_number"
    if wrong:
        raise Invalid(wrong)


async def _check_site(session: WriteSession, form: SiteForm) -> None:
    wrong: dict[str, str] = {}
    if not form.name.strip():
        wrong["name"] = "required"
    if form.email and not looks_like_address(form.email):
        wrong["email"] = "not_an_address"
    if form.technician_person_id:
        known = await session.scalar(select(Person.id).where(Person.id == form.technician_person_id, Person.active))
        if known is None:
            wrong["technician_person_id"] = "unknown"
    if wrong:
        raise Invalid(wrong)


def looks_like_address(text: str) -> bool:
    """Good enough to hand to a mail server, and free of anything that could end up in another header."""
    local, at, domain = text.partition("@")
    plain = text.isascii() and text.isprintable() and not any(letter in text for letter in ' <>,;:"()[]\\')
    return bool(local and at and domain) and plain and "@" not in domain


def _write_unit(unit: Unit, form: UnitForm) -> None:
    title = f"{form.kind} {form.name}".strip()
    unit.level_id, unit.parent_id = form.level_id, form.parent_id
    unit.name, unit.kind, unit.search_name = form.name.strip(), form.kind.strip(), fold(title)
    unit.code, unit.organ_id = form.code or None, form.organ_id or None
    organ = f"ỦY BAN NHÂN DÂN {title.upper()}" if form.kind else title.upper()
    unit.organ_name, unit.notation, unit.place = form.organ_name or organ, form.notation, form.place or form.name
    unit.protocol_order, unit.valid_from, unit.valid_to = form.protocol_order, form.valid_from, form.valid_to


def _write_site(site: Site, form: SiteForm) -> None:
    site.name, site.email = form.name.strip(), form.email or None
    site.technician_person_id, site.technician_phone = form.technician_person_id, form.technician_phone
    site.line_down_kbps, site.line_up_kbps = form.line_down_kbps, form.line_up_kbps
    site.protocol_order, site.active = form.protocol_order, form.active
