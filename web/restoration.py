"""What only the server's own administrator may do, at its keyboard: bring back a backup, open an account again.

A restored installation begins a new epoch of its logs: what it lost can never be mistaken for what it says now.
"""

from __future__ import annotations

import json
import os
import shutil
import tarfile
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from sqlalchemy import select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from scheduler.database import Database
from scheduler.migrations import drop_tables, knows, tables, upgrade
from scheduler.proceedings import lease
from scheduler.proceedings.node import begin_epoch
from scheduler.settings import DatabaseSettings
from web.accounts import Account, make_reset, normalise_login
from web.backup import FOLDERS, FORMAT
from web.database_dump import check, load
from web.settings import Settings


class CannotRestore(Exception):
    """The backup could not be brought back; what was there is as it was. The message says why."""


class Foreign(Exception):
    """A tar holds what no backup of ours does."""


class NoAnswer(CannotRestore):
    """The database cannot be reached."""


class NoSuchLogin(Exception):
    """There is no person with this login."""


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A backup that was read to its end: the dump of its database, its folders by the names of their settings."""

    database: Path
    folders: dict[str, Path]


async def bring_back(settings: Settings, source: Path) -> int:
    """Fill an empty installation from a backup, bring it up to date, begin a new epoch: returns its number.

    Raises :class:`CannotRestore`, :class:`~web.database_dump.CannotDump` and :class:`OSError`; then all is as it was.
    """
    await _require_empty(settings)
    is_new = not settings.data.exists()
    settings.data.mkdir(parents=True, exist_ok=True)
    moved: list[Path] = []
    filled = False
    try:
        with tempfile.TemporaryDirectory(dir=settings.data, prefix="restoring-") as scratch:
            backup = _unpack(source, Path(scratch))
            check(settings.database, backup.database)
            for name, folder in backup.folders.items():
                moved.append(getattr(settings, name))
                _move(folder, moved[-1])
            filled = True
            load(settings.database, backup.database)
            return await _begin_again(settings.database)  # with the rest or not at all: its old epoch must not go on
    except BaseException:
        if filled:
            await _empty_again(settings.database)
        for path in moved:
            shutil.rmtree(path, ignore_errors=True)
        if is_new:
            with suppress(OSError):
                settings.data.rmdir()
        raise


async def reset_link(settings: Settings, login: str) -> str:
    """A one-time link with which the owner of this login sets a new password.

    Raises :class:`NoSuchLogin` and :class:`NoAnswer`.
    """
    if not await _tables(settings.database):
        raise NoSuchLogin(f"there is no installation in {settings.data} yet")
    database = Database(settings.database)
    try:
        async with database.transaction() as session:
            found = select(Account).where(Account.login == normalise_login(login), Account.person_id.is_not(None))
            account = await session.scalar(found)
            if account is None or account.person_id is None:
                raise NoSuchLogin(f"there is no person with the login {login}")
            token = await make_reset(session, account, account.person_id, datetime.now(UTC))
            return f"{settings.url}/password/{token}"
    finally:
        await database.dispose()


async def _require_empty(settings: Settings) -> None:
    if any(path.name != "run" for path in _inside(settings.data)):
        raise CannotRestore(f"{settings.data} is not empty; restore into a new data folder")
    if _inside(settings.dossiers_folder):
        raise CannotRestore(f"{settings.dossiers_folder} is not empty; dossiers are restored into a new folder")
    if found := await _tables(settings.database):
        raise CannotRestore(
            f"the database in GIAOBAN_DATABASE_URL is not empty ({len(found)} tables); restore into a new one"
        )


def _inside(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.exists() else []


async def _tables(settings: DatabaseSettings) -> list[str]:
    """Of the database as it is; none when it is a file that is not there yet."""
    if settings.is_sqlite and not Path(make_url(settings.url).database or "").exists():
        return []
    database = Database(settings)
    try:
        return await tables(database)
    except (SQLAlchemyError, OSError) as error:
        raise NoAnswer(f"the database does not answer: {error}") from None
    finally:
        await database.dispose()


def _unpack(source: Path, scratch: Path) -> Unpacked:
    try:
        with tarfile.open(source, "r:") as tar:
            for member in tar:
                _take(tar, member, scratch)
        if not (scratch / "manifest.json").is_file():
            raise CannotRestore(f"{source} is no whole backup of ours: its manifest is missing")
        about = json.loads((scratch / "manifest.json").read_text())
        database, revision = scratch / str(about["database"]), about.get("revision")
    except Foreign as error:
        raise CannotRestore(f"{source} is no backup of ours: {error}") from None
    except (tarfile.TarError, EOFError) as error:
        raise CannotRestore(f"{source} is no whole tar file: {error}") from None
    except (ValueError, TypeError, KeyError, AttributeError):
        raise CannotRestore(f"{source} is no backup of ours: its manifest says nothing") from None
    if about.get("format") != FORMAT or (revision is not None and not knows(str(revision))):
        raise CannotRestore(f"{source} was written by another version of Giao Ban; install that or a newer one")
    if database.parent != scratch or not database.is_file():
        raise CannotRestore(f"{source} is not whole: its database is missing")
    return Unpacked(database, {name: scratch / name for name in FOLDERS if (scratch / name).is_dir()})


def _take(tar: tarfile.TarFile, member: tarfile.TarInfo, scratch: Path) -> None:
    """What we write and nothing else; by hand, as filters are of Python 3.11.4 and Debian 12 has 3.11.2."""
    path = PurePosixPath(member.name)
    is_ours = path.parts and (path.parts[0] in FOLDERS or (len(path.parts) == 1 and member.isfile()))
    if not is_ours or path.is_absolute() or ".." in path.parts or not (member.isfile() or member.isdir()):
        raise Foreign(f"{member.name!r} is in it")
    place = scratch / path
    if member.isdir():
        place.mkdir(parents=True, exist_ok=True)
    elif (content := tar.extractfile(member)) is not None:
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("wb") as file:
            shutil.copyfileobj(content, file)
        os.utime(place, (member.mtime, member.mtime))
    place.chmod(member.mode & 0o777)


def _move(folder: Path, target: Path) -> None:
    """Also into an empty folder that is there already, as a mount point is."""
    target.mkdir(parents=True, exist_ok=True)
    target.chmod(folder.stat().st_mode & 0o777)
    for path in folder.iterdir():
        shutil.move(path, target / path.name)


async def _begin_again(settings: DatabaseSettings) -> int:
    database = Database(settings)
    try:
        await upgrade(database)
        async with database.transaction() as session:
            await lease.clear(session)
            return (await begin_epoch(session, datetime.now(UTC))).epoch
    except SQLAlchemyError as error:
        raise CannotRestore(f"the backup's database cannot be brought up to date: {_first_line(error)}") from error
    finally:
        await database.dispose()


async def _empty_again(settings: DatabaseSettings) -> None:
    """As it was found."""
    if settings.is_sqlite:
        path = make_url(settings.url).database or ""
        for suffix in ("", "-wal", "-shm"):
            Path(path + suffix).unlink(missing_ok=True)
        return
    database = Database(settings)
    try:
        await drop_tables(database)
    except (SQLAlchemyError, OSError) as error:
        reason = _first_line(error)
        raise CannotRestore(f"the restore failed half way and the database cannot be emptied again: {reason}") from None
    finally:
        await database.dispose()


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
