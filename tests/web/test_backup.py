"""Backup and restore, tried: a running installation is copied whole and brought back somewhere else."""

from __future__ import annotations

import io
import json
import shutil
import stat
import tarfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.engine import make_url
from typer.testing import CliRunner

from scheduler.proceedings import lease
from scheduler.proceedings.errors import LeaseHeld
from scheduler.proceedings.node import identify
from tests.databases import PostgresServer, migrate, opened
from tests.small_disk import small_disk
from web.admin import app
from web.backup import back_up
from web.database_dump import CannotDump
from web.restoration import CannotRestore, bring_back
from web.settings import Settings

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
New = Callable[[str], Settings]


@pytest.fixture(params=["sqlite", "postgresql"])
def new(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[New]:
    """Settings of an installation: ``first`` has a migrated database, any other one nothing yet."""
    made: list[str] = []

    def settings(name: str) -> Settings:
        if request.param == "sqlite":
            if name == "first":
                (tmp_path / name).mkdir()
                shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / name / "giaoban.sqlite")
            return Settings(data=tmp_path / name)
        server: PostgresServer = request.getfixturevalue("postgres_server")
        made.append(f"backup_{name}")
        server.create(made[-1], "migrated" if name == "first" else "template1")
        return Settings(data=tmp_path / name, database_url=server.url(made[-1]))

    yield settings
    for name in made:
        request.getfixturevalue("postgres_server").drop(name)


async def an_installation(settings: Settings) -> Settings:
    settings.files_folder.mkdir(parents=True)
    (settings.files_folder / "paper.pdf").write_bytes(b"%PDF-1.7 paper")
    settings.keys_folder.mkdir(0o700)
    (settings.keys_folder / "link.key").write_bytes(b"secret")
    database = opened(settings.database)
    async with database.transaction() as session:
        await session.execute(text("CREATE TABLE kept (word TEXT)"))
        await session.execute(text("INSERT INTO kept VALUES ('Quản Bạ')"))
    await database.dispose()
    return settings


async def words(settings: Settings) -> list[str]:
    database = opened(settings.database)
    async with database.reading() as session:
        found = (await session.execute(text("SELECT word FROM kept"))).scalars().all()
    await database.dispose()
    return list(found)


DAMAGED = "damaged|pg_restore"


async def is_untouched(settings: Settings) -> bool:
    """Neither a file nor a table."""
    if settings.data.exists() and any(settings.data.iterdir()):
        return False
    if settings.database.is_sqlite:
        return True
    database = opened(settings.database)
    async with database.engine.connect() as connection:
        tables = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    await database.dispose()
    return not tables


async def test_a_backup_made_while_running_comes_back_whole(new: New, tmp_path: Path) -> None:
    first, second = await an_installation(new("first")), new("second")
    running = opened(first.database)
    async with running.transaction() as session:  # an open transaction must not be in the way, nor in the copy
        await session.execute(text("INSERT INTO kept VALUES ('not yet')"))
        back_up(first, tmp_path / "backup.tar")
    await running.dispose()

    await bring_back(second, tmp_path / "backup.tar")
    assert await words(second) == ["Quản Bạ"]
    assert (second.files_folder / "paper.pdf").read_bytes() == b"%PDF-1.7 paper"
    assert (second.keys_folder / "link.key").read_bytes() == b"secret"
    assert stat.S_IMODE(second.keys_folder.stat().st_mode) == 0o700
    assert not list(second.data.glob("restoring-*"))


async def test_a_restored_installation_writes_in_a_new_epoch_and_waits_for_nobody(new: New, tmp_path: Path) -> None:
    first, second = await an_installation(new("first")), new("second")
    database = opened(first.database)
    async with database.transaction() as session:
        before = await identify(session, NOW)
    await lease.acquire(database, "the server that was running", NOW)
    await database.dispose()
    back_up(first, tmp_path / "backup.tar")

    assert await bring_back(second, tmp_path / "backup.tar") == before.epoch + 1
    database = opened(second.database)
    await lease.acquire(database, "the restored one", NOW)
    await database.dispose()


async def test_a_backup_is_private_and_appears_only_whole(new: New, tmp_path: Path) -> None:
    back_up(await an_installation(new("first")), tmp_path / "backup.tar")
    assert stat.S_IMODE((tmp_path / "backup.tar").stat().st_mode) == 0o600
    assert not list(tmp_path.glob("*.partial"))


def test_a_backup_of_nothing_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(CannotDump, match="no database"):
        back_up(Settings(data=tmp_path / "nothing"), tmp_path / "backup.tar")
    assert list(tmp_path.iterdir()) == []


async def test_nothing_is_restored_over_files(new: New, tmp_path: Path) -> None:
    first = await an_installation(new("first"))
    back_up(first, tmp_path / "backup.tar")
    with pytest.raises(CannotRestore, match="not empty"):
        await bring_back(first, tmp_path / "backup.tar")
    assert await words(first) == ["Quản Bạ"]


async def test_nothing_is_restored_over_a_database_in_use(new: New, tmp_path: Path) -> None:
    first = await an_installation(new("first"))
    back_up(first, tmp_path / "backup.tar")
    database = opened(first.database)
    held = await lease.acquire(database, "the running server", NOW)

    same_database = Settings(data=tmp_path / "elsewhere", database_url=first.database.url)
    with pytest.raises(CannotRestore, match=r"the database .* is not empty"):
        await bring_back(same_database, tmp_path / "backup.tar")
    assert not same_database.data.exists()
    assert await words(first) == ["Quản Bạ"]
    with pytest.raises(LeaseHeld, match=held.holder):
        await lease.acquire(database, "another", NOW)
    await database.dispose()


async def test_dossiers_go_to_an_empty_folder_as_it_is_and_never_among_others(new: New, tmp_path: Path) -> None:
    first = await an_installation(new("first"))
    (first.data / "dossiers" / "07-TB-UBND").mkdir(parents=True)
    (first.data / "dossiers" / "07-TB-UBND" / "minutes.pdf").write_bytes(b"%PDF-1.7 minutes")
    back_up(first, tmp_path / "backup.tar")
    plain = new("second")
    second = Settings(data=plain.data, database_url=plain.database_url, document_folder=tmp_path / "shared")

    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "of somebody else").touch()
    with pytest.raises(CannotRestore, match="shared is not empty"):
        await bring_back(second, tmp_path / "backup.tar")
    (tmp_path / "shared" / "of somebody else").unlink()
    await bring_back(second, tmp_path / "backup.tar")
    assert (tmp_path / "shared" / "07-TB-UBND" / "minutes.pdf").read_bytes() == b"%PDF-1.7 minutes"


def rewritten(source: Path, target: Path, member: str, change: Callable[[bytes], bytes | None]) -> Path:
    """The backup with one member changed, or left out."""
    with tarfile.open(source) as old, tarfile.open(target, "w") as tar:
        for info in old:
            content = file.read() if (file := old.extractfile(info)) else None
            if info.name.startswith(member) and content is not None:
                content = change(content)
                if content is None:
                    continue
                info.size = len(content)
            tar.addfile(info, io.BytesIO(content) if content is not None else None)
    return target


def manifest(**changes: Any) -> Callable[[bytes], bytes]:
    return lambda old: json.dumps(json.loads(old) | changes).encode()


async def test_what_is_broken_is_named_and_leaves_nothing_behind(new: New, tmp_path: Path) -> None:
    whole, broken = tmp_path / "backup.tar", tmp_path / "broken.tar"
    back_up(await an_installation(new("first")), whole)
    second = new("second")

    async def refused(source: Path, why: str, error: type[Exception] = CannotRestore) -> None:
        with pytest.raises(error, match=why):
            await bring_back(second, source)
        assert await is_untouched(second), why

    for length in (100_000, whole.read_bytes().index(b"manifest.json")):
        broken.write_bytes(whole.read_bytes()[:length])
        await refused(broken, "no whole")
    broken.write_bytes(b"PK\3\4 a zip, say")
    await refused(broken, "no whole tar file")
    await refused(rewritten(whole, broken, "manifest.json", lambda old: None), "manifest is missing")
    await refused(rewritten(whole, broken, "manifest.json", lambda old: b"[]"), "manifest says nothing")
    await refused(rewritten(whole, broken, "manifest.json", lambda old: b"\xff\0"), "manifest says nothing")
    await refused(rewritten(whole, broken, "manifest.json", manifest(format=2)), "another version")
    await refused(rewritten(whole, broken, "manifest.json", manifest(revision="9999")), "another version")
    await refused(rewritten(whole, broken, "manifest.json", manifest(database="../../etc/passwd")), "not whole")
    await refused(rewritten(whole, broken, "database.", lambda old: None), "database is missing")
    await refused(rewritten(whole, broken, "database.", lambda old: old[:50]), DAMAGED, CannotDump)
    await refused(rewritten(whole, broken, "database.", lambda old: old[: len(old) // 2]), DAMAGED, CannotDump)
    await refused(tmp_path / "no such file", "No such file", OSError)
    await bring_back(second, whole)  # and the folder is as good as new


async def test_a_backup_that_cannot_be_brought_up_to_date_leaves_nothing_behind(new: New, tmp_path: Path) -> None:
    """Its old epoch must not go on, so it comes back with a new one or not at all."""
    first, second = await an_installation(new("first")), new("second")
    database = opened(first.database)
    async with database.transaction() as session:  # an older version than its tables are of
        await session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    await database.dispose()
    back_up(first, tmp_path / "backup.tar")
    with pytest.raises(CannotRestore, match="cannot be brought up to date"):
        await bring_back(second, tmp_path / "backup.tar")
    assert await is_untouched(second)


async def test_a_disk_too_small_for_a_backup_is_as_empty_as_before(tmp_path: Path) -> None:
    first = Settings(data=tmp_path / "first")
    first.data.mkdir()
    migrate(first.database)
    first.files_folder.mkdir()
    (first.files_folder / "paper.pdf").write_bytes(bytes(3 << 20))
    back_up(first, tmp_path / "backup.tar")
    database = Path(make_url(first.database.url).database or "").stat().st_size
    with small_disk(tmp_path / "second", 8) as disk:
        second = Settings(data=disk.path / "data")
        for room, why in (
            (1 << 20, "No space left"),  # for the paper
            ((3 << 20) + database + (database >> 1), "No space left"),  # for the database in its place
            ((3 << 20) + 2 * database + (8 << 10), "cannot be brought up to date"),  # for what is written then
        ):
            disk.fill(leave=room)
            with pytest.raises((OSError, CannotRestore), match=why):
                await bring_back(second, tmp_path / "backup.tar")
            assert not second.data.exists()
            disk.empty()
        await bring_back(second, tmp_path / "backup.tar")
        assert (second.files_folder / "paper.pdf").stat().st_size == 3 << 20


async def test_a_database_of_the_other_kind_is_named(new: New, tmp_path: Path, postgres_server: PostgresServer) -> None:
    first = await an_installation(new("first"))
    back_up(first, tmp_path / "backup.tar")
    postgres_server.create("other_kind")
    url = postgres_server.url("other_kind") if first.database.is_sqlite else ""
    with pytest.raises(CannotDump, match="another kind of database"):
        await bring_back(Settings(data=tmp_path / "second", database_url=url), tmp_path / "backup.tar")
    postgres_server.drop("other_kind")
    assert not (tmp_path / "second").exists()


async def test_a_hostile_tar_cannot_leave_the_data_folder(tmp_path: Path) -> None:
    def entry(name: str, type: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
        info = tarfile.TarInfo(name)
        info.type, info.linkname = type, "/etc/passwd"
        return info

    for hostile in (
        entry("../../evil"),
        entry("/"),
        entry("/evil"),
        entry("files_folder/../../../evil"),
        entry("evil/evil"),
        entry("evil", tarfile.DIRTYPE),
        entry("files_folder", tarfile.SYMTYPE),
        entry("files_folder/evil", tarfile.SYMTYPE),
        entry("files_folder/evil", tarfile.LNKTYPE),
        entry("files_folder/evil", tarfile.FIFOTYPE),
        entry("manifest.json", tarfile.CHRTYPE),
        entry("."),
    ):
        with tarfile.open(tmp_path / "evil.tar", "w") as tar:
            tar.addfile(hostile)
        with pytest.raises(CannotRestore, match=f"no backup of ours: '{hostile.name}' is in it"):
            await bring_back(Settings(data=tmp_path / "data" / "second"), tmp_path / "evil.tar")
        assert sorted(path.name for path in tmp_path.rglob("*")) == ["data", "evil.tar"]


def test_at_the_terminal_it_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIAOBAN_DATA", str(tmp_path / "data"))
    (tmp_path / "torn.tar").write_bytes(b"torn")
    for command in (["backup", str(tmp_path / "b.tar")], ["restore", str(tmp_path / "torn.tar")], ["password", "x"]):
        result = CliRunner().invoke(app, command)
        assert result.exit_code == 1, command
        assert len(result.output.strip().splitlines()) == 1, result.output
        assert "Traceback" not in result.output
