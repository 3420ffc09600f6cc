"""Queries over the directory: levels, units, sites and persons; searched folded, sorted the Vietnamese way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import aliased

from scheduler.database import ReadSession, WriteSession
from scheduler.errors import NotFound
from scheduler.organization.folding import fold, person_sort_key
from scheduler.organization.level import Level
from scheduler.organization.person import Person, RoleAssignment
from scheduler.organization.post import Membership, Post
from scheduler.organization.site import Site
from scheduler.organization.tree import subtree_ids, valid_on
from scheduler.organization.unit import Unit

MOST = 500


@dataclass(frozen=True, slots=True)
class ListedUnit:
    unit: Unit
    children: int


@dataclass(frozen=True, slots=True)
class HeldPost:
    """A post of a unit and who holds it (None: vacant)."""

    post: Post
    person: Person | None


@dataclass(frozen=True, slots=True)
class ListedPerson:
    """A person with his posts ("Chủ tịch UBND huyện") and standing roles."""

    person: Person
    posts: tuple[Post, ...]
    roles: tuple[RoleAssignment, ...]


@dataclass(frozen=True, slots=True)
class UnitDetail:
    unit: Unit
    parent: Unit | None
    children: int
    posts: list[HeldPost]
    people: list[ListedPerson]
    sites: list[Site]


async def levels(session: ReadSession | WriteSession, day: date) -> list[Level]:
    """The levels of that day, highest first."""
    query = select(Level).where(
        or_(Level.valid_from.is_(None), Level.valid_from <= day), or_(Level.valid_to.is_(None), Level.valid_to >= day)
    )
    return list((await session.scalars(query.order_by(Level.rank))).all())


async def units(
    session: ReadSession | WriteSession, day: date, *, parent_id: str | None = None, text: str = "", limit: int = 200
) -> list[ListedUnit]:
    """Children of a unit, or a search by name ("quan ba"), or, with neither, the roots; in protocol order."""
    query = _listed_units().where(valid_on(day))
    if parent_id is not None:
        query = query.where(Unit.parent_id == parent_id)
    for word in fold(text).split():
        query = query.where(Unit.search_name.contains(word, autoescape=True))
    if parent_id is None and not text.strip():
        query = query.where(Unit.parent_id.is_(None))
    query = query.order_by(Unit.protocol_order, Unit.search_name, Unit.id).limit(min(limit, MOST))
    return [ListedUnit(row.Unit, row.children) for row in await session.execute(query)]


async def unit_detail(
    session: ReadSession | WriteSession, unit_id: str, day: date, *, inactive: bool = False
) -> UnitDetail:
    """A unit with its posts, people and sites, on demand those out of use too; NotFound when there is none."""
    row = (await session.execute(_listed_units().where(Unit.id == unit_id))).one_or_none()
    if row is None:
        raise NotFound("unit", unit_id)
    parent = await session.get(Unit, row.Unit.parent_id) if row.Unit.parent_id else None
    return UnitDetail(
        unit=row.Unit,
        parent=parent,
        children=row.children,
        posts=await held_posts(session, unit_id, day),
        people=await persons(session, day, unit_id=unit_id, inactive=inactive),
        sites=await sites(session, unit_id, inactive=inactive),
    )


async def held_posts(session: ReadSession | WriteSession, unit_id: str, day: date) -> list[HeldPost]:
    """The posts of a unit in protocol order, each with every holder of that day."""
    held = (
        select(Post, Person)
        .outerjoin(Membership, (Membership.post_id == Post.id) & _held_on(day))
        .outerjoin(Person, Person.id == Membership.person_id)
    )
    rows = await session.execute(held.where(Post.unit_id == unit_id).order_by(Post.protocol_order, Post.name))
    return [HeldPost(row.Post, row.Person) for row in rows]


async def persons(
    session: ReadSession | WriteSession,
    day: date,
    *,
    text: str = "",
    unit_id: str | None = None,
    limit: int = 200,
    inactive: bool = False,
) -> list[ListedPerson]:
    """Active persons by name ("hoa" finds Nguyễn Thị Hoa), of a unit when one is given; by given name.

    With ``inactive`` those out of use as well, after the others: for whoever may take them back.
    """
    query = select(Person) if inactive else select(Person).where(Person.active)
    for word in fold(text).split():
        query = query.where(Person.sort_name.contains(word, autoescape=True))
    if unit_id is not None:
        query = query.where(_belongs_to(unit_id, day))
    query = query.order_by(Person.active.desc(), Person.sort_name, Person.id)
    found = (await session.scalars(query.limit(min(limit, MOST)))).all()
    listed = await _listed(session, list(found), day)
    return sorted(listed, key=lambda one: (not one.person.active, person_sort_key(one.person.name), one.person.id))


async def person_detail(session: ReadSession | WriteSession, person_id: str, day: date) -> ListedPerson:
    """One person, active or not; NotFound when there is none."""
    person = await session.get(Person, person_id)
    if person is None:
        raise NotFound("person", person_id)
    return (await _listed(session, [person], day))[0]


async def sites(
    session: ReadSession | WriteSession,
    unit_id: str,
    depth: int = 0,
    day: date | None = None,
    *,
    inactive: bool = False,
) -> list[Site]:
    """Active sites of a unit; ``depth`` 1: of the units directly below too; -1: of everything below.

    With ``inactive`` those out of use as well.
    """
    query = select(Site).join(Unit, Unit.id == Site.unit_id).where(await _within(session, unit_id, depth))
    if not inactive:
        query = query.where(Site.active)
    if day is not None:
        query = query.where(valid_on(day))
    query = query.order_by(Site.protocol_order, Site.name, Site.id)
    return list((await session.scalars(query)).all())


async def _within(session: ReadSession | WriteSession, unit_id: str, depth: int) -> ColumnElement[bool]:
    if depth < 0:
        return Unit.id.in_(subtree_ids([unit_id]))
    found = frontier = {unit_id}
    for _ in range(depth):
        frontier = set((await session.scalars(select(Unit.id).where(Unit.parent_id.in_(frontier)))).all())
        if not frontier:
            break
        found = found | frontier
    return Unit.id.in_(found)


def _listed_units() -> Select[Unit, int]:
    child = aliased(Unit)
    count = select(func.count(child.id)).where(child.parent_id == Unit.id).correlate(Unit).scalar_subquery()
    return select(Unit, count.label("children"))


def _held_on(day: date) -> ColumnElement[bool]:
    begun = or_(Membership.valid_from.is_(None), Membership.valid_from <= day)
    return begun & or_(Membership.valid_to.is_(None), Membership.valid_to >= day)


def _belongs_to(unit_id: str, day: date) -> ColumnElement[bool]:
    by_post = select(Membership.person_id).join(Post, Post.id == Membership.post_id)
    by_role = select(RoleAssignment.person_id).where(RoleAssignment.unit_id == unit_id)
    return or_(Person.id.in_(by_post.where(Post.unit_id == unit_id, _held_on(day))), Person.id.in_(by_role))


async def _listed(session: ReadSession | WriteSession, found: list[Person], day: date) -> list[ListedPerson]:
    """Posts and roles of all of them, in two statements."""
    ids = [person.id for person in found]
    posts: dict[str, list[Post]] = {}
    held = select(Membership.person_id, Post).join(Post, Post.id == Membership.post_id).where(_held_on(day))
    rows = await session.execute(held.where(Membership.person_id.in_(ids)).order_by(Post.protocol_order))
    for row in rows:
        posts.setdefault(row.person_id, []).append(row.Post)
    roles: dict[str, list[RoleAssignment]] = {}
    for role in await session.scalars(select(RoleAssignment).where(RoleAssignment.person_id.in_(ids))):
        roles.setdefault(role.person_id, []).append(role)
    return [ListedPerson(p, tuple(posts.get(p.id, ())), tuple(roles.get(p.id, ()))) for p in found]
