"""``dossier``: the files of one real filed dossier, made once per test process."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from asn1crypto import x509

from recordings import verify
from recordings.minutes.check import Checked, check_signatures
from scheduler.settings import DatabaseSettings
from tests.databases import opened
from tests.recordings.documents.filed import filed_files
from tests.recordings.world import build_world, hold_meeting

_CHECKED: dict[bytes, list[Checked]] = {}


@pytest.fixture(autouse=True)
def signatures_checked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The signatures of a PDF that nobody touched are checked in the first of many tests: it takes a second."""

    async def check(pdf: bytes, roots: Iterable[x509.Certificate] = ()) -> list[Checked]:
        roots = tuple(roots)
        key = hashlib.sha256(b"".join([pdf, *(root.dump() for root in roots)])).digest()
        if key not in _CHECKED:
            _CHECKED[key] = await check_signatures(pdf, roots)
        return list(_CHECKED[key])

    monkeypatch.setattr(verify, "check_signatures", check)


@pytest.fixture(scope="session")
def dossier(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """To be changed in copies only."""
    folder = tmp_path_factory.mktemp("dossier")
    path = folder / "giaoban.db"
    path.write_bytes(sqlite_template.read_bytes())

    async def make() -> dict[str, bytes]:
        database = opened(DatabaseSettings(f"sqlite+aiosqlite:///{path}"))
        try:
            world = await build_world(database, folder)
            await hold_meeting(world)
            return await filed_files(world, folder)
        finally:
            await database.dispose()

    with ThreadPoolExecutor(1) as thread:  # the caller may have an event loop
        return thread.submit(asyncio.run, make()).result()
