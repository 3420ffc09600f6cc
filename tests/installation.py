"""A real installation for tests: ``giaoban serve`` in a folder of its own, on free ports, to be killed and started.

Nothing is replaced: the processes are the product's, reached over HTTP and WebSocket as people reach them.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from tests.loaded import Forked, Loaded

READY_S = 240.0


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port nobody listens on just now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(slots=True)
class Installation:
    """``async with Installation(folder) as installation``: served, filled with the demonstration organisation."""

    data: Path
    environment: dict[str, str] = field(default_factory=dict)
    demo: bool = True
    host: str = "localhost"
    port: int = field(default_factory=free_port)
    media_port: int = field(default_factory=lambda: free_port(socket.SOCK_DGRAM))
    loaded: Loaded | None = None  # what it is forked from; None: a process that loads everything itself
    process: asyncio.subprocess.Process | Forked | None = None
    log_path: Path = field(init=False)

    def __post_init__(self) -> None:
        self.log_path = self.data.with_name(self.data.name + ".log")

    @property
    def url(self) -> str:
        return self.environment.get("GIAOBAN_PUBLIC_URL", f"http://localhost:{self.port}")

    @property
    def password(self) -> str:
        """Of every account of the demonstration."""
        return (self.data / "keys" / "demonstration-password").read_text()

    @property
    def log(self) -> str:
        """What the server printed so far."""
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self, *, wait: bool = True) -> None:
        """Start ``giaoban serve``; returns when it answers."""
        environment = {
            "GIAOBAN_DATA": str(self.data),
            "GIAOBAN_PORT": str(self.port),
            "GIAOBAN_MEDIA_PORT": str(self.media_port),
            "GIAOBAN_ARCHIVE_HEIGHT": "360",  # codes in a picture are read at any size
            **self.environment,
        }
        arguments = ["serve", *(["--demo"] if self.demo else [])]
        if self.loaded is not None:
            self.process = await self.loaded.fork(arguments, environment, self.log_path)
        else:
            command, whole = [sys.executable, "-m", "web.command", *arguments], {**os.environ, **environment}
            with self.log_path.open("ab") as log:
                self.process = await asyncio.create_subprocess_exec(*command, env=whole, stdout=log, stderr=log)
        if wait:
            await self.ready()

    async def ready(self) -> None:
        """Wait until the web process answers and reaches its media worker."""
        scheme = "https" if "GIAOBAN_TLS_KEY" in self.environment else "http"
        async with httpx.AsyncClient(verify=False) as client, asyncio.timeout(READY_S):  # noqa: S501 - only asks
            while True:
                if self.process and self.process.returncode is not None:
                    raise AssertionError(f"giaoban serve ended with {self.process.returncode}:\n{self.log[-4000:]}")
                if await self._listens():
                    with contextlib.suppress(httpx.TransportError):
                        answer = await client.get(f"{scheme}://127.0.0.1:{self.port}/healthz")
                        if answer.status_code == 200:
                            return
                await asyncio.sleep(0.05)

    async def _listens(self) -> bool:
        """A request in vain costs a hundred times as much as this question."""
        with socket.socket() as probe:
            probe.setblocking(False)
            try:
                await asyncio.get_running_loop().sock_connect(probe, ("127.0.0.1", self.port))
            except OSError:
                return False
            return True

    def pid_of(self, name: str) -> int:
        """The process id of ``web`` or ``media-1``, as it wrote it down itself."""
        return int((self.data / "run" / f"{name}.pid").read_text())

    def kill(self, name: str) -> int:
        """``kill -9`` of ``web`` or ``media-1``; the supervisor brings it back."""
        pid = self.pid_of(name)
        os.kill(pid, signal.SIGKILL)
        return pid

    async def cut_power(self) -> None:
        """``kill -9`` of everything at once; ``start`` begins again."""
        assert self.process
        for pid in (self.process.pid, self.pid_of("web"), self.pid_of("media-1")):
            os.kill(pid, signal.SIGKILL)
        await self.process.wait()

    async def restarted(self, name: str, before: int) -> None:
        """Wait until another process of this name lives and the web answers."""
        async with asyncio.timeout(READY_S):
            while self.pid_of(name) == before:  # noqa: ASYNC110 - another process's file
                await asyncio.sleep(0.05)
        await self.ready()

    async def stop(self) -> None:
        if self.process and self.process.returncode is None:
            self.process.terminate()
            try:
                await asyncio.wait_for(self.process.wait(), 30)
            except TimeoutError:
                self.process.kill()
                await self.process.wait()
        self.process = None
