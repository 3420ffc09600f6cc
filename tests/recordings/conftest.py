"""``world``: a meeting that was held, on SQLite and on PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from scheduler.database import Database
from tests.recordings.world import World, build_world, hold_meeting


@pytest.fixture
async def world(database: Database, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> World:
    world = await build_world(database, tmp_path, authority=tmp_path_factory.getbasetemp() / "authority")
    await hold_meeting(world)
    return world
