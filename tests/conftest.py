"""Fixtures for every test: ``database`` runs a test on SQLite and on a real PostgreSQL, migrated, empty, its own.

``database_settings`` is the same without an open engine, for tests that hand the address to another process.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from scheduler.database import Database
from scheduler.settings import DatabaseSettings
from tests.databases import PostgresServer, migrate, opened


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One server per test process, with a migrated database called ``migrated`` to copy from."""
    server = PostgresServer()
    try:
        server.start()
        server.create("migrated")
        migrate(DatabaseSettings(server.url("migrated")))
        yield server
    finally:
        server.remove()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy from."""
    path = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    migrate(DatabaseSettings(f"sqlite+aiosqlite:///{path}"))
    return path


@pytest.fixture
def sqlite_settings(sqlite_template: Path, tmp_path: Path) -> DatabaseSettings:
    """For tests where the kind of database does not matter."""
    path = tmp_path / "giaoban.db"
    shutil.copy(sqlite_template, path)
    return DatabaseSettings(f"sqlite+aiosqlite:///{path}")


@pytest.fixture
async def sqlite_database(sqlite_settings: DatabaseSettings) -> AsyncIterator[Database]:
    database = opened(sqlite_settings)
    yield database
    await database.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_settings(request: pytest.FixtureRequest) -> Iterator[DatabaseSettings]:
    """Each test that asks runs twice: on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_settings")
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.copy_of("migrated") as settings:
        yield settings


@pytest.fixture
async def database(database_settings: DatabaseSettings) -> AsyncIterator[Database]:
    database = opened(database_settings)
    yield database
    await database.dispose()
