"""Keeps persons, the posts they hold and their standing roles: by the administrator of their unit or of one above."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import get_args

from sqlalchemy import or_, select

from scheduler import audit
from scheduler.database import ReadSession, WriteSession, new_id
from scheduler.errors import Invalid, NotAllowed, NotFound
from scheduler.organization.folding import sort_name
from scheduler.organization.person import Person, RoleAssignment, StandingRole
from scheduler.organization.post import Membership, Post
from scheduler.organization.tree import path_of
from scheduler.organization.unit_administration import looks_like_address, require_administrator
from scheduler.permissions import Actor, is_administrator, may_administer_unit, may_grant_role


@dataclass(frozen=True, slots=True)
class PersonForm:
    """A person as typed; ``post`` names the post held in the unit."""

    name: str
    email: str | None = None
    phone: str | None = None
    active: bool = True


async def add_person(
    session: WriteSession, actor: Actor, unit_id: str, form: PersonForm, post: str, now: datetime
) -> Person:
    """A new person with a post in a unit the actor administers."""
    await require_administrator(session, actor, unit_id, "add_person")
    _check(form)
    if not post.strip():
        raise Invalid({"post": "required"})
    person = Person(id=new_id())
    _write(person, form)
    session.add(person)
    await session.flush()
    await _give_post(session, person.id, unit_id, post.strip(), now.date())
    audit.record(session, "person_changed", actor, now, subject_id=person.id, added=True)
    await session.flush()
    return person


async def change_person(session: WriteSession, actor: Actor, person_id: str, form: PersonForm, now: datetime) -> Person:
    """Change the entry; a person no longer active cannot log in. The last administrator stays active."""
    person = await _administered(session, actor, person_id, "change_person")
    _check(form)
    is_leaving = not form.active and person_id in await _administrators(session)
    _write(person, form)
    audit.record(session, "person_changed", actor, now, subject_id=person.id, active=form.active)
    await session.flush()
    if is_leaving:
        await _require_an_administrator(session, "active")
    return person


async def appoint(session: WriteSession, actor: Actor, person_id: str, unit_id: str, post: str, now: datetime) -> None:
    """From today the person holds this post in this unit."""
    await require_administrator(session, actor, unit_id, "appoint")
    if await session.get(Person, person_id) is None:
        raise NotFound("person", person_id)
    if not post.strip():
        raise Invalid({"post": "required"})
    await _give_post(session, person_id, unit_id, post.strip(), now.date())
    audit.record(session, "person_changed", actor, now, subject_id=person_id, unit_id=unit_id, post=post)
    await session.flush()


async def dismiss(session: WriteSession, actor: Actor, membership_id: str, now: datetime) -> None:
    """The person no longer holds the post: yesterday was the last day."""
    membership = await session.get(Membership, membership_id)
    if membership is None:
        raise NotFound("membership", membership_id)
    await require_administrator(session, actor, membership.post.unit_id, "dismiss")
    membership.valid_to = now.date() - timedelta(days=1)
    audit.record(session, "person_changed", actor, now, subject_id=membership.person_id, left=membership.post.name)
    await session.flush()


async def set_posts(
    session: WriteSession, actor: Actor, person_id: str, unit_id: str, names: Iterable[str], now: datetime
) -> None:
    """Make the posts that the person holds in this unit these; whoever would hold none anywhere keeps the last one."""
    wanted = {name.strip() for name in names if name.strip()}
    held = {
        one.post.name: one for one in await _memberships(session, person_id, now.date()) if one.post.unit_id == unit_id
    }
    if wanted == held.keys():
        return
    for name in held.keys() - wanted:
        await dismiss(session, actor, held[name].id, now)
    for name in sorted(wanted - held.keys()):
        await appoint(session, actor, person_id, unit_id, name, now)
    if not wanted and not await _memberships(session, person_id, now.date()):
        raise Invalid({"post": "required"})


async def _memberships(session: WriteSession, person_id: str, day: date) -> Sequence[Membership]:
    begun = or_(Membership.valid_from.is_(None), Membership.valid_from <= day)
    lasts = or_(Membership.valid_to.is_(None), Membership.valid_to >= day)
    query = select(Membership).where(Membership.person_id == person_id, begun, lasts)
    return (await session.scalars(query)).all()


async def set_roles(
    session: WriteSession, actor: Actor, person_id: str, roles: Iterable[tuple[str, str]], now: datetime
) -> None:
    """Make the person's standing roles (role, unit id) these. Each role given or taken must be the actor's to give."""
    person = await session.get(Person, person_id)
    if person is None:
        raise NotFound("person", person_id)
    wanted = set(roles)
    if any(role not in get_args(StandingRole) for role, _ in wanted):
        raise Invalid({"roles": "unknown"})
    query = select(RoleAssignment).where(RoleAssignment.person_id == person_id)
    there = {(row.role, row.unit_id): row for row in await session.scalars(query)}
    for role, unit_id in wanted ^ there.keys():
        if not may_grant_role(actor, role, await path_of(session, unit_id)):
            raise NotAllowed("grant_role", ("administrator",) if role == "administrator" else ("unit_administrator",))
    is_leaving = person_id in await _administrators(session)
    for key in there.keys() - wanted:
        await session.delete(there[key])
    for role, unit_id in wanted - there.keys():
        session.add(RoleAssignment(id=new_id(), person_id=person_id, unit_id=unit_id, role=role))
    given, taken = sorted(wanted - there.keys()), sorted(there.keys() - wanted)
    audit.record(session, "roles_changed", actor, now, subject_id=person_id, given=given, taken=taken)
    await session.flush()
    if is_leaving:
        await _require_an_administrator(session, "roles")


async def may_administer_person(session: ReadSession | WriteSession, actor: Actor, person_id: str) -> bool:
    """Whether the actor administers a unit in which the person holds a post or role, and nothing above the actor.

    An administrator of the installation is only administered by another one: otherwise a unit's administrator could
    reset that password and gain the role.
    """
    if is_administrator(actor):
        return True
    posts = select(Post.unit_id).join(Membership).where(Membership.person_id == person_id)
    roles = (await session.execute(
        select(RoleAssignment.role, RoleAssignment.unit_id).where(RoleAssignment.person_id == person_id)
    )).all()  # fmt: skip
    if any(row.role == "administrator" for row in roles):
        return False
    units = {*(await session.scalars(posts)).all(), *(row.unit_id for row in roles)}
    paths = [await path_of(session, unit_id) for unit_id in units]
    return bool(paths) and all(may_administer_unit(actor, path) for path in paths)


async def _administered(session: WriteSession, actor: Actor, person_id: str, act: str) -> Person:
    person = await session.get(Person, person_id)
    if person is None:
        raise NotFound("person", person_id)
    if not await may_administer_person(session, actor, person_id):
        raise NotAllowed(act, ("unit_administrator",))
    return person


def _check(form: PersonForm) -> None:
    wrong: dict[str, str] = {}
    if not form.name.strip():
        wrong["name"] = "required"
    if form.email and not looks_like_address(form.email):
        wrong["email"] = "not_an_address"
    if wrong:
        raise Invalid(wrong)


def _write(person: Person, form: PersonForm) -> None:
    person.name, person.sort_name = " ".join(form.name.split()), sort_name(form.name)
    person.email, person.phone, person.active = form.email or None, form.phone or None, form.active


async def _give_post(session: WriteSession, person_id: str, unit_id: str, name: str, day: date) -> None:
    post = await session.scalar(select(Post).where(Post.unit_id == unit_id, Post.name == name))
    if post is None:
        post = Post(id=new_id(), unit_id=unit_id, name=name, protocol_order=100)
        session.add(post)
        await session.flush()
    session.add(Membership(id=new_id(), post_id=post.id, person_id=person_id, valid_from=day))


async def _administrators(session: WriteSession) -> set[str]:
    """The active administrators of the installation, kept from changing until the transaction ends."""
    query = select(Person.id).join(RoleAssignment, RoleAssignment.person_id == Person.id)
    query = query.where(RoleAssignment.role == "administrator", Person.active)
    return set((await session.scalars(query.order_by(Person.id).with_for_update())).all())


async def _require_an_administrator(session: WriteSession, field: str) -> None:
    """Refuse what was just written if it left none; ``field`` is what the refusal names.

    Asked after writing: of two who take the role from one another at the same moment the second waited until here, on
    PostgreSQL for the rows, on SQLite (which has no rows to wait for) for the one writer.
    """
    if not await _administrators(session):
        raise Invalid({field: "last_administrator"})
