"""The small world, on each kind of database."""

from __future__ import annotations

import pytest

from scheduler.database import Database
from tests.scheduler.world import World, build


@pytest.fixture
async def world(database: Database) -> World:
    async with database.transaction() as session:
        await build(session)
    return World(database)
