"""Backup and restore of a whole installation: one tar with the database, the files and the keys.

SQLite is copied by its own online backup, PostgreSQL by ``pg_dump``, so a backup of a running server is whole. A
restored installation starts a new epoch of its logs: what it lost can never be mistaken for what it says now.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.engine import make_url

from scheduler.settings import DatabaseSettings
from web.settings import Settings

FORMAT = 1
FOLDERS = ("files_folder", "captures_folder", "recordings_folder", "dossiers_folder", "mail_folder", "keys_folder")


class CannotBackUp(Exception):
    """The backup could not be made or read; nothing was changed. The message says why."""


def back_up(settings: Settings, target: Path) -> None:
    """Write everything kept to one tar file; raises :class:`CannotBackUp`. The file appears only when it is whole."""
    partial = target.with_name(target.name + ".partial")
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        dump = _dump(settings.database, Path(scratch))
        manifest = Path(scratch) / "manifest.json"
        manifest.write_text(json.dumps({"format": FORMAT, "at": datetime.now(UTC).isoformat(), "database": dump.name}))
        with tarfile.open(partial, "w") as tar:
            tar.add(manifest, "manifest.json")
            tar.add(dump, dump.name)
            for folder in FOLDERS:
                path: Path = getattr(settings, folder)
                if path.exists():
                    tar.add(path, folder)
    partial.chmod(0o600)
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.replace(target)


def restore(settings: Settings, source: Path) -> None:
    """Bring an empty installation to the state of the backup; raises :class:`CannotBackUp` when it is not empty."""
    if settings.data.exists() and any(path.name != "run" for path in settings.data.iterdir()):
        raise CannotBackUp(f"{settings.data} is not empty; restore into a new data folder")
    with tempfile.TemporaryDirectory(dir=source.parent) as scratch, tarfile.open(source) as tar:
        tar.extractall(scratch, filter="data")
        manifest = json.loads((Path(scratch) / "manifest.json").read_text())
        if manifest.get("format") != FORMAT:
            raise CannotBackUp(f"{source} is of format {manifest.get('format')}, this version reads {FORMAT}")
        settings.data.mkdir(parents=True, exist_ok=True)
        _load(settings.database, Path(scratch) / manifest["database"])
        for folder in FOLDERS:
            kept = Path(scratch) / folder
            if kept.exists():
                path: Path = getattr(settings, folder)
                path.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(kept, path)


def _dump(database: DatabaseSettings, folder: Path) -> Path:
    if database.is_sqlite:
        target = folder / "database.sqlite"
        source = make_url(database.url).database
        if not source or not Path(source).exists():
            raise CannotBackUp(f"there is no database at {source}")
        with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(target)) as copy:
            live.backup(copy)
        return target
    target = folder / "database.dump"
    _run(["pg_dump", "--format=custom", f"--file={target}", _libpq(database)])
    return target


def _load(database: DatabaseSettings, dump: Path) -> None:
    if database.is_sqlite:
        target = make_url(database.url).database
        if not target:
            raise CannotBackUp(f"{database.url} names no file")
        shutil.copyfile(dump, target)
        return
    _run(["pg_restore", "--clean", "--if-exists", "--no-owner", f"--dbname={_libpq(database)}", str(dump)])


def _libpq(database: DatabaseSettings) -> str:
    return make_url(database.url).set(drivername="postgresql").render_as_string(hide_password=False)


def _run(command: list[str]) -> None:
    try:
        result = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise CannotBackUp(f"{command[0]} is missing: apt-get install postgresql-client") from None
    if result.returncode:
        raise CannotBackUp(result.stderr.strip() or f"{command[0]} failed")
