"""The database: one engine, two kinds of session, and the only ``commit`` of the whole product.

One request or task is one transaction: ``async with database.transaction() as session`` commits once when the block
ends and rolls back when it raises. Reads take a ``ReadSession``, which can do nothing else. SQLite runs in WAL with
``synchronous=FULL``: what was told is on disk.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any, NewType, cast

import uuid_utils
from sqlalchemy import DateTime, Dialect, MetaData, String, Table, TypeDecorator, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from scheduler.settings import DatabaseSettings
from scheduler.writers import READS, Writers

ReadSession = NewType("ReadSession", AsyncSession)
WriteSession = NewType("WriteSession", AsyncSession)

Id = String(36)  # UUIDv7 as text


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime on every database (SQLite keeps no zone by itself)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """Base of every table in the product; the names of constraints are predictable so that migrations can drop them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def table_of(rows: type[Base]) -> Table:
    """For statements that are carried out a hundred times a second: those of a class look for its objects each time."""
    return cast(Table, rows.__table__)


def new_id() -> str:
    """A UUIDv7 as text: unique, and sorted by time of creation."""
    return str(uuid_utils.uuid7())


CONNECTIONS = 15
"""At a time; they are kept: one that is opened anew costs server and us more than what it is then asked."""
BUSY_S = 10
"""So long a write waits for others, of this process and then of another one (SQLite)."""
IDLE_S = 1.0
"""A connection that was used so lately is not asked first whether it still stands."""


class DatabaseAway(ConnectionError):
    """The database server does not answer, or not yet."""


class WriteWhileReading(Exception):
    """A statement that may change something, in a session for reads only. Ours to mend."""


class Database:
    """The engine and its sessions; make one per process and dispose of it at the end.

    A write to SQLite that finds no turn raises :class:`TimeoutError`.
    """

    def __init__(self, settings: DatabaseSettings) -> None:
        self.settings = settings
        kept = {"pool_size": CONNECTIONS, "max_overflow": 0, "pool_use_lifo": True}
        self.engine = create_async_engine(settings.url, **kept)
        if settings.is_sqlite:
            self.for_reads = self.engine.execution_options()
            event.listen(self.engine.sync_engine, "connect", _configure_sqlite)
            Writers(self.engine.sync_engine, BUSY_S)
        else:
            # each statement sees what is committed then, with a transaction around it as without
            self.for_reads = self.engine.execution_options(isolation_level="AUTOCOMMIT")
            event.listen(self.engine.sync_engine, "do_connect", _connect)
            event.listen(self.engine.sync_engine, "checkin", _note_use)
            event.listen(self.engine.sync_engine, "checkout", partial(_ask_idle, self.engine.sync_engine.dialect))
        event.listen(self.for_reads.sync_engine, "before_cursor_execute", _refuse_writes)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[WriteSession]:
        """A session that commits when the block ends well and rolls back when it raises."""
        async with AsyncSession(self.engine, expire_on_commit=False) as session:
            yield WriteSession(session)
            await session.commit()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[ReadSession]:
        """A session for reads only."""
        async with AsyncSession(self.for_reads, expire_on_commit=False, autoflush=False) as session:
            yield ReadSession(session)

    async def dispose(self) -> None:
        await self.engine.dispose()


def _connect(dialect: Dialect, _record: Any, arguments: Any, options: Any) -> Any:
    """A refused connection is an OSError like any other, or an error of the driver's own: give it one name.

    Only as one of ours does it reach those who try again, or say it in a line.
    """
    driver: Any = dialect.loaded_dbapi
    try:
        return dialect.connect(*arguments, **options)
    except (
        OSError,
        driver.asyncpg.PostgresError,
    ) as error:  # the latter: no such database, a wrong password, no more connections
        raise DatabaseAway(str(error)) from error


def _note_use(_connection: Any, record: Any) -> None:
    record.info["used_at"] = time.monotonic()


def _ask_idle(dialect: Dialect, connection: Any, record: Any, _proxy: Any) -> None:
    """One that lay idle may have died with its server: then all of that time are left and new ones made."""
    used_at = record.info.get("used_at")
    if used_at is None or time.monotonic() - used_at < IDLE_S:
        return
    try:
        dialect.do_ping(connection)
    except dialect.loaded_dbapi.Error as error:
        raise InvalidatePoolError from error


def _refuse_writes(
    _connection: Any, _cursor: Any, statement: str, _parameters: Any, _context: Any, _executemany: bool
) -> None:
    if not statement.startswith(READS):
        raise WriteWhileReading(statement[:80])


def _configure_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={1000 * BUSY_S}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
