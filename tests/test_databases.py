"""The test databases themselves: migrated, empty, one per test, on both kinds."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from scheduler.database import Database


@pytest.mark.parametrize("time", [1, 2])
async def test_every_test_has_a_fresh_migrated_database(database: Database, time: int) -> None:
    async with database.transaction() as session:
        assert (await session.execute(text("SELECT count(*) FROM alembic_version"))).scalar_one() == 1
        await session.execute(text("CREATE TABLE left_over (a integer)"))
