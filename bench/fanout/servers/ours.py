"""A media worker of ours alone, driven over its Unix socket as the web process does."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from pathlib import Path
from typing import Any

from bench.fanout.client import Client
from bench.fanout.load import Load
from bench.fanout.servers.server import CannotRun, Server
from bench.record import versions
from web.media.client import MediaClient
from web.media.errors import MediaUnavailable
from web.media.messages import Program

ROOM = "bench"
ROOT = Path(__file__).parents[3]


class Ours(Server):
    name = "ours"

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.media = MediaClient(self.folder / "media.sock", lambda _: None)
        self._running: asyncio.Task[None] | None = None
        self._names: list[str] = []

    async def open(self) -> None:
        estimates = ("--estimates",) if self.scenario.estimates else ()
        worker = (sys.executable, "-m", "bench.fanout.servers.our_worker", str(self.folder / "media.sock"))
        await self.start(*worker, *estimates, environment={**os.environ, "PYTHONPATH": str(ROOT)})
        self._running = asyncio.create_task(self.media.run())
        try:
            await self.media.wait_up(30)
        except MediaUnavailable as error:
            raise CannotRun(f"{error}; it said: {self.log()}") from error
        await self.media.open_room(ROOM)
        self.version = versions()["giaoban"]

    def streams(self) -> int:
        """Of voices the loudest three."""
        return min(3, self.scenario.publishers) if self.scenario.kind == "audio" else self.scenario.publishers

    async def close(self) -> None:
        if self._running is not None:
            self._running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._running
        await super().close()

    async def publish(self, load: Load, client: Client, number: int) -> None:
        name = f"p{number}"
        self._names.append(name)
        await self._join(load, client, name, ["audio", "video"])
        await self.media.set_program(ROOM, Program(floor="p0", chair=None), self._names)

    async def watch(self, load: Load, client: Client, number: int) -> None:
        await self._join(load, client, f"v{number}", [])

    async def _join(self, load: Load, client: Client, name: str, may_send: list[str]) -> None:
        joined = await self.media.join(ROOM, name, name, client.offer(), may_send)
        client.take_answer(joined.answer)
        await load.join(client)
