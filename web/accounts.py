"""Accounts, login sessions and one-time links: who may log in, and who is logged in.

Secrets never lie here in clear: passwords as argon2id hashes, session tokens and one-time links as SHA-256.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, String, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.database import Base, Id, Instant, ReadSession, WriteSession, new_id
from scheduler.organization.person import Person, RoleAssignment
from web.errors import BadInput, Duplicate, NotFound

RESET_LIFETIME = timedelta(hours=24)
SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200


class Account(Base):
    """A login with its password, of a person or (a shared PC) of a site."""

    __tablename__ = "account"
    __table_args__ = (CheckConstraint("(person_id IS NULL) <> (site_id IS NULL)", name="one_owner"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    login: Mapped[str] = mapped_column(String(80), unique=True)  # lower case
    password_hash: Mapped[str]  # argon2id, with its parameters; empty: cannot log in until a reset
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"), index=True)
    site_id: Mapped[str | None] = mapped_column(ForeignKey("site.id"), index=True)
    must_change: Mapped[bool] = mapped_column(default=False)  # somebody else knows the password
    active: Mapped[bool] = mapped_column(default=True)
    language: Mapped[str] = mapped_column(String(2), default="vi")
    created_at: Mapped[datetime] = mapped_column(Instant)


class LoginSession(Base):
    """Somebody is logged in: a person, or a site by its link; the cookie holds the token, we hold its hash."""

    __tablename__ = "login_session"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    account_id: Mapped[str | None] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    site_id: Mapped[str | None] = mapped_column(ForeignKey("site.id"), index=True)
    link_epoch: Mapped[int | None]  # of the link it came from; a new link of the site ends the session
    bound_meeting_id: Mapped[str | None] = mapped_column(ForeignKey("meeting.id", ondelete="CASCADE"))  # of that link
    language: Mapped[str] = mapped_column(String(2), default="vi")
    created_at: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)


class PasswordReset(Base):
    """A link that sets a new password once; made by a unit's administrator, handed over by hand."""

    __tablename__ = "password_reset"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    created_by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)


@dataclass(frozen=True, slots=True)
class NewToken:
    """A fresh secret: what its holder gets, and what we keep."""

    token: str
    token_hash: str


def new_token() -> NewToken:
    token = secrets.token_urlsafe(32)
    return NewToken(token, hash_token(token))


def hash_token(token: str) -> str:
    """What is stored of a token: it has 256 random bits, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def normalise_login(login: str) -> str:
    return login.strip().lower()


def check_password(password: str, login: str) -> None:
    """Refuse a new password that is too short, too long or the login itself."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise BadInput("password_length", detail={"new": "password_length"}, shortest=SHORTEST_PASSWORD)
    if normalise_login(password) == normalise_login(login):
        raise BadInput("password_is_login", detail={"new": "password_is_login"})


async def create_account(
    session: WriteSession,
    login: str,
    password_hash: str,
    now: datetime,
    *,
    person_id: str | None = None,
    site_id: str | None = None,
    must_change: bool = False,
) -> Account:
    """Give a person or a site a login; the hash comes from :class:`web.passwords.Passwords`."""
    login = normalise_login(login)
    if await session.scalar(select(Account.id).where(Account.login == login)):
        raise Duplicate("login_taken", detail={"login": "login_taken"}, login=login)
    account = Account(
        login=login,
        password_hash=password_hash,
        person_id=person_id,
        site_id=site_id,
        must_change=must_change,
        active=True,
        language="vi",
        created_at=now,
    )
    session.add(account)
    await session.flush()
    return account


async def account_of(session: ReadSession | WriteSession, person_id: str) -> Account | None:
    """The person's account, if there is one."""
    account: Account | None = await session.scalar(select(Account).where(Account.person_id == person_id).limit(1))
    return account


async def require_an_administrator(session: WriteSession, field: str) -> None:
    """Refuse the change just made, named ``field``, if it left no administrator who has an account to log in with."""
    await session.flush()
    query = select(Account.id).join(Person, Person.id == Account.person_id)
    query = query.join(RoleAssignment, RoleAssignment.person_id == Person.id)
    query = query.where(RoleAssignment.role == "administrator", Person.active, Account.active)
    if await session.scalar(query.limit(1)) is None:
        raise BadInput(detail={field: "no_administrator_account"})


async def make_reset(session: WriteSession, account: Account, by_person_id: str, now: datetime) -> str:
    """A one-time link's token for the account; earlier unused ones die, and so do the account's sessions."""
    await session.execute(
        update(PasswordReset)
        .where(PasswordReset.account_id == account.id, PasswordReset.used_at.is_(None))
        .values(used_at=now)
    )
    await end_sessions(session, account.id)
    fresh = new_token()
    session.add(
        PasswordReset(
            token_hash=fresh.token_hash,
            account_id=account.id,
            created_by=by_person_id,
            created_at=now,
            expires_at=now + RESET_LIFETIME,
        )
    )
    return fresh.token


async def find_reset(session: ReadSession | WriteSession, token: str, now: datetime) -> tuple[PasswordReset, Account]:
    """The unused reset with its account; raises NotFound for an unknown, used or expired one alike."""
    reset: PasswordReset | None = await session.scalar(
        select(PasswordReset).where(
            PasswordReset.token_hash == hash_token(token),
            PasswordReset.used_at.is_(None),
            PasswordReset.expires_at > now,
        )
    )
    account = await session.get(Account, reset.account_id) if reset else None
    if reset is None or account is None or not account.active:
        raise NotFound("reset_unknown")
    return reset, account


async def use_reset(session: WriteSession, token: str, password_hash: str, now: datetime) -> Account:
    """Set the password by a one-time link: the first who comes uses it up."""
    reset, account = await find_reset(session, token, now)
    used = await session.execute(
        update(PasswordReset)
        .where(PasswordReset.id == reset.id, PasswordReset.used_at.is_(None))
        .values(used_at=now)
        .returning(PasswordReset.id)
        .execution_options(synchronize_session=False)
    )
    if used.first() is None:
        raise NotFound("reset_unknown")
    await set_password(session, account, password_hash)
    return account


async def set_password(session: WriteSession, account: Account, password_hash: str) -> None:
    """The account has a new password of its owner's own; every session of it ends."""
    account.password_hash = password_hash
    account.must_change = False
    await end_sessions(session, account.id)


async def end_sessions(session: WriteSession, account_id: str) -> None:
    await session.execute(delete(LoginSession).where(LoginSession.account_id == account_id))
