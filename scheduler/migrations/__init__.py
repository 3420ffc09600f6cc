"""Migrations: one linear history for every table of the product, each written out by hand, run at start."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, inspect

from scheduler.database import Database


def configuration(connection: Connection) -> Config:
    """Alembic's configuration for this connection."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    return config


def _script() -> ScriptDirectory:
    return ScriptDirectory(str(Path(__file__).parent))


def newest() -> str:
    """The revision that :func:`upgrade` brings a database to."""
    return str(_script().get_current_head())


def knows(revision: str) -> bool:
    """Whether a database of this revision can be brought up to date: not one written by a newer version."""
    return revision in {script.revision for script in _script().walk_revisions()}


async def upgrade(database: Database) -> None:
    """Bring the database to the newest version; does nothing when it is there already."""
    async with database.engine.begin() as connection:
        await connection.run_sync(lambda sync: command.upgrade(configuration(sync), "head"))


async def tables(database: Database) -> list[str]:
    """What is in the database, ours or not; raises what the driver raises when it does not answer."""
    async with database.engine.connect() as connection:
        return await connection.run_sync(lambda sync: inspect(sync).get_table_names())


async def drop_tables(database: Database) -> None:
    """Leave nothing in the database, ours or not: all of it or, when it raises, none."""
    async with database.engine.begin() as connection:
        await connection.run_sync(_drop_tables)


def _drop_tables(connection: Connection) -> None:
    found = MetaData()
    found.reflect(connection)
    found.drop_all(connection)
