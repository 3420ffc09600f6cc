"""The real app on the demonstration organisation: ``world`` on SQLite and PostgreSQL, ``small_world`` on SQLite.

A visitor is an HTTP client that behaves as a browser of ours: keeps the cookie, sends the CSRF token and its Origin.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from sqlalchemy import insert, select

from scheduler.database import Database, new_id
from scheduler.meetings.demonstration import fill_demonstration
from scheduler.meetings.meeting import Meeting
from scheduler.organization.demonstration import demo_id
from scheduler.organization.site import Site
from scheduler.settings import DatabaseSettings
from tests.databases import PostgresServer, in_thread, opened
from web.accounts import Account
from web.app import create_app
from web.passwords import Passwords
from web.services import Services
from web.settings import Settings

PASSWORD = "một mật khẩu đủ dài"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
HASH = QUICK.hash(PASSWORD)
NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # a Monday, 08:00 in Vietnam
ORIGIN = "http://localhost:8000"


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **time: float) -> None:
        self.now += timedelta(**time)


@dataclass
class World:
    """The running app with its demonstration; ``meeting`` is sent to the 13 communes of Quản Bạ."""

    app: FastAPI
    database: Database
    clock: Clock
    meeting: Meeting
    stack: AsyncExitStack
    visitors: dict[str, Visitor] = field(default_factory=dict)

    @property
    def services(self) -> Services:
        services: Services = self.app.state.services
        return services

    async def visitor(self, address: str = "192.0.2.1") -> Visitor:
        """Somebody who is not logged in."""
        transport = httpx.ASGITransport(self.app, client=(address, 50000))
        client = httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers={"origin": ORIGIN})
        return Visitor(await self.stack.enter_async_context(client))

    async def person(self, login: str) -> Visitor:
        """Somebody logged in, once per login."""
        if login not in self.visitors:
            visitor = await self.visitor()
            answer = await visitor.log_in(login)
            assert answer.status_code == 200, answer.text
            self.visitors[login] = visitor
        return self.visitors[login]

    async def site(self, key: str) -> Visitor:
        """A site that came through the link of the meeting."""
        name = f"link {key}"
        if name not in self.visitors:
            visitor = await self.visitor()
            answer = await visitor.come_by_link(await self.token(key))
            assert answer.status_code == 200, answer.text
            self.visitors[name] = visitor
        return self.visitors[name]

    async def token(self, key: str, meeting_id: str = "") -> str:
        """Of the site's link to the meeting, or to another one."""
        async with self.database.reading() as session:
            site = await session.get_one(Site, demo_id(f"site:{key}"))
        return self.services.links.token_of(site, meeting_id or self.meeting.id)


@dataclass
class Visitor:
    """A browser."""

    http: httpx.AsyncClient
    csrf: str = ""

    async def log_in(self, login: str, password: str = PASSWORD) -> httpx.Response:
        answer = await self.post("/api/session", json={"login": login, "password": password})
        self.csrf = answer.json().get("csrf", "")
        return answer

    async def come_by_link(self, token: str) -> httpx.Response:
        answer = await self.post("/api/session/site", json={"token": token})
        self.csrf = answer.json().get("csrf", "")
        return answer

    async def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"x-csrf-token": self.csrf} if self.csrf and method != "GET" else {}
        return await self.http.request(method, path, headers={**headers, **options.pop("headers", {})}, **options)

    async def get(self, path: str, **options: Any) -> httpx.Response:
        return await self.request("GET", path, **options)

    async def post(self, path: str, **options: Any) -> httpx.Response:
        return await self.request("POST", path, **options)

    async def put(self, path: str, **options: Any) -> httpx.Response:
        return await self.request("PUT", path, **options)

    async def patch(self, path: str, **options: Any) -> httpx.Response:
        return await self.request("PATCH", path, **options)

    async def delete(self, path: str, **options: Any) -> httpx.Response:
        return await self.request("DELETE", path, **options)


@asynccontextmanager
async def open_world(
    database: Database,
    folder: Path,
    *,
    now: datetime = NOW,
    run_jobs: bool = False,
    connect_media: bool = False,
    **settings: Any,
) -> AsyncIterator[World]:
    """The app on this database; its client is a page that says "page"."""
    clock = Clock(now)
    meeting = await fill(database, clock.now)
    client = folder / "client"
    (client / "assets").mkdir(parents=True, exist_ok=True)
    (client / "index.html").write_text("<!doctype html><title>page</title>")
    (client / "assets" / "app-1a2b3c.js").write_text("'use strict'")
    app = create_app(
        Settings(data=folder, **settings),
        database=database,
        passwords=Passwords(QUICK),
        clock=clock,
        run_jobs=run_jobs,
        connect_media=connect_media,
        client=client,
        log=False,
    )
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(app.router.lifespan_context(app))
        yield World(app, database, clock, meeting, stack)


async def fill(database: Database, now: datetime) -> Meeting:
    """The demonstration with an account for everybody; a database that is a copy of a filled one stays as it is."""
    async with database.transaction() as session:
        there: Meeting | None = await session.scalar(select(Meeting))
        if there is not None:
            return there
        made, meeting = await fill_demonstration(session, now)
        rows = [
            {
                "id": new_id(),
                "login": one.login,
                "password_hash": HASH,
                "person_id": one.person_id,
                "site_id": one.site_id,
                "must_change": False,
                "active": True,
                "language": "vi",
                "created_at": now,
            }
            for one in made.logins
        ]
        await session.execute(insert(Account), rows)
    return meeting


def fill_once(settings: DatabaseSettings) -> None:
    """Put the demonstration into a migrated database that tests get copies of."""

    async def run() -> None:
        database = opened(settings)
        await fill(database, NOW)
        await database.dispose()

    in_thread(run())


@pytest.fixture(scope="session")
def filled_sqlite(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the demonstration, to copy from."""
    path = tmp_path_factory.mktemp("filled") / "filled.db"
    shutil.copy(sqlite_template, path)
    fill_once(DatabaseSettings(f"sqlite+aiosqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def filled_postgres(postgres_server: PostgresServer) -> PostgresServer:
    """The server, with a database called ``filled`` that holds the demonstration, to copy from."""
    postgres_server.create("filled", template="migrated")
    fill_once(DatabaseSettings(postgres_server.url("filled")))
    return postgres_server


@pytest.fixture
def small_settings(filled_sqlite: Path, tmp_path: Path) -> DatabaseSettings:
    path = tmp_path / "filled.db"
    shutil.copy(filled_sqlite, path)
    return DatabaseSettings(f"sqlite+aiosqlite:///{path}")


@pytest.fixture(params=["sqlite", "postgresql"])
def filled_settings(request: pytest.FixtureRequest) -> Iterator[DatabaseSettings]:
    """Each test that asks runs twice: on SQLite and on PostgreSQL, both filled."""
    if request.param == "sqlite":
        yield request.getfixturevalue("small_settings")
        return
    server: PostgresServer = request.getfixturevalue("filled_postgres")
    with server.copy_of("filled") as settings:
        yield settings


@pytest.fixture
async def filled_database(filled_settings: DatabaseSettings) -> AsyncIterator[Database]:
    database = opened(filled_settings)
    yield database
    await database.dispose()


@pytest.fixture
async def world(filled_database: Database, tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(filled_database, tmp_path / "data") as opened:
        yield opened


@pytest.fixture
async def small_world(small_settings: DatabaseSettings, tmp_path: Path) -> AsyncIterator[World]:
    database = opened(small_settings)
    async with open_world(database, tmp_path / "data") as world:
        yield world
    await database.dispose()
