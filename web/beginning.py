"""The beginning of an installation: on an empty database the demonstration, or today's levels and an administrator.

The demonstration's accounts share one password: a known one where only this machine reaches the server, a random one,
kept in the keys folder, everywhere else.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import insert, select

from scheduler.database import Database, ReadSession, WriteSession, new_id
from scheduler.meetings.attendee import Attendee
from scheduler.meetings.demonstration import plan_example
from scheduler.meetings.meeting import Meeting
from scheduler.meetings.site_link import SiteLinks
from scheduler.organization import demonstration, founding
from scheduler.organization.folding import sort_name
from scheduler.organization.installation import is_empty
from scheduler.organization.person import Person
from scheduler.organization.site import Site
from web.accounts import Account, create_account, make_reset
from web.keys import read_or_make_key
from web.passwords import Passwords
from web.settings import Settings

KNOWN_PASSWORD = "giao-ban-2025"  # noqa: S105 - of the demonstration on localhost, printed at every start
PRINTED_LOGINS = 6
PRINTED_LINKS = 2


@dataclass(frozen=True, slots=True)
class PrintedLogin:
    login: str
    password: str
    who: str


@dataclass(frozen=True, slots=True)
class Beginning:
    """What ``giaoban serve`` prints: demonstration logins, or the first administrator's one-time link."""

    logins: tuple[PrintedLogin, ...] = ()
    first_link: str | None = None


async def begin(database: Database, settings: Settings, *, demo: bool, example: bool = True) -> Beginning:
    """Fill an empty database, with ``example`` a meeting that can start now too; on any other, tell what is there."""
    password, password_hash, first_link = "", "", None
    if demo and await _is_empty(database):  # the hash takes its time: made once, and outside the transaction
        password = demonstration_password(settings)
        password_hash = await Passwords().make(password)
    async with database.transaction() as session:
        if await is_empty(session):
            if password_hash:
                await _fill(session, password_hash, example=example)
            else:
                first_link = await _found(session, settings)
        is_demo = await demonstration.is_filled(session)
    if not is_demo:
        return Beginning(first_link=first_link)
    password = password or demonstration_password(settings)
    shown = demonstration.logins()[:PRINTED_LOGINS]
    return Beginning(tuple(PrintedLogin(one.login, password, f"{one.role}, {one.unit_title}") for one in shown))


async def _is_empty(database: Database) -> bool:
    async with database.reading() as session:
        return await is_empty(session)


def demonstration_password(settings: Settings) -> str:
    """The password of all demonstration accounts of this installation."""
    file = settings.keys_folder / "demonstration-password"
    if not file.exists():
        local = settings.is_local and settings.host in {"127.0.0.1", "::1", "localhost"}
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.touch(mode=0o600)
        file.write_text(KNOWN_PASSWORD if local else secrets.token_urlsafe(9))
    return file.read_text()


async def _fill(session: WriteSession, password_hash: str, *, example: bool) -> None:
    now = datetime.now(UTC)
    filled = await demonstration.fill(session)
    rows = [
        {
            "id": new_id(),
            "login": login.login,
            "password_hash": password_hash,
            "person_id": login.person_id,
            "site_id": login.site_id,
            "must_change": False,
            "active": True,
            "language": "vi",
            "created_at": now,
        }
        for login in filled.logins
    ]
    await session.execute(insert(Account), rows)
    if example:
        await plan_example(session, now)


async def _found(session: WriteSession, settings: Settings) -> str:
    root = await founding.found_installation(session, "Giao Ban", "Trung ương")
    person = Person(id=new_id(), name="Quản trị hệ thống", sort_name=sort_name("Quản trị hệ thống"), active=True)
    session.add(person)
    await session.flush()
    await founding.appoint_first_administrator(session, root, person)
    now = datetime.now(UTC)
    account = await create_account(session, "quantri", "", now, person_id=person.id, must_change=True)
    token = await make_reset(session, account, person.id, now)
    return f"{settings.url}/password/{token}"


@dataclass(frozen=True, slots=True)
class StartableMeeting:
    """A meeting to begin with, and the first links of its sites: (site, address)."""

    id: str
    title: str
    links: tuple[tuple[str, str], ...]


async def can_start_now(settings: Settings) -> list[StartableMeeting]:
    """Meetings whose invitations went out and that have not ended, the latest first: at most two."""
    database = Database(settings.database)
    links = SiteLinks(read_or_make_key(settings.keys_folder / "links.key"), settings.url)
    try:
        async with database.reading() as session:
            open_ones = select(Meeting).where(Meeting.stage.in_(("sent", "testing", "convened", "suspended")))
            meetings = (await session.scalars(open_ones.order_by(Meeting.starts_at.desc()).limit(2))).all()
            return [StartableMeeting(one.id, one.title, await _first_links(session, one, links)) for one in meetings]
    finally:
        await database.dispose()


async def _first_links(session: ReadSession, meeting: Meeting, links: SiteLinks) -> tuple[tuple[str, str], ...]:
    invited = select(Site).join(Attendee, Attendee.site_id == Site.id).where(Attendee.meeting_id == meeting.id)
    communes = invited.where(Attendee.role != "chair").order_by(Site.protocol_order).limit(PRINTED_LINKS)
    sites = (await session.scalars(communes)).all()
    return tuple((site.unit.title, links.url_of(site, meeting.id)) for site in sites)
