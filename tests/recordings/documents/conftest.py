"""``dossier``: the files of one real filed dossier, made once per test process."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from scheduler.settings import DatabaseSettings
from tests.databases import opened
from tests.recordings.documents.filed import filed_files
from tests.recordings.world import build_world, hold_meeting


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
