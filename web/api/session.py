"""Session: log in by password or by a site's link, who am I, language, passwords."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from pydantic import Field
from sqlalchemy import select, update

from scheduler.audit import record
from scheduler.database import ReadSession, WriteSession
from scheduler.organization.person import Person, RoleAssignment
from scheduler.organization.post import Membership, Post
from scheduler.organization.site import Site
from web import authentication
from web.accounts import Account, LoginSession, check_password, find_reset, set_password, use_reset
from web.api.call import Anybody, Body, Json, SessionCall, Somebody
from web.authentication import Identity, Login
from web.errors import BadInput, NotAllowed, TooManyAttempts
from web.installation import read_installation
from web.services import Services

router = APIRouter(tags=["session"])
VERSION = "0.1.0"

Password = Annotated[str, Field(min_length=1, max_length=200)]


class LoginIn(Body):
    login: Annotated[str, Field(min_length=1, max_length=200)]
    password: Password


class LanguageIn(Body):
    language: Literal["vi", "en"]


class PasswordIn(Body):
    old: Password
    new: Password


class ResetIn(Body):
    new: Password


@router.post("/session")
async def log_in(body: LoginIn, call: Anybody, response: Response) -> Json:
    login = await authentication.log_in(call.request, body.login, body.password)
    return await answer_login(call.services, login, response)


@router.get("/session")
async def read(call: Somebody) -> Json:
    async with call.database.reading() as session:
        return await shape_session(session, call.services, call.identity)


@router.patch("/session")
async def choose_language(body: LanguageIn, call: Somebody) -> Json:
    async with call.database.transaction() as session:
        await session.execute(
            update(LoginSession).where(LoginSession.id == call.identity.session_id).values(language=body.language)
        )
        if call.identity.person_id:
            await session.execute(
                update(Account).where(Account.person_id == call.identity.person_id).values(language=body.language)
            )
    return {"language": body.language}


@router.delete("/session", status_code=204)
async def log_out(call: Somebody, response: Response) -> None:
    async with call.database.transaction() as session:
        await authentication.log_out(call.request, session)
    authentication.clear_cookie(response, call.services)


@router.post("/password")
async def change_password(body: PasswordIn, call: Somebody, response: Response) -> Json:
    """A new password of one's own: all sessions end, this one goes on under a new token."""
    account = await _own_account(call)
    key = f"login {account.login}"
    wait_s = call.services.login_failures.wait_s(key, call.now.timestamp())
    if wait_s:
        raise TooManyAttempts(wait_s)
    if not await call.services.passwords.check(account.password_hash, body.old):
        call.services.login_failures.failed(key, call.now.timestamp())
        raise BadInput("wrong_old_password", detail={"old": "wrong_old_password"})
    check_password(body.new, account.login)
    password_hash = await call.services.passwords.make(body.new)
    async with call.database.transaction() as session:
        mine = await session.get_one(Account, account.id)
        await set_password(session, mine, password_hash)
        record(session, "password_changed", call.identity.actor, call.now, subject_id=mine.id, address=call.address)
    login = await authentication.log_in(call.request, account.login, body.new)
    return await answer_login(call.services, login, response)


async def _own_account(call: SessionCall) -> Account:
    if call.identity.person_id is None:
        raise NotAllowed
    async with call.database.reading() as session:
        account: Account | None = await session.scalar(
            select(Account).where(Account.person_id == call.identity.person_id, Account.active.is_(True)).limit(1)
        )
    if account is None:
        raise NotAllowed
    return account


@router.post("/password-resets/{token}", status_code=204)
async def reset_password(token: str, body: ResetIn, call: Anybody) -> None:
    """Set a new password by a one-time link; the password is hashed only for a link that lives."""
    async with call.database.reading() as reading:
        _, account = await find_reset(reading, token[:200], call.now)
    check_password(body.new, account.login)
    password_hash = await call.services.passwords.make(body.new)
    async with call.database.transaction() as session:
        account = await use_reset(session, token[:200], password_hash, call.now)
        record(session, "password_reset", None, call.now, subject_id=account.id, address=call.address)
    call.services.login_failures.forget(f"login {account.login}")


async def answer_login(services: Services, login: Login, response: Response) -> Json:
    """The session's JSON and its cookie."""
    authentication.set_cookie(response, login, services)
    async with services.database.reading() as session:
        return await shape_session(session, services, login.identity)


async def shape_session(session: ReadSession | WriteSession, services: Services, identity: Identity) -> Json:
    installation = await read_installation(session)
    return {
        "person": await _person(session, identity.person_id),
        "site": await _site(session, identity.site_id),
        "roles": await _roles(session, identity.person_id),
        "csrf": identity.csrf,
        "language": identity.language,
        "must_change_password": identity.must_change_password,
        "banner": str(installation["banner"] or ""),
        "installation": {"name": installation["name"], "demo": bool(installation["demo"])},
        "rooms_allowed": services.settings.rooms_allowed,
        "isolated_network": services.settings.isolated_network,
        "upload_limit": services.settings.upload_limit,
        "version": VERSION,
    }


async def _person(session: ReadSession | WriteSession, person_id: str | None) -> dict[str, Any] | None:
    person = await session.get(Person, person_id) if person_id else None
    if person is None:
        return None
    posts = await session.scalars(
        select(Post)
        .join(Membership, Membership.post_id == Post.id)
        .where(Membership.person_id == person.id)
        .order_by(Post.protocol_order)
    )
    return {
        "id": person.id,
        "name": person.name,
        "posts": [{"unit_id": post.unit_id, "unit_title": post.unit.title, "name": post.name} for post in posts],
    }


async def _site(session: ReadSession | WriteSession, site_id: str | None) -> dict[str, Any] | None:
    site = await session.get(Site, site_id) if site_id else None
    return {"id": site.id, "name": site.name, "unit_title": site.unit.title} if site else None


async def _roles(session: ReadSession | WriteSession, person_id: str | None) -> list[dict[str, str]]:
    if person_id is None:
        return []
    rows = await session.execute(
        select(RoleAssignment.role, RoleAssignment.unit_id)
        .where(RoleAssignment.person_id == person_id)
        .order_by(RoleAssignment.role)
    )
    return [{"role": role, "unit_id": unit_id} for role, unit_id in rows]
