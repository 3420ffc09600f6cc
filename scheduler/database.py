"""The database: one engine, two kinds of session, and the only ``commit`` of the whole product.

One request or task is one transaction: ``async with database.transaction() as session`` commits once when the block
ends and rolls back when it raises. Reads take a ``ReadSession``, which never commits. SQLite runs in WAL with
``synchronous=FULL``: what was told is on disk.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, NewType

import uuid_utils
from sqlalchemy import DateTime, Dialect, MetaData, String, TypeDecorator, event
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from scheduler.settings import DatabaseSettings

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


def new_id() -> str:
    """A UUIDv7 as text: unique, and sorted by time of creation."""
    return str(uuid_utils.uuid7())


class DatabaseAway(ConnectionError):
    """The database server does not answer, or not yet."""


class Database:
    """The engine and its sessions; make one per process and dispose of it at the end."""

    def __init__(self, settings: DatabaseSettings) -> None:
        self.settings = settings
        self.engine = create_async_engine(settings.url, pool_pre_ping=not settings.is_sqlite)
        if settings.is_sqlite:
            event.listen(self.engine.sync_engine, "connect", _configure_sqlite)
        else:
            event.listen(self.engine.sync_engine, "do_connect", _connect)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[WriteSession]:
        """A session that commits when the block ends well and rolls back when it raises."""
        async with AsyncSession(self.engine, expire_on_commit=False) as session:
            yield WriteSession(session)
            await session.commit()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[ReadSession]:
        """A session for reads only."""
        async with AsyncSession(self.engine, expire_on_commit=False, autoflush=False) as session:
            yield ReadSession(session)

    async def dispose(self) -> None:
        await self.engine.dispose()


def _connect(dialect: Dialect, _record: Any, arguments: Any, options: Any) -> Any:
    """The driver's refused connection is an OSError like any other: give it a name of its own."""
    try:
        return dialect.connect(*arguments, **options)
    except OSError as error:
        raise DatabaseAway(str(error)) from error


def _configure_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
