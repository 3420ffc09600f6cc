"""Persons: the directory by given name; entries, roles and passwords kept by their unit's administrator."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from scheduler.audit import record
from scheduler.database import ReadSession, WriteSession
from scheduler.meetings.access import require
from scheduler.meetings.local_time import local_date
from scheduler.organization import directory
from scheduler.organization.directory import ListedPerson
from scheduler.organization.person import Person
from scheduler.organization.person_administration import (
    PersonForm,
    add_person,
    change_person,
    may_administer_person,
    set_posts,
    set_roles,
)
from scheduler.organization.tree import path_of
from scheduler.permissions import ADMINISTRATORS, Actor, may_see_contacts, may_see_directory
from web.accounts import (
    RESET_LIFETIME,
    account_of,
    create_account,
    end_sessions,
    make_reset,
    require_an_administrator,
)
from web.api.call import Body, Json, SessionCall, Somebody
from web.errors import BadInput, NotFound

router = APIRouter(tags=["persons"])

Id = Annotated[str, Field(min_length=1, max_length=36)]
Name = Annotated[str, Field(max_length=200)]
LoginName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{2,79}$")]


class PersonIn(Body):
    name: Name
    email: Name | None = None
    phone: Annotated[str, Field(max_length=50)] | None = None
    active: bool = True

    def form(self) -> PersonForm:
        return PersonForm(self.name, self.email, self.phone, self.active)


class PostsIn(Body):
    """The posts held in one unit, all of them."""

    unit_id: Id
    names: Annotated[list[Name], Field(max_length=20)]


class ChangedPersonIn(PersonIn):
    posts: PostsIn | None = None  # None: as they are


class NewPersonIn(PersonIn):
    unit_id: Id
    post: Name
    login: LoginName | None = None  # with one, the person gets an account that a one-time link opens


class ResetIn(Body):
    login: LoginName | None = None  # of a person without an account yet


class RoleIn(Body):
    role: Literal["secretary", "clerk", "technician", "unit_administrator", "administrator"]
    unit_id: Id


class RolesIn(Body):
    roles: Annotated[list[RoleIn], Field(max_length=100)]


@router.get("/persons")
async def list_them(
    call: Somebody,
    q: Annotated[str, Query(max_length=200)] = "",
    unit: Annotated[str | None, Query(max_length=36)] = None,
) -> Json:
    async with call.database.reading() as session:
        actor = await call.actor(session)
        require(may_see_directory(actor), "read_directory", "person")
        found = await directory.persons(session, local_date(call.now), text=q, unit_id=unit)
        items = [shape_person(one, await _sees_contacts(session, actor, one)) for one in found]
    return {"items": items, "next": None}


@router.post("/persons", status_code=201)
async def make(body: NewPersonIn, call: Somebody) -> Json:
    async with call.database.transaction() as session:
        actor = await call.actor(session)
        person = await add_person(session, actor, body.unit_id, body.form(), body.post, call.now)
        if body.login:
            await create_account(session, body.login, "", call.now, person_id=person.id)
        return await _answer(session, call, person.id)


@router.put("/persons/{person_id}")
async def edit(person_id: str, body: ChangedPersonIn, call: Somebody) -> Json:
    """Who is no longer active is logged out, and not in again when taken back."""
    async with call.database.transaction() as session:
        actor = await call.actor(session)
        await change_person(session, actor, person_id, body.form(), call.now)
        if body.posts is not None:
            await set_posts(session, actor, person_id, body.posts.unit_id, body.posts.names, call.now)
        account = None if body.active else await account_of(session, person_id)
        if account is not None:
            await end_sessions(session, account.id)
        await require_an_administrator(session, "active")
        answer = await _answer(session, call, person_id)
    if not body.active or body.posts is not None:
        call.ask_again(person_id=person_id)
    return answer


@router.put("/persons/{person_id}/roles")
async def edit_roles(person_id: str, body: RolesIn, call: Somebody) -> Json:
    async with call.database.transaction() as session:
        actor = await call.actor(session)
        require(bool(actor.units_as(*ADMINISTRATORS)), "grant_role", "unit_administrator")
        await set_roles(session, actor, person_id, [(one.role, one.unit_id) for one in body.roles], call.now)
        await require_an_administrator(session, "roles")
        answer = await _answer(session, call, person_id)
    call.ask_again(person_id=person_id)
    return answer


@router.post("/persons/{person_id}/reset-password")
async def reset_password(person_id: str, call: Somebody, body: ResetIn | None = None) -> Json:
    """A one-time link, handed over by hand; older ones and the person's sessions end."""
    async with call.database.transaction() as session:
        actor = await call.actor(session)
        if await session.get(Person, person_id) is None:
            raise NotFound
        require(await may_administer_person(session, actor, person_id), "reset_password", "unit_administrator")
        account = await account_of(session, person_id)
        if account is None:
            if body is None or body.login is None:
                raise BadInput(detail={"login": "required"})
            account = await create_account(session, body.login, "", call.now, person_id=person_id)
        token = await make_reset(session, account, actor.person_id or "", call.now)
        record(session, "password_reset", actor, call.now, subject_id=account.id, address=call.address, link=True)
        login = account.login
    call.ask_again(person_id=person_id)
    return {
        "login": login,
        "url": f"{call.services.settings.url}/password/{token}",
        "expires_at": call.now + RESET_LIFETIME,
    }


async def _answer(session: WriteSession, call: SessionCall, person_id: str) -> Json:
    await session.flush()
    listed = await directory.person_detail(session, person_id, local_date(call.now))
    return shape_person(listed, await _sees_contacts(session, await call.actor(session), listed))


async def _sees_contacts(session: ReadSession | WriteSession, actor: Actor, listed: ListedPerson) -> bool:
    if may_see_contacts(actor, ()):
        return True
    units = {post.unit_id for post in listed.posts}
    return any([may_see_contacts(actor, await path_of(session, unit_id)) for unit_id in units])


def shape_person(listed: ListedPerson, sees_contacts: bool) -> dict[str, Any]:
    person = listed.person
    return {
        "id": person.id,
        "name": person.name,
        "email": person.email if sees_contacts else None,
        "phone": person.phone if sees_contacts else None,
        "active": person.active,
        "posts": [
            {"id": post.id, "unit_id": post.unit_id, "unit_title": post.unit.title, "name": post.name}
            for post in listed.posts
        ],
        "roles": [{"role": one.role, "unit_id": one.unit_id} for one in listed.roles],
    }
