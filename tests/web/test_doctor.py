"""``giaoban doctor`` names what is wrong with machine and installation, each time with the real fault."""

from __future__ import annotations

import io
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from scheduler.settings import DatabaseSettings
from tests.databases import PostgresServer
from tests.small_disk import small_disk
from web.certificate import make_certificate
from web.doctor import examine
from web.run_folder import write_pid
from web.settings import Settings
from web.supervisor import CANNOT_START


class Report:
    """What was printed, by what was looked at: a sign (✓ – ✗), what was seen, what mends it."""

    def __init__(self, is_good: bool, text: str) -> None:
        self.is_good, self.text = is_good, text
        rows = [[cell.strip() for cell in line.split("│")] for line in text.splitlines() if "│" in line]
        self.rows = {row[1]: (row[0], row[2], row[3]) for row in rows}

    def __getitem__(self, what: str) -> tuple[str, str, str]:
        return self.rows[what]


async def report(settings: Settings) -> Report:
    console = Console(width=600, file=io.StringIO())
    with console.capture() as printed:
        is_good = await examine(settings, console)
    return Report(is_good, printed.get())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def settings_in(folder: Path, **others: object) -> Settings:
    return Settings(**{"data": folder, "port": free_port(), "media_port": free_port()} | others)  # type: ignore[arg-type]


@contextmanager
def read_only(folder: Path) -> Iterator[Path]:
    with small_disk(folder, 1) as disk:
        disk.take_nothing()
        yield folder


async def test_a_new_installation_is_healthy(tmp_path: Path) -> None:
    found = await report(settings_in(tmp_path / "var" / "not yet"))
    assert found.is_good, found.text
    assert found["database"] == ("–", "not made yet", "giaoban serve makes it")
    assert found["web"][0] == found["media-1"][0] == found["data folder"][0] == "✓"


async def test_a_folder_that_takes_nothing(tmp_path: Path) -> None:
    with read_only(tmp_path / "ro") as folder:
        found = await report(settings_in(folder / "data", document_folder=folder / "dossiers"))
    assert not found.is_good
    assert found["data folder"] == ("✗", str(folder / "data"), f"make {folder} writable")
    assert found["dossiers"] == ("✗", str(folder / "dossiers"), f"make {folder} writable")


async def test_a_file_where_a_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    found = await report(settings_in(tmp_path, document_folder=tmp_path / "file" / "dossiers"))
    assert found["dossiers"][0] == "✗"
    assert "is no folder" in found["dossiers"][1]


async def test_databases(tmp_path: Path, postgres_server: PostgresServer, sqlite_settings: DatabaseSettings) -> None:
    away = await report(settings_in(tmp_path, database_url="postgresql+asyncpg://x@127.0.0.1:1/none"))
    assert not away.is_good
    assert away["database"][0] == "✗"
    postgres_server.create("doctor")
    empty = await report(settings_in(tmp_path, database_url=postgres_server.url("doctor")))
    assert empty.is_good, empty.text
    assert empty["database"] == ("–", "postgresql, empty", "giaoban serve fills it")
    assert empty["pg_dump"][0] == "✓"
    postgres_server.drop("doctor")
    good = await report(settings_in(tmp_path, database_url=sqlite_settings.url))
    assert good["database"][0] == "✓"


async def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "giaoban.sqlite").write_bytes(b"this is no database, and long enough to be read as one" * 10)
    assert (await report(settings_in(tmp_path)))["database"][0] == "✗"


async def test_a_newer_database_is_named(tmp_path: Path, sqlite_settings: DatabaseSettings) -> None:
    file = sqlite_settings.url.partition(":///")[2]
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    found = await report(settings_in(tmp_path, database_url=sqlite_settings.url))
    assert found["database"] == ("✗", "sqlite, version 9999", "a newer version of Giao Ban wrote it")


async def test_ports_that_are_taken(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    with socket.socket() as web, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as media:
        web.bind(("127.0.0.1", settings.port))
        web.listen()
        media.bind(("", settings.media_port))
        taken = await report(settings)
        assert not taken.is_good
        assert taken["web"][0] == taken["media-1"][0] == "✗"
        assert "in use" in taken["web"][1]
        assert taken["media-1"][2] == "GIAOBAN_MEDIA_PORT"
        for name in ("web", "media-1"):
            write_pid(settings.run_folder, name)
        serving = await report(settings)
        assert serving.is_good, serving.text
        assert serving["web"][1] == f"serves on port {settings.port}"


async def test_certificates(tmp_path: Path) -> None:
    now = datetime.now(UTC)

    async def tls(name: str, made: datetime, url: str = "https://hop.hagiang.example") -> tuple[str, str, str]:
        folder = tmp_path / str(made.timestamp())
        files = make_certificate(folder, [name], made)
        settings = settings_in(tmp_path, tls_certificate=files.certificate, tls_key=files.key, public_url=url)
        return (await report(settings))["TLS"]

    assert (await tls("hop.hagiang.example", now))[0] == "✓"
    assert (await tls("hop.hagiang.example", now - timedelta(days=820)))[::2] == ("–", "renew it now")
    assert (await tls("hop.hagiang.example", now - timedelta(days=900)))[::2] == ("✗", "a new certificate")
    other = await tls("hop.caobang.example", now - timedelta(days=1))
    assert other == (
        "✗",
        "for hop.caobang.example, not for hop.hagiang.example",
        "giaoban admin certificate hop.hagiang.example",
    )
    assert (await tls("*.hagiang.example", now - timedelta(days=2)))[0] == "✓"
    assert (await tls("10.0.0.7", now - timedelta(days=3), "https://10.0.0.7:8000"))[0] == "✓"


async def test_certificates_that_are_none(tmp_path: Path) -> None:
    files = make_certificate(tmp_path / "one", ["localhost"])
    another = make_certificate(tmp_path / "two", ["localhost"])
    for certificate, key in ((tmp_path / "none", files.key), (files.certificate, another.key), (files.key, files.key)):
        found = await report(settings_in(tmp_path, tls_certificate=certificate, tls_key=key))
        assert found["TLS"][0] == "✗"
        assert not found.is_good


async def test_an_address_without_tls_has_no_cameras(tmp_path: Path) -> None:
    found = await report(settings_in(tmp_path, public_url="http://hop.hagiang.example"))
    assert found["address"][::2] == ("✗", "giaoban admin certificate")


async def test_programs_that_are_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = await report(settings_in(tmp_path, database_url="postgresql+asyncpg://x@127.0.0.1:1/none"))
    assert found["LibreOffice"][0] == "–"
    assert found["pg_dump"] == ("✗", "not there", "apt-get install postgresql-client")


def test_serve_says_in_a_line_what_it_cannot_do_without(tmp_path: Path, postgres_server: PostgresServer) -> None:
    """And ends, instead of starting again and again."""
    files = make_certificate(tmp_path / "keys", ["localhost"])
    with read_only(tmp_path / "ro") as folder:
        for setting, value, said in (
            ("DATA", folder / "data", "(GIAOBAN_DATA)"),
            ("DATABASE_URL", "postgresql+asyncpg://x@127.0.0.1:1/none", "(GIAOBAN_DATABASE_URL)"),
            ("DATABASE_URL", postgres_server.url("none"), "(GIAOBAN_DATABASE_URL)"),
            ("TLS_CERTIFICATE", tmp_path / "none", "Cannot speak TLS"),
        ):
            environment = os.environ | {
                "GIAOBAN_DATA": str(tmp_path / "data"),
                "GIAOBAN_PORT": str(free_port()),
                "GIAOBAN_MEDIA_PORT": "0",
                f"GIAOBAN_{setting}": str(value),
            }
            if setting == "TLS_CERTIFICATE":
                environment["GIAOBAN_TLS_KEY"] = str(files.key)
            command = [sys.executable, "-m", "web.command", "serve"]
            done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
            output = done.stdout + done.stderr
            assert said in output, output
            assert "Traceback" not in output, output
            assert done.returncode == CANNOT_START, output
