"""A process that files the dossier of a meeting through the whole app, and may be cut off at any seam on the way."""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select

from scheduler.database import Database
from scheduler.outbox import OutboxRow
from scheduler.settings import DatabaseSettings
from tests.databases import opened
from tests.seams import Seams
from tests.web.conftest import NOW, World, open_world


def database_of(folder: Path) -> Database:
    return opened(DatabaseSettings(f"sqlite+aiosqlite:///{folder}/giaoban.db"))


async def jobs_done(world: World) -> None:
    async with asyncio.timeout(120):
        while await _waiting(world.database):  # noqa: ASYNC110 - the outbox tells nobody
            await asyncio.sleep(0.02)


async def _waiting(database: Database) -> int:
    async with database.reading() as session:
        return await session.scalar(select(func.count(OutboxRow.id)).where(OutboxRow.done_at.is_(None))) or 0


def is_aside(seam: str) -> bool:
    """What the document system's adapter does in its work folder: ``tests/recordings/documents/test_kill.py``."""
    return "/.incoming/" in seam and ("/folder/" in seam or not seam.startswith("os.rename"))


async def main(folder: Path, meeting_id: str, log: Path, die_at: str) -> None:
    """As people do: the clerk looks, files what is not filed, and the jobs do theirs."""
    database = database_of(folder)
    async with open_world(database, folder, now=NOW + timedelta(hours=1), run_jobs=True) as world:
        clerk = await world.person("vanthu.quanba")
        Seams(folder, log, die_at, passing=is_aside).begin()
        path = f"/api/meetings/{meeting_id}/dossier"
        if (await clerk.get(path)).status_code == 404:
            answer = await clerk.post(path)
            assert answer.status_code == 201, answer.text
        await jobs_done(world)
        os._exit(0)  # nothing is said to the job engine that it does not know


def live(folder: Path, meeting_id: str, log: Path, die_at: str) -> None:
    asyncio.run(main(folder, meeting_id, log, die_at))
