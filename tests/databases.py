"""Real databases for tests: a PostgreSQL of our own in a temporary directory, and one fresh database per test.

Migrations run once per test process into a template; each test gets a copy of it. A missing PostgreSQL fails the test
and says how to install it: a database we promise to support is never skipped.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from psycopg.sql import SQL, Composed, Identifier
from sqlalchemy import Engine

from scheduler.database import Database
from scheduler.migrations import upgrade
from scheduler.settings import DatabaseSettings

MISSING = "PostgreSQL's server programs are missing: apt-get install postgresql (looked for initdb in PATH and {})"
PLACES = Path("/usr/lib/postgresql")
OPTIONS = {
    "listen_addresses": "",  # a Unix socket in our own directory: no port to collide on
    "fsync": "off",  # speed; what survives kill -9 of the client does not depend on it
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "checkpoint_timeout": "1d",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "logging_collector": "off",
}


class PostgresServer:
    """A PostgreSQL server that belongs to this test process; ``kill`` and ``start`` again for tests of failure."""

    def __init__(self) -> None:
        self.binaries = _binaries()
        self.directory = Path(tempfile.mkdtemp(prefix="giaoban-pg-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._administrator: psycopg.Connection | None = None
        self._numbers = count(1)
        if os.geteuid() == 0:
            account = _unprivileged()
            os.chown(self.directory, account.pw_uid, account.pw_gid)
        initdb = ["initdb", "-A", "trust", "-U", "postgres", "-N", "-E", "UTF8", "--locale=C.UTF-8"]
        self._run_as_server([*initdb, "-D", str(self.directory / "data")])

    def url(self, name: str) -> str:
        return f"postgresql+asyncpg://postgres@/{name}?host={self.directory}"

    def start(self) -> None:
        options = [part for key, value in OPTIONS.items() for part in ("-c", f"{key}={value}")]
        command = ["postgres", "-D", str(self.directory / "data"), "-k", str(self.directory), *options]
        with (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen(self._command(command), stdout=log, stderr=log, cwd="/")
        for _ in range(600):
            if (
                subprocess.run([self.binaries / "pg_isready", "-q", "-t", "1", *self._where()], check=False).returncode
                == 0
            ):
                return
            if self._process.poll() is not None:
                break
            _wait(0.05)
        raise RuntimeError(f"PostgreSQL did not start:\n{(self.directory / 'log').read_text()}")

    def stop(self) -> None:
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """As an immediate shutdown: connections break, what was committed stays."""
        self._end(signal.SIGQUIT)

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def create(self, name: str, template: str = "template1") -> None:
        # files are copied as they are: three times as fast as by way of the log
        self._do(
            SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(Identifier(name), Identifier(template))
        )

    def drop(self, name: str) -> None:
        self._do(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))

    @contextmanager
    def copy_of(self, template: str) -> Iterator[DatabaseSettings]:
        """A database of its own for one test, dropped at its end."""
        name = f"test_{next(self._numbers)}"
        self.create(name, template)
        yield DatabaseSettings(self.url(name))
        self.drop(name)

    def _do(self, statement: Composed) -> None:
        """By one connection for all tests: a program for each would take longer than what it does."""
        if self._administrator is None:
            self._administrator = psycopg.connect(
                host=str(self.directory), user="postgres", dbname="postgres", autocommit=True
            )
        self._administrator.execute(statement)

    def _where(self) -> list[str]:
        return ["-h", str(self.directory)]

    def _end(self, number: signal.Signals) -> None:
        if self._administrator is not None:
            self._administrator.close()
            self._administrator = None
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(60)
            self._process = None

    def _command(self, command: list[str]) -> list[str]:
        program = [str(self.binaries / command[0]), *command[1:]]
        if os.geteuid() != 0:
            return program
        account = _unprivileged()  # PostgreSQL refuses to run as root
        drop = ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]
        return [*drop, "--pdeathsig", "INT", *program]

    def _run_as_server(self, command: list[str]) -> None:
        done = subprocess.run(self._command(command), capture_output=True, cwd="/", check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{command[0]} failed:\n{done.stderr.decode()}")


def _wait(seconds: float) -> None:
    """Between two looks at a starting server."""
    signal.sigtimedwait([], seconds)


def migrate(settings: DatabaseSettings) -> None:
    """Bring a database up to date, from code that has no event loop (in a thread: the caller may)."""

    async def run() -> None:
        database = Database(settings)
        await upgrade(database)
        await database.dispose()

    in_thread(run())


_FIRST: dict[str, Engine] = {}


def opened(settings: DatabaseSettings) -> Database:
    """A database for a test of this loop; what the first one of its kind has compiled the others need not compile.

    The driver hands every statement over by a future, and watching each of them doubles a test's time.
    """
    asyncio.get_running_loop().set_debug(False)
    database = Database(settings)
    engine = database.engine.sync_engine
    first = _FIRST.get(engine.dialect.name)
    if first is None or first.dialect.server_version_info is None:  # it has not been connected
        _FIRST[engine.dialect.name] = engine
    else:
        for one in (engine, database.for_reads.sync_engine):
            one.dialect = first.dialect
            one._compiled_cache = first._compiled_cache
    return database


def in_thread(work: Coroutine[Any, Any, None]) -> None:
    with ThreadPoolExecutor(1) as executor:
        executor.submit(asyncio.run, work).result()


def _binaries() -> Path:
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    versions = sorted(PLACES.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not versions:
        raise RuntimeError(MISSING.format(PLACES))
    return versions[-1].parent


def _unprivileged() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("no unprivileged account (postgres or nobody) to run PostgreSQL as")
