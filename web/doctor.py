"""``giaoban doctor``: looks at machine and installation; says what works, what is missing and what mends it."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from scheduler.database import Database
from web.settings import MediaWorker, Settings

FREE_BYTES_WANTED = 5 * 1024**3


@dataclass(frozen=True, slots=True)
class Finding:
    """One look: ``good`` False is a fault, None a remark."""

    what: str
    good: bool | None
    said: str
    mend: str = ""


async def examine(settings: Settings, console: Console) -> bool:
    """Print all findings; True when none is a fault."""
    looks: tuple[Callable[[Settings], Awaitable[Finding]], ...] = (
        _data_folder,
        _disk,
        _database,
        _address,
        _client,
        _office,
        _postgres_client,
    )
    findings = [await look(settings) for look in looks] + [_media(worker) for worker in settings.workers]
    table = Table(show_edge=False)
    for heading in ("", "what", "seen", "mend"):
        table.add_column(heading)
    marks = {True: "[green]✓[/green]", False: "[red]✗[/red]", None: "[yellow]–[/yellow]"}
    for finding in findings:
        table.add_row(marks[finding.good], finding.what, finding.said, finding.mend)
    console.print(table)
    return all(finding.good is not False for finding in findings)


async def _data_folder(settings: Settings) -> Finding:
    folder = settings.data if settings.data.exists() else settings.data.absolute().parent
    writable = os.access(folder, os.W_OK)
    return Finding("data folder", writable, str(settings.data.absolute()), "" if writable else "make it writable")


async def _disk(settings: Settings) -> Finding:
    folder = settings.data if settings.data.exists() else Path()
    free = shutil.disk_usage(folder).free
    enough = free >= FREE_BYTES_WANTED
    return Finding("free space", enough or None, f"{free / 1024**3:.1f} GiB", "" if enough else "one hour takes ~1 GiB")


async def _database(settings: Settings) -> Finding:
    if settings.database.is_sqlite and not Path(settings.database.url.partition(":///")[2]).exists():
        return Finding("database", None, "not made yet", "giaoban serve makes it")
    database = Database(settings.database)
    try:
        async with database.reading() as session:
            version = (await session.execute(text("SELECT version_num FROM alembic_version"))).scalar_one_or_none()
        return Finding("database", True, f"{database.engine.dialect.name}, version {version}")
    except (SQLAlchemyError, OSError) as error:
        return Finding("database", False, str(error).splitlines()[0], "check GIAOBAN_DATABASE_URL")
    finally:
        await database.dispose()


async def _address(settings: Settings) -> Finding:
    if settings.rooms_allowed:
        return Finding("address", True, settings.url)
    return Finding("address", False, f"{settings.url}: no camera without TLS", "giaoban admin certificate")


async def _client(settings: Settings) -> Finding:
    built = (Path(__file__).parent / "client" / "dist" / "index.html").exists()
    return Finding("browser client", built, "built" if built else "not built", "" if built else "make setup")


async def _office(settings: Settings) -> Finding:
    found = shutil.which("soffice")
    mend = "apt-get install libreoffice-writer-nogui: office papers are shown page by page"
    return Finding("LibreOffice", True if found else None, found or "not there", "" if found else mend)


async def _postgres_client(settings: Settings) -> Finding:
    if settings.database.is_sqlite:
        return Finding("pg_dump", True, "not needed with SQLite")
    found = shutil.which("pg_dump")
    return Finding("pg_dump", bool(found), found or "not there", "" if found else "apt-get install postgresql-client")


def _media(worker: MediaWorker) -> Finding:
    if worker.socket.exists():
        return Finding(worker.name, True, f"socket {worker.socket}")
    for kind, name in ((socket.SOCK_DGRAM, "UDP"), (socket.SOCK_STREAM, "TCP")):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("", worker.port))
            except OSError as error:
                return Finding(worker.name, False, f"{name} {worker.port}: {error.strerror}", "GIAOBAN_MEDIA_PORT")
    return Finding(worker.name, True, f"UDP and TCP {worker.port} free")
