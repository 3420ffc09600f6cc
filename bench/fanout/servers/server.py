"""What an adapter is: a process in the arena, and the signalling of two kinds of clients."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from abc import ABC, abstractmethod
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from bench.fanout.arena import Arena
from bench.fanout.client import Client
from bench.fanout.load import Load
from bench.fanout.scenario import Scenario

STOP_S = 5.0


class CannotRun(Exception):
    """This server cannot be measured here; the message says why."""


class Server(ABC):
    """``publish`` and ``watch`` do the signalling and connect through ``load``."""

    name: ClassVar[str]
    most_viewers: ClassVar[int] = 100_000
    passes_payload: ClassVar[bool] = True  # what comes out is what went in; else it can only be counted

    def __init__(self, arena: Arena, folder: Path, scenario: Scenario) -> None:
        self.arena, self.folder, self.scenario = arena, folder, scenario
        self.process: Process | None = None
        self.version = ""
        self.notes: dict[str, str] = {}

    @abstractmethod
    async def open(self) -> None:
        """Start; returns when it takes requests. Raises CannotRun."""

    @abstractmethod
    async def publish(self, load: Load, client: Client, number: int) -> None:
        """A client that sends."""

    @abstractmethod
    async def watch(self, load: Load, client: Client, number: int) -> None:
        """A client that receives what the publishers send."""

    async def ready(self, load: Load) -> None:
        """Everybody is there."""
        return

    def streams(self) -> int:
        """How many of the publishers' streams each viewer gets."""
        return self.scenario.publishers

    def play(self, load: Load, frames: float) -> None:
        """Publishers send so many frames a second; 0: nothing."""
        given = self.scenario
        for client in load.clients:
            load.play(
                client, frames, given.batch, given.size,
                key_packets=given.key_packets, uneven=given.uneven, spread_ms=given.spread_ms,
            )  # fmt: skip

    async def close(self) -> None:
        """End the process."""
        if self.process is None or self.process.returncode is not None:
            return
        self.process.terminate()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.process.wait(), STOP_S)
        if self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    async def start(self, *command: str, environment: Mapping[str, str] | None = None) -> None:
        """Run a command where servers run; what it says goes to a log in the folder."""
        with (self.folder / f"{self.name}.log").open("wb") as log:
            self.process = await asyncio.create_subprocess_exec(
                *self.arena.command(*command), stdin=DEVNULL, stdout=log, stderr=log, env=environment
            )

    def log(self) -> str:
        """The end of what it said."""
        with contextlib.suppress(OSError):
            return (self.folder / f"{self.name}.log").read_text(errors="replace")[-2000:]
        return ""

    def alive(self) -> bool:
        return self.process is not None and self.process.returncode is None


def program(name: str) -> str:
    """Where a program is. Raises CannotRun."""
    found = shutil.which(name)
    if found is None:
        raise CannotRun(f"no {name} on PATH")
    return found
