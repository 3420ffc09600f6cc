"""The lease: one writer of the logs in a database at a time, told apart by a fencing token.

A server takes it at start, renews it well before it runs out, and gives it back at the end. Another server is refused
while it runs, and takes over afterwards with a higher token; every append checks the token in its own transaction, so
a server that slept through its lease cannot write behind its successor's back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import CursorResult, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from scheduler.database import Database, WriteSession, table_of
from scheduler.proceedings.errors import LeaseHeld, LeaseLost
from scheduler.proceedings.tables import LeaseRow

WRITER = "writer"
TTL = timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to append, until ``expires_at`` or as long as nobody else took over."""

    holder: str
    token: int
    expires_at: datetime


async def acquire(database: Database, holder: str, now: datetime, ttl: timedelta = TTL) -> Lease:
    """Take the lease; :class:`LeaseHeld` says who has it and until when."""
    try:
        async with database.transaction() as session:
            return await _take(session, holder, now, now + ttl)
    except IntegrityError:  # another server made the row in the same moment
        async with database.reading() as reading:
            row = (await reading.execute(select(LeaseRow).where(LeaseRow.name == WRITER))).scalar_one()
        raise LeaseHeld(row.holder, row.expires_at) from None


async def _take(session: WriteSession, holder: str, now: datetime, until: datetime) -> Lease:
    taken = await session.execute(
        update(LeaseRow)
        .where(LeaseRow.name == WRITER, LeaseRow.expires_at <= now)
        .values(holder=holder, token=LeaseRow.token + 1, expires_at=until)
    )
    row = (await session.execute(select(LeaseRow).where(LeaseRow.name == WRITER))).scalar_one_or_none()
    if _count(taken) == 1 and row is not None:
        return Lease(holder, row.token, until)
    if row is not None:
        raise LeaseHeld(row.holder, row.expires_at)
    await session.execute(insert(LeaseRow).values(name=WRITER, holder=holder, token=1, expires_at=until))
    return Lease(holder, 1, until)


async def usurp(database: Database, held: LeaseHeld, holder: str, now: datetime, ttl: timedelta = TTL) -> Lease:
    """Take the lease of a holder known to be dead, as long as it is still his."""
    async with database.transaction() as session:
        taken = await session.execute(
            update(LeaseRow)
            .where(LeaseRow.name == WRITER, LeaseRow.holder == held.holder, LeaseRow.expires_at == held.until)
            .values(holder=holder, token=LeaseRow.token + 1, expires_at=now + ttl)
        )
        if _count(taken) != 1:
            raise held
        token = (await session.execute(select(LeaseRow.token).where(LeaseRow.name == WRITER))).scalar_one()
    return Lease(holder, token, now + ttl)


async def renew(database: Database, lease: Lease, now: datetime, ttl: timedelta = TTL) -> Lease:
    """Prolong the lease, even one that ran out, as long as nobody else took it; else :class:`LeaseLost`."""
    async with database.transaction() as session:
        result = await session.execute(
            update(LeaseRow).where(LeaseRow.name == WRITER, LeaseRow.token == lease.token).values(expires_at=now + ttl)
        )
        if _count(result) != 1:
            raise LeaseLost(lease.token)
    return Lease(lease.holder, lease.token, now + ttl)


async def release(database: Database, lease: Lease, now: datetime) -> None:
    """Give the lease back, so that the next server need not wait; the token stays spent."""
    async with database.transaction() as session:
        await session.execute(
            update(LeaseRow).where(LeaseRow.name == WRITER, LeaseRow.token == lease.token).values(expires_at=now)
        )


_LEASE = table_of(LeaseRow)
_FENCE = (
    update(_LEASE).where(_LEASE.c.name == WRITER, _LEASE.c.token == bindparam("held")).values(token=bindparam("held"))
)


async def fence(session: WriteSession, lease: Lease) -> None:
    """In the transaction of a write: nobody has taken over, and nobody can until it ends.

    An update, not a read: it takes the row (PostgreSQL) or the database (SQLite) for this transaction.
    """
    result = await session.execute(_FENCE, {"held": lease.token})
    if _count(result) != 1:
        raise LeaseLost(lease.token)


async def clear(session: WriteSession) -> None:
    """For a restored backup: whoever held the lease when it was made is gone. The epoch keeps the logs apart."""
    await session.execute(delete(LeaseRow))


def _count(result: object) -> int:
    assert isinstance(result, CursorResult)  # noqa: S101 - what SQLAlchemy gives for an UPDATE
    return result.rowcount
