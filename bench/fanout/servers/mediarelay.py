"""The naive baseline: aiortc peer connections and a MediaRelay: decoded once, encoded again for every viewer."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import sys
from importlib.metadata import version
from typing import Any, ClassVar

from bench.fanout.client import Client
from bench.fanout.load import Load
from bench.fanout.servers.ours import ROOT
from bench.fanout.servers.picture import encoded_frames
from bench.fanout.servers.server import CannotRun, Server
from sfu.light_peer.packetizer import Outbound
from sfu.plane.plane import ExtensionIds

FRAMES_PER_SECOND = 30
OPEN_S = 20.0


class MediaRelay(Server):
    name = "mediarelay"
    most_viewers: ClassVar[int] = 4  # each has an encoder: more only wait for each other
    passes_payload: ClassVar[bool] = False

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter
        self._turn = asyncio.Lock()
        self._publisher: Client | None = None
        self._stream: Outbound | None = None  # one for all trials: its numbers go on
        self._playing: asyncio.Task[None] | None = None
        self.version = f"aiortc {version('aiortc')}"
        self.notes = {"verified": "authenticity and sequence; payloads are encoded anew"}

    async def open(self) -> None:
        path = self.folder / "relay.sock"
        process = (sys.executable, "-m", "bench.fanout.servers.relay_process", str(path))
        await self.start(*process, environment={**os.environ, "PYTHONPATH": str(ROOT)})
        for _ in range(int(OPEN_S / 0.1)):
            with contextlib.suppress(OSError):
                self._reader, self._writer = await asyncio.open_unix_connection(str(path))
                return
            await asyncio.sleep(0.1)
        raise CannotRun(f"the relay did not start: {self.log()}")

    async def publish(self, load: Load, client: Client, number: int) -> None:
        await self._join(load, client, "publish")
        self._publisher, sending = client, client.sending[0]
        self._stream = Outbound("video", sending.payload_type, sending.ssrc, ExtensionIds(), "0")

    async def watch(self, load: Load, client: Client, number: int) -> None:
        await self._join(load, client, "watch")

    def play(self, load: Load, frames: float) -> None:
        """Real pictures at their own rate, whatever is asked: they are decoded on the way."""
        if frames and self._playing is None:
            self._playing = asyncio.create_task(self._play_on(load))
        if not frames and self._playing is not None:
            self._playing.cancel()
            self._playing = None

    async def close(self) -> None:
        if self._playing is not None:
            self._playing.cancel()
        await super().close()

    async def _join(self, load: Load, client: Client, kind: str) -> None:
        async with self._turn:
            self._writer.write(json.dumps({"do": kind, "offer": client.offer(with_ssrcs=True)}).encode() + b"\n")
            client.take_answer(json.loads(await self._reader.readline())["answer"])
        await load.join(client)

    async def _play_on(self, load: Load) -> None:
        assert self._publisher is not None and self._stream is not None
        numbers, due = itertools.count(), asyncio.get_running_loop().time()
        for frame in itertools.cycle(encoded_frames()):
            for packet in self._stream.packetize(frame, numbers):
                self._publisher.send_media(load, packet)
            due += 1 / FRAMES_PER_SECOND
            await asyncio.sleep(due - asyncio.get_running_loop().time())
