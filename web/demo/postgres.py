"""A PostgreSQL of the demonstration's own: its programs are the machine's, its data a folder of ours.

PostgreSQL refuses to run as root; then it runs as ``postgres`` or ``nobody``.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from web.demo.errors import DemoFailed
from web.demo.layout import Layout, Place, inside
from web.demo.processes import Processes

PLACES = Path("/usr/lib/postgresql")
MISSING = "Không thấy PostgreSQL (initdb) trên máy này nên cấp tỉnh dùng SQLite. Cài: apt-get install postgresql"
READY_S = 60.0
NAME = "giaoban"


def programs() -> Path | None:
    """The folder of initdb and postgres; None: not installed."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    versions = sorted(PLACES.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return versions[-1].parent if versions else None


def folder_for(layout: Layout, place: Place, *, as_root: bool) -> Path:
    """In the demonstration's folder; where only root may go there, in the machine's one for temporary files."""
    folder = layout.folder / f"{place.name}-postgres"
    open_to_all = all(parent.stat().st_mode & 0o001 for parent in folder.parents if parent.exists())
    if open_to_all or not as_root:
        return folder
    return Path(tempfile.gettempdir()) / f"giaoban-demo-{layout.block:x}-postgres"


def account() -> pwd.struct_passwd | None:
    """As whom it runs, when not as ourselves."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise DemoFailed("Không có tài khoản postgres hoặc nobody để chạy PostgreSQL.")


@dataclass(frozen=True, slots=True)
class Postgres:
    """A server for one installation, in its network, for nobody else."""

    layout: Layout
    place: Place
    programs: Path
    folder: Path

    @property
    def url(self) -> str:
        return f"postgresql+asyncpg://giaoban:{self._password}@127.0.0.1:{self.place.database_port}/{NAME}"

    @property
    def _password_file(self) -> Path:
        return self.folder / "password"

    @property
    def _password(self) -> str:
        return self._password_file.read_text()

    def make(self) -> None:
        """Once: an empty cluster with one database."""
        data = self.folder / "data"
        if (self.folder / "made").exists():
            return
        shutil.rmtree(self.folder, ignore_errors=True)  # of a run that was killed here
        self.folder.mkdir(parents=True, mode=0o700)
        self._password_file.write_text(secrets.token_hex(16))
        self._password_file.chmod(0o600)
        who = account()
        if who is not None:
            for path in (self.folder, self._password_file):
                os.chown(path, who.pw_uid, who.pw_gid)
        secret = ("-A", "scram-sha-256", f"--pwfile={self._password_file}")
        self._run("initdb", "-U", "giaoban", *secret, "-E", "UTF8", "--locale=C.UTF-8", "-D", str(data))
        self._run("postgres", "--single", "-D", str(data), "postgres", said=f"CREATE DATABASE {NAME}\n")
        (self.folder / "made").touch()

    def _run(self, program: str, *arguments: str, said: str = "") -> None:
        command = [*_as_account(), str(self.programs / program), *arguments]
        done = subprocess.run(command, input=said, capture_output=True, text=True, cwd="/", check=False)
        if done.returncode:
            raise DemoFailed(f"{program}: {done.stderr.strip()[-500:]}")

    async def start(self, processes: Processes, environment: Mapping[str, str]) -> None:
        (self.folder / "data" / "postmaster.pid").unlink(missing_ok=True)  # whoever wrote it was ended before
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.place.database_port),
            "unix_socket_directories": "",
            "shared_buffers": "64MB",
        }
        settings = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
        server = [str(self.programs / "postgres"), "-D", str(self.folder / "data"), *settings]
        await processes.start(
            f"{self.place.name}-postgres",
            inside(self.place, *_as_account("INT"), *server, death="INT"),
            environment,
            end_by=signal.SIGINT,
        )
        await self._ready(processes)

    async def _ready(self, processes: Processes) -> None:
        where = ("-q", "-h", "127.0.0.1", "-p", str(self.place.database_port))
        command = inside(self.place, str(self.programs / "pg_isready"), *where)
        async with asyncio.timeout(READY_S):
            while True:
                processes.check()
                asked = await asyncio.create_subprocess_exec(*command)
                if await asked.wait() == 0:
                    return
                await asyncio.sleep(0.1)


def _as_account(death: str = "") -> list[str]:
    who = account()
    if who is None:
        return []
    ending = ["--pdeathsig", death] if death else []
    return ["setpriv", f"--reuid={who.pw_uid}", f"--regid={who.pw_gid}", "--clear-groups", *ending]
