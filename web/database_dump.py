"""A whole database as one file, and back: SQLite by its online backup, PostgreSQL by ``pg_dump`` and ``pg_restore``."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import make_url

from scheduler.settings import DatabaseSettings


class CannotDump(Exception):
    """The database could not be written to a file or read from one; the message says why."""


def dump(database: DatabaseSettings, folder: Path) -> Path:
    """Write a consistent copy of the database, which may be in use, to a file in ``folder``."""
    if database.is_sqlite:
        target = folder / "database.sqlite"
        source = make_url(database.url).database
        if not source or not Path(source).exists():
            raise CannotDump(f"there is no database at {source}")
        with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(target)) as copy:
            live.backup(copy)
        return target
    target = folder / "database.dump"
    _run(["pg_dump", "--format=custom", f"--file={target}"], database)
    return target


def check(database: DatabaseSettings, file: Path) -> None:
    """Whether ``load`` could read the file into this kind of database; raises :class:`CannotDump`."""
    if database.is_sqlite != (file.suffix == ".sqlite"):
        raise CannotDump(f"{file.name} is of another kind of database than the one in GIAOBAN_DATABASE_URL")
    if not database.is_sqlite:
        _run(["pg_restore", "--list", str(file)])
        return
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True)) as copy:
            found = copy.execute("PRAGMA quick_check").fetchone()[0]
    except sqlite3.DatabaseError as error:
        raise CannotDump(f"{file.name} is damaged: {error}") from None
    if found != "ok":
        raise CannotDump(f"{file.name} is damaged: {found}")


def load(database: DatabaseSettings, file: Path) -> None:
    """Fill an empty database: whole or, when it raises :class:`CannotDump`, not at all."""
    if database.is_sqlite:
        target = make_url(database.url).database
        if not target:
            raise CannotDump(f"{database.url} names no file")
        shutil.copyfile(file, target)
        return
    _run(["pg_restore", "--single-transaction", "--no-owner", "--no-privileges", str(file)], database)


def _run(command: list[str], database: DatabaseSettings | None = None) -> None:
    program, *arguments = command
    environment = dict(os.environ)
    if database is not None:
        url = make_url(database.url).set(drivername="postgresql")
        if url.password is not None:
            environment["PGPASSWORD"] = str(url.password)  # not in the command: everybody on the machine reads that
        arguments = [f"--dbname={url._replace(password=None).render_as_string()}", *arguments]
    try:
        result = subprocess.run(
            [program, *arguments], env=environment, capture_output=True, text=True, errors="replace", check=False
        )
    except FileNotFoundError:
        raise CannotDump(f"{program} is missing: apt-get install postgresql-client") from None
    if result.returncode:
        raise CannotDump(result.stderr.strip() or f"{program} failed")
