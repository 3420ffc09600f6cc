"""``giaoban doctor``: looks at machine and installation; says what works, what is missing and what mends it."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from rich.console import Console
from rich.table import Table
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from scheduler.database import Database
from scheduler.migrations import knows, tables
from web.run_folder import is_running
from web.settings import MediaWorker, Settings
from web.tls import UnusableCertificate, read_certificate

FREE_BYTES_WANTED = 5 * 1024**3
RENEW_BEFORE = timedelta(days=30)


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
        _document_folder,
        _disk,
        _database,
        _address,
        _port,
        _certificate,
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
    return _folder("data folder", settings.data, "GIAOBAN_DATA")


async def _document_folder(settings: Settings) -> Finding:
    return _folder("dossiers", settings.dossiers_folder, "GIAOBAN_DOCUMENT_FOLDER")


def _folder(what: str, path: Path, setting: str) -> Finding:
    """Files can be made there, or in what it will be made in."""
    there = _nearest(path)
    if not there.is_dir():
        return Finding(what, False, f"{there} is no folder", f"another place in {setting}")
    writable = os.access(there, os.W_OK | os.X_OK)
    return Finding(what, writable, str(path.absolute()), "" if writable else f"make {there} writable")


def _nearest(path: Path) -> Path:
    """The path, or the first folder above it that is there."""
    path = path.absolute()
    return next(part for part in (path, *path.parents) if part.exists())


async def _disk(settings: Settings) -> Finding:
    free = shutil.disk_usage(_nearest(settings.data)).free
    enough = free >= FREE_BYTES_WANTED
    return Finding("free space", enough or None, f"{free / 1024**3:.1f} GiB", "" if enough else "one hour takes ~1 GiB")


async def _database(settings: Settings) -> Finding:
    if settings.database.is_sqlite and not Path(settings.database.url.partition(":///")[2]).exists():
        return Finding("database", None, "not made yet", "giaoban serve makes it")
    database = Database(settings.database)
    try:
        if not await tables(database):
            return Finding("database", None, f"{database.engine.dialect.name}, empty", "giaoban serve fills it")
        async with database.reading() as session:
            version = (await session.execute(text("SELECT version_num FROM alembic_version"))).scalar_one()
        said = f"{database.engine.dialect.name}, version {version}"
        is_known = knows(version)
        return Finding("database", is_known, said, "" if is_known else "a newer version of Giao Ban wrote it")
    except (SQLAlchemyError, OSError) as error:
        return Finding("database", False, str(error).splitlines()[0], "check GIAOBAN_DATABASE_URL")
    finally:
        await database.dispose()


async def _address(settings: Settings) -> Finding:
    if settings.rooms_allowed:
        return Finding("address", True, settings.url)
    return Finding("address", False, f"{settings.url}: no camera without TLS", "giaoban admin certificate")


async def _port(settings: Settings) -> Finding:
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            if is_running(settings.run_folder, "web"):
                return Finding("web", True, f"serves on port {settings.port}")
            return Finding("web", False, f"TCP {settings.port}: {error.strerror}", "GIAOBAN_PORT, GIAOBAN_HOST")
    return Finding("web", True, f"TCP {settings.port} free")


async def _certificate(settings: Settings) -> Finding:
    if settings.tls_certificate is None or settings.tls_key is None:
        return Finding("TLS", True, "by a proxy" if settings.has_tls else "not spoken by this server")
    try:
        found = read_certificate(settings.tls_certificate, settings.tls_key)
    except UnusableCertificate as error:
        return Finding("TLS", False, str(error), "GIAOBAN_TLS_CERTIFICATE, GIAOBAN_TLS_KEY")
    now, host = datetime.now(UTC), urlsplit(settings.url).hostname or ""
    said = f"until {found.ends:%Y-%m-%d}"
    if not found.is_valid(now):
        return Finding("TLS", False, f"valid from {found.begins:%Y-%m-%d} {said}", "a new certificate")
    if not any(_names_host(name, host) for name in found.names):
        said = f"for {', '.join(found.names)}, not for {host}"
        return Finding("TLS", False, said, f"giaoban admin certificate {host}")
    is_late = found.ends - now < RENEW_BEFORE
    return Finding("TLS", None if is_late else True, said, "renew it now" if is_late else "")


def _names_host(name: str, host: str) -> bool:
    name, host = name.lower(), host.lower()
    return name == host or (name.startswith("*.") and host.partition(".")[2] == name[2:])


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
    if is_running(worker.socket.parent, worker.name):
        return Finding(worker.name, True, f"socket {worker.socket}")
    for kind, name in ((socket.SOCK_DGRAM, "UDP"), (socket.SOCK_STREAM, "TCP")):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("", worker.port))
            except OSError as error:
                return Finding(worker.name, False, f"{name} {worker.port}: {error.strerror}", "GIAOBAN_MEDIA_PORT")
    return Finding(worker.name, True, f"UDP and TCP {worker.port} free")
