"""Tickets for encoders and players that are not ours: a bearer secret for one meeting, as one site or for the program.

Made by the chair or the secretary, shown once, kept as a hash, revocable at any time. A ticket opens as long as a
site's link would: until a day after the planned end, and always while the room is live.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from typing import Literal

from sqlalchemy import ForeignKey, String, func, select
from sqlalchemy.orm import Mapped, mapped_column

from scheduler import audit
from scheduler.database import Base, Id, Instant, ReadSession, WriteSession, new_id
from scheduler.errors import Invalid, NotFound, SecretStays, TicketRefused, WrongStage
from scheduler.meetings.access import find_meeting, require
from scheduler.meetings.meeting import LIVE_STAGES, PLANNED_STAGES, Meeting
from scheduler.meetings.site_link import is_over
from scheduler.permissions import Actor, may_give_ticket
from scheduler.secrecy import is_secret

TicketKind = Literal["ingest", "playback"]  # WHIP: sends as a site · WHEP: gets the program
KINDS: tuple[TicketKind, ...] = ("ingest", "playback")
MOST_TICKETS = 50  # of one meeting, not revoked


class MediaTicket(Base):
    """A ticket; the secret itself is nowhere."""

    __tablename__ = "media_ticket"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meeting.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    site_id: Mapped[str | None] = mapped_column(ForeignKey("site.id"))  # of an "ingest"
    label: Mapped[str] = mapped_column(String(200))  # "Camera hội trường lớn"
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)


async def give_ticket(
    session: WriteSession,
    actor: Actor,
    meeting_id: str,
    kind: TicketKind,
    now: datetime,
    *,
    site_id: str | None = None,
    label: str = "",
    address: str = "",
) -> tuple[MediaTicket, str]:
    """Make a ticket; the second value is its secret, to be shown this once."""
    meeting, access = await find_meeting(session, actor, meeting_id)
    require(may_give_ticket(actor, access), "give_ticket", "chair", "secretary")
    if is_secret(meeting.security_marking):
        raise SecretStays
    if meeting.stage not in PLANNED_STAGES | LIVE_STAGES:
        raise WrongStage(meeting.stage, "give_ticket")
    if (kind == "ingest") != (site_id is not None):
        raise Invalid({"site_id": "missing" if kind == "ingest" else "unknown"})
    if site_id is not None and site_id not in {invited for invited, _ in access.sites}:
        raise Invalid({"site_id": "unknown"})
    if await _count(session, meeting_id) >= MOST_TICKETS:
        raise Invalid({"kind": "too_long"})
    secret = secrets.token_urlsafe(32)
    ticket = MediaTicket(
        id=new_id(),
        meeting_id=meeting_id,
        kind=kind,
        site_id=site_id,
        label=label,
        secret_hash=_hash(secret),
        created_by=actor.person_id,
        created_at=now,
    )
    session.add(ticket)
    audit.record(
        session, "ticket_given", actor, now, subject_id=meeting_id, address=address, ticket=ticket.id, door=kind
    )
    await session.flush()
    return ticket, secret


async def tickets_of(session: ReadSession, actor: Actor, meeting_id: str) -> list[MediaTicket]:
    """The meeting's tickets, also revoked ones, oldest first."""
    _, access = await find_meeting(session, actor, meeting_id)
    require(may_give_ticket(actor, access), "give_ticket", "chair", "secretary")
    query = select(MediaTicket).where(MediaTicket.meeting_id == meeting_id).order_by(MediaTicket.id)
    return list((await session.scalars(query)).all())


async def revoke_ticket(
    session: WriteSession, actor: Actor, meeting_id: str, ticket_id: str, now: datetime, address: str = ""
) -> MediaTicket:
    """The ticket opens nothing any more; revoking it twice is once."""
    _, access = await find_meeting(session, actor, meeting_id)
    require(may_give_ticket(actor, access), "give_ticket", "chair", "secretary")
    ticket = await session.get(MediaTicket, ticket_id)
    if ticket is None or ticket.meeting_id != meeting_id:
        raise NotFound("ticket", ticket_id)
    if ticket.revoked_at is None:
        ticket.revoked_at = now
        audit.record(session, "ticket_revoked", actor, now, subject_id=meeting_id, address=address, ticket=ticket_id)
    await session.flush()
    return ticket


async def open_ticket(
    session: ReadSession, secret: str, kind: TicketKind, meeting_id: str, now: datetime
) -> MediaTicket:
    """The ticket of this secret, when it opens this door of this meeting now; else TicketRefused."""
    ticket = await session.scalar(select(MediaTicket).where(MediaTicket.secret_hash == _hash(secret)))
    valid = await _check(session, ticket, now)
    if valid.kind != kind or valid.meeting_id != meeting_id:
        raise TicketRefused("other")
    return valid


async def ticket_by_id(session: ReadSession, ticket_id: str, meeting_id: str, now: datetime) -> MediaTicket:
    """The ticket that somebody who is in came by, when it still opens its door; else TicketRefused."""
    valid = await _check(session, await session.get(MediaTicket, ticket_id), now)
    if valid.meeting_id != meeting_id:
        raise TicketRefused("other")
    return valid


async def _check(session: ReadSession, ticket: MediaTicket | None, now: datetime) -> MediaTicket:
    meeting = await session.get(Meeting, ticket.meeting_id) if ticket is not None else None
    if ticket is None or meeting is None:
        raise TicketRefused("unknown")
    if ticket.revoked_at is not None:
        raise TicketRefused("revoked")
    if is_over(meeting, now) or is_secret(meeting.security_marking):
        raise TicketRefused("expired")
    return ticket


async def _count(session: WriteSession, meeting_id: str) -> int:
    query = select(func.count()).where(MediaTicket.meeting_id == meeting_id, MediaTicket.revoked_at.is_(None))
    return int(await session.scalar(query) or 0)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
