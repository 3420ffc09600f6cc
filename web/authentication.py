"""Who is asking: login sessions for people and sites, for HTTP requests and WebSockets alike.

The cookie holds a random token, the database its hash. A login makes a new token and ends the old one (no fixation);
the CSRF token is derived from the session's token, so that nobody without the
cookie's value knows it and no table holds it.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import bindparam, delete, func, select, update
from starlette.requests import HTTPConnection
from starlette.responses import Response

from scheduler.actor import load_actor
from scheduler.audit import record
from scheduler.database import ReadSession, WriteSession, new_id
from scheduler.meetings.local_time import local_date
from scheduler.organization.person import Person
from scheduler.organization.site import Site
from scheduler.permissions import Actor
from web.accounts import Account, LoginSession, hash_token, new_token, normalise_login
from web.errors import BadCredentials, BadCsrfToken, ForeignOrigin, NotLoggedIn, TooManyAttempts
from web.services import Services, services_of

COOKIE = "giaoban_session"
CSRF_HEADER = "x-csrf-token"
IDLE = timedelta(hours=12)
PERSON_LIFETIME = timedelta(days=3)
SITE_LIFETIME = timedelta(days=14)  # a room's PC stays in: a link survives a postponement
SITE_IDLE = timedelta(days=14)
TOUCH_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is asking: a person, a site, or (an account of a site) the site by its own login."""

    session_id: str
    person_id: str | None
    site_id: str | None
    language: str
    csrf: str = field(repr=False, default="")
    must_change_password: bool = False
    bound_meeting_id: str | None = None  # a site's link opens one meeting

    @property
    def actor(self) -> Actor:
        """As an actor without roles, for the audit trail; :func:`load` knows the roles."""
        return Actor(person_id=self.person_id, site_id=self.site_id, bound_meeting_id=self.bound_meeting_id)


async def load(session: ReadSession | WriteSession, identity: Identity, now: datetime) -> Actor:
    """The actor behind a session, with his roles and posts of today."""
    return await load_actor(
        session,
        today=local_date(now),
        person_id=identity.person_id,
        site_id=identity.site_id,
        bound_meeting_id=identity.bound_meeting_id,
    )


@dataclass(frozen=True, slots=True)
class Login:
    """A login that worked: the cookie's value and who it is."""

    token: str = field(repr=False)
    identity: Identity
    expires_at: datetime


def csrf_of(token: str) -> str:
    """The session's CSRF token."""
    return hmac.new(token.encode(), b"giaoban csrf", hashlib.sha256).hexdigest()


def address_of(connection: HTTPConnection) -> str:
    """The client's address, as the server (or its trusted proxy) saw it."""
    return connection.client.host if connection.client else ""


async def identify(connection: HTTPConnection) -> Identity | None:
    """Who is asking, for a request or a WebSocket; None without a living session."""
    token = connection.cookies.get(COOKIE)
    if not token or len(token) > 200:
        return None
    services = services_of(connection)
    now = services.now()
    async with services.database.reading() as session:
        row = await _find(session, token, now)
        if row is None:
            return None
        account = await session.get(Account, row.account_id) if row.account_id else None
    if now - row.seen_at >= TOUCH_EVERY:
        async with services.database.transaction() as writing:
            await writing.execute(update(LoginSession).where(LoginSession.id == row.id).values(seen_at=now))
    return Identity(
        session_id=row.id,
        person_id=row.person_id,
        site_id=row.site_id,
        language=row.language,
        csrf=csrf_of(token),
        must_change_password=bool(account and account.must_change),
        bound_meeting_id=row.bound_meeting_id,
    )


async def require(connection: HTTPConnection) -> Identity:
    """Like :func:`identify`, but raises NotLoggedIn."""
    identity = await identify(connection)
    if identity is None:
        raise NotLoggedIn
    return identity


_LIVING = (
    select(LoginSession, Account.active, Person.active, Site.active, Site.link_epoch)
    .outerjoin(Account, Account.id == LoginSession.account_id)
    .outerjoin(Person, Person.id == LoginSession.person_id)
    .outerjoin(Site, Site.id == LoginSession.site_id)
    .where(LoginSession.token_hash == bindparam("token_hash"), LoginSession.expires_at > bindparam("now"))
)
"""Written once: every request asks this."""


async def _find(session: ReadSession, token: str, now: datetime) -> LoginSession | None:
    """The living session of this token: not expired, not idle, its owner still active, its link not replaced."""
    hit = (await session.execute(_LIVING, {"token_hash": hash_token(token), "now": now})).first()
    if hit is None:
        return None
    row, account_active, person_active, site_active, link_epoch = hit
    idle = SITE_IDLE if row.person_id is None else IDLE
    if row.seen_at + idle <= now or False in (account_active, person_active, site_active):
        return None
    if row.link_epoch is not None and row.link_epoch != link_epoch:
        return None
    living: LoginSession = row
    return living


_IN_USE = (
    select(Account)
    .outerjoin(Person, Person.id == Account.person_id)
    .outerjoin(Site, Site.id == Account.site_id)
    .where(Account.active, func.coalesce(Person.active, Site.active))
)
"""Accounts that open: with their person or site."""


async def log_in(connection: HTTPConnection, login: str, password: str) -> Login:
    """Check a password and begin a session; the same answer, after the same time, for an unknown login."""
    services = services_of(connection)
    login, address, now = normalise_login(login)[:200], address_of(connection), services.now()
    keys = (f"login {login}", f"address {address}")
    wait_s = max(services.login_failures.wait_s(key, now.timestamp()) for key in keys)
    if wait_s:
        raise TooManyAttempts(wait_s)
    async with services.database.reading() as reading:
        account: Account | None = await reading.scalar(_IN_USE.where(Account.login == login))
    if not await services.passwords.check(account.password_hash if account else None, password) or account is None:
        for key in keys:
            services.login_failures.failed(key, now.timestamp())
        async with services.database.transaction() as session:
            record(session, "login_failed", None, now, address=address, subject_id=account.id if account else None)
        raise BadCredentials
    services.login_failures.forget(keys[0])
    async with services.database.transaction() as session:
        await _end(session, connection.cookies.get(COOKIE))
        begun = _begin(session, now, account=account)
        record(session, "login", begun.identity.actor, now, address=address)
        return begun


async def begin_site_session(
    connection: HTTPConnection, session: WriteSession, site: Site, language: str, meeting_id: str | None = None
) -> Login:
    """A session of a site, after its link was checked; a session that the browser had before ends."""
    now = services_of(connection).now()
    await _end(session, connection.cookies.get(COOKIE))
    begun = _begin(session, now, site=site, language=language, meeting_id=meeting_id)
    record(session, "site_login", begun.identity.actor, now, address=address_of(connection))
    return begun


def _begin(
    session: WriteSession,
    now: datetime,
    *,
    account: Account | None = None,
    site: Site | None = None,
    language: str = "vi",
    meeting_id: str | None = None,
) -> Login:
    fresh = new_token()
    row = LoginSession(
        id=new_id(),
        token_hash=fresh.token_hash,
        account_id=account.id if account else None,
        person_id=account.person_id if account else None,
        site_id=account.site_id if account else (site.id if site else None),
        link_epoch=site.link_epoch if site else None,
        bound_meeting_id=meeting_id,
        language=account.language if account else language,
        created_at=now,
        seen_at=now,
        expires_at=now + (PERSON_LIFETIME if account and account.person_id else SITE_LIFETIME),
    )
    session.add(row)
    identity = Identity(
        session_id=row.id,
        person_id=row.person_id,
        site_id=row.site_id,
        language=row.language,
        csrf=csrf_of(fresh.token),
        must_change_password=bool(account and account.must_change),
        bound_meeting_id=row.bound_meeting_id,
    )
    return Login(fresh.token, identity, row.expires_at)


async def _end(session: WriteSession, token: str | None) -> None:
    if token:
        await session.execute(delete(LoginSession).where(LoginSession.token_hash == hash_token(token)))


async def log_out(connection: HTTPConnection, session: WriteSession) -> None:
    """End the session of this connection's cookie."""
    identity = await identify(connection)
    if identity is not None:
        record(session, "logout", identity.actor, services_of(connection).now(), address=address_of(connection))
    await _end(session, connection.cookies.get(COOKIE))


async def forget_expired(session: WriteSession, now: datetime) -> None:
    """Clear away sessions that have ended; run now and then."""
    await session.execute(delete(LoginSession).where(LoginSession.expires_at <= now))


def set_cookie(response: Response, login: Login, services: Services) -> None:
    response.set_cookie(
        COOKIE,
        login.token,
        max_age=int((login.expires_at - services.now()).total_seconds()),
        path="/",
        httponly=True,
        samesite="lax",
        secure=services.settings.has_tls,
    )


def clear_cookie(response: Response, services: Services) -> None:
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax", secure=services.settings.has_tls)


def check_origin(connection: HTTPConnection, *, required: bool = False) -> None:
    """Refuse what another site started; a WebSocket (``required``) must name its origin, as every browser does."""
    origin = connection.headers.get("origin")
    if origin is None:
        if required or connection.headers.get("sec-fetch-site") in {"cross-site", "same-site"}:
            raise ForeignOrigin
        return
    asked = urlsplit(origin)
    own = urlsplit(services_of(connection).settings.url)
    if (asked.scheme, asked.netloc) == (own.scheme, own.netloc):
        return
    if asked.scheme not in {"http", "https"} or asked.netloc.lower() != connection.headers.get("host", "").lower():
        raise ForeignOrigin


def check_csrf(connection: HTTPConnection, identity: Identity) -> None:
    """Refuse a changing request without this session's token."""
    given = connection.headers.get(CSRF_HEADER, "")
    if not hmac.compare_digest(given.encode(), identity.csrf.encode()):
        raise BadCsrfToken
