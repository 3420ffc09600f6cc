"""Backup and restore, tried: a running installation is copied whole and brought back somewhere else."""

from __future__ import annotations

import stat
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from scheduler.migrations import upgrade
from scheduler.proceedings.node import identify
from tests.databases import opened
from web.backup import CannotBackUp, back_up, restore
from web.restoration import bring_back
from web.settings import Settings


async def an_installation(folder: Path) -> Settings:
    settings = Settings(data=folder)
    folder.mkdir()
    settings.files_folder.mkdir()
    (settings.files_folder / "paper.pdf").write_bytes(b"%PDF-1.7 paper")
    settings.keys_folder.mkdir()
    (settings.keys_folder / "link.key").write_bytes(b"secret")
    await upgrade_at(settings)
    return settings


async def upgrade_at(settings: Settings) -> None:
    database = opened(settings.database)
    await upgrade(database)
    async with database.transaction() as session:
        await session.execute(text("CREATE TABLE kept (word TEXT)"))
        await session.execute(text("INSERT INTO kept VALUES ('Quản Bạ')"))
    await database.dispose()


async def test_a_backup_made_while_running_comes_back_whole(tmp_path: Path) -> None:
    settings = await an_installation(tmp_path / "first")
    running = opened(settings.database)
    async with running.transaction() as session:  # an open transaction must not be in the way, nor in the copy
        await session.execute(text("INSERT INTO kept VALUES ('not yet')"))
        back_up(settings, tmp_path / "backup.tar")
    await running.dispose()

    second = Settings(data=tmp_path / "second")
    restore(second, tmp_path / "backup.tar")
    database = opened(second.database)
    async with database.reading() as session:
        assert (await session.execute(text("SELECT word FROM kept"))).scalars().all() == ["Quản Bạ"]
    await database.dispose()
    assert (second.files_folder / "paper.pdf").read_bytes() == b"%PDF-1.7 paper"
    assert (second.keys_folder / "link.key").read_bytes() == b"secret"


async def test_a_backup_is_private_and_appears_only_whole(tmp_path: Path) -> None:
    settings = await an_installation(tmp_path / "first")
    back_up(settings, tmp_path / "backup.tar")
    assert stat.S_IMODE((tmp_path / "backup.tar").stat().st_mode) == 0o600
    assert not list(tmp_path.glob("*.partial"))


async def test_nothing_is_restored_over_something(tmp_path: Path) -> None:
    settings = await an_installation(tmp_path / "first")
    back_up(settings, tmp_path / "backup.tar")
    with pytest.raises(CannotBackUp, match="not empty"):
        restore(settings, tmp_path / "backup.tar")


def test_a_backup_of_nothing_says_so(tmp_path: Path) -> None:
    with pytest.raises(CannotBackUp, match="no database"):
        back_up(Settings(data=tmp_path / "nothing"), tmp_path / "backup.tar")


def test_a_hostile_tar_cannot_leave_the_data_folder(tmp_path: Path) -> None:
    (tmp_path / "evil").write_text("evil")
    with tarfile.open(tmp_path / "evil.tar", "w") as tar:
        tar.add(tmp_path / "evil", "../../evil")
    with pytest.raises(tarfile.OutsideDestinationError):
        restore(Settings(data=tmp_path / "second"), tmp_path / "evil.tar")


async def test_a_restored_installation_writes_in_a_new_epoch(tmp_path: Path) -> None:
    settings = await an_installation(tmp_path / "first")
    database = opened(settings.database)
    async with database.transaction() as session:
        before = await identify(session, datetime.now(UTC))
    await database.dispose()
    back_up(settings, tmp_path / "backup.tar")
    assert await bring_back(Settings(data=tmp_path / "second"), tmp_path / "backup.tar") == before.epoch + 1
