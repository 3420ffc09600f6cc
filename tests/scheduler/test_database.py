"""Sessions and connections: what reading may do, and what a checkout costs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import event, select, text, update

from scheduler import database as module
from scheduler.database import CONNECTIONS, Database, WriteWhileReading
from scheduler.proceedings.tables import LeaseRow
from scheduler.settings import DatabaseSettings
from tests.databases import PostgresServer, opened

LOOK = select(LeaseRow.token)


async def test_a_session_for_reads_only_changes_nothing(database: Database) -> None:
    async with database.reading() as session:
        with pytest.raises(WriteWhileReading):
            await session.execute(update(LeaseRow).values(token=7))
        with pytest.raises(WriteWhileReading):
            await session.execute(text("DELETE FROM lease"))


async def test_connections_are_kept_however_many_read_at_a_time(database: Database) -> None:
    made: list[Any] = []
    event.listen(database.engine.sync_engine, "connect", lambda *connection: made.append(connection))
    waiting = CONNECTIONS * 2

    async def look() -> None:
        async with database.reading() as session:
            await session.execute(LOOK)

    for _ in range(3):
        await asyncio.gather(*(look() for _ in range(waiting)))
    assert len(made) <= CONNECTIONS


async def test_who_reads_in_postgresql_opens_no_transaction(postgres_server: PostgresServer) -> None:
    with postgres_server.copy_of("migrated") as settings:
        database = opened(settings)
        async with database.reading() as session, database.reading() as other:
            number = await session.scalar(text("SELECT pg_backend_pid()"))
            activity = text("SELECT state FROM pg_stat_activity WHERE pid = :number")
            assert await other.scalar(activity, {"number": number}) == "idle"
        await database.dispose()


async def test_a_connection_that_died_while_it_lay_idle_is_replaced_before_it_is_used(
    postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "IDLE_S", 0.0)
    with postgres_server.copy_of("migrated") as settings:
        database = opened(settings)
        async with database.reading() as session:
            number = await session.scalar(text("SELECT pg_backend_pid()"))
        other = opened(settings)
        async with other.transaction() as session:
            await session.execute(text("SELECT pg_terminate_backend(:number, 5000)"), {"number": number})
        await other.dispose()
        async with database.reading() as session:
            assert await session.scalar(text("SELECT pg_backend_pid()")) != number
        await database.dispose()


async def test_writers_of_sqlite_take_turns_as_they_come(sqlite_settings: DatabaseSettings) -> None:
    """Many more than may be connected at a time, each long enough that the others wait."""
    database = opened(sqlite_settings)
    asked: list[int] = []
    wrote: list[int] = []

    async def write(number: int) -> None:
        async with database.transaction() as session:
            await session.execute(LOOK)  # to read takes no turn
            asked.append(number)
            await session.execute(update(LeaseRow).values(token=number))
            wrote.append(number)

    await asyncio.gather(*(write(number) for number in range(4 * CONNECTIONS)))
    assert wrote == asked and len(wrote) == 4 * CONNECTIONS
    await database.dispose()


async def test_a_writer_who_fails_or_is_called_off_leaves_his_turn(sqlite_settings: DatabaseSettings) -> None:
    database = opened(sqlite_settings)
    begun = asyncio.Event()

    async def write(then: Callable[[], Awaitable[object]]) -> None:
        async with database.transaction() as session:
            await session.execute(update(LeaseRow).values(token=7))
            begun.set()
            await then()

    async def fail() -> None:
        raise ValueError

    with pytest.raises(ValueError):
        await write(fail)
    first = asyncio.create_task(write(asyncio.Event().wait))
    await begun.wait()
    waiting = asyncio.create_task(write(fail))
    await asyncio.sleep(0)
    for task in (waiting, first):
        task.cancel()
    await asyncio.gather(first, waiting, return_exceptions=True)
    with pytest.raises(ValueError):
        await write(fail)
    await database.dispose()


async def test_who_writes_within_his_own_writing_is_told_so(
    sqlite_settings: DatabaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BUSY_S", 0)
    database = opened(sqlite_settings)
    write = update(LeaseRow).values(token=7)
    async with database.transaction() as session:
        await session.execute(write)
        with pytest.raises(TimeoutError):
            async with database.transaction() as inner:
                await inner.execute(write)
    await database.dispose()
