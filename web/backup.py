"""Backup of a whole installation: one tar with the database, the files and the keys.

The database is copied first, consistent while the server runs; files are only ever added, so those it speaks of are
there.
"""

from __future__ import annotations

import json
import os
import tarfile
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from scheduler.migrations import newest
from web.database_dump import dump
from web.settings import Settings

FORMAT = 1
FOLDERS = ("files_folder", "captures_folder", "recordings_folder", "dossiers_folder", "mail_folder", "keys_folder")


def back_up(settings: Settings, target: Path) -> None:
    """Write everything kept to one tar file; it appears only when it is whole.

    Raises :class:`~web.database_dump.CannotDump` and :class:`OSError`.
    """
    partial = target.with_name(target.name + ".partial")
    try:
        with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
            database = dump(settings.database, Path(scratch))
            manifest = Path(scratch) / "manifest.json"
            about = {"format": FORMAT, "at": datetime.now(UTC).isoformat(), "database": database.name}
            manifest.write_text(json.dumps(about | {"revision": newest()}))
            partial.touch(0o600)
            with tarfile.open(partial, "w") as tar:
                tar.add(database, database.name)
                for folder in FOLDERS:
                    _add(tar, getattr(settings, folder), folder)
                tar.add(manifest, "manifest.json")  # last: a file that was cut short has none
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _add(tar: tarfile.TarFile, folder: Path, name: str) -> None:
    for path in _below(folder):
        try:
            tar.add(path, str(Path(name) / path.relative_to(folder)), recursive=False)
        except FileNotFoundError:
            continue  # a running server has just put it in its place under another name, or done with it


def _below(folder: Path) -> Iterator[Path]:
    if folder.exists():
        yield folder
        yield from sorted(folder.rglob("*"))
