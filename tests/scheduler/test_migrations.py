"""Migrations from empty give exactly the tables that the models describe, on every database."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from scheduler.database import Base, Database

PACKAGES = ("scheduler", "recordings", "web")


def import_all_tables() -> None:
    """Import every module of the product that declares a table."""
    for name in PACKAGES:
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, prefix=f"{name}."):
            if ".migrations" in module.name or module.name.endswith("__main__"):
                continue
            importlib.import_module(module.name)


def ours(name: str | None, kind: str, _parents: Any) -> bool:
    return not (kind == "table" and (name or "").startswith(("alembic_", "dbos")))


def differences(connection: Connection) -> list[Any]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": ours})
    return list(compare_metadata(context, Base.metadata))


async def test_migrations_from_empty_equal_the_models(database: Database) -> None:
    import_all_tables()
    async with database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_upgrading_twice_changes_nothing(database: Database) -> None:
    from scheduler.migrations import upgrade

    await upgrade(database)
    async with database.engine.connect() as connection:
        assert "meeting" in Base.metadata.tables
        assert await connection.run_sync(differences) == []
