"""A worker in this process with a client to it, on free ports of loopback."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from sfu.plane.plane import Plane
from sfu.settings import MediaSettings
from web.media.client import MediaClient
from web.media.messages import MediaEvent
from web.media.worker import Worker, make_plane

LOOPBACK = MediaSettings(host_addresses=("127.0.0.1",))


@dataclasses.dataclass
class Media:
    """A running worker, its client, and every event so far."""

    worker: Worker
    client: MediaClient
    events: list[MediaEvent]
    changed: asyncio.Event

    async def wait_for(self, condition: Callable[[], bool], timeout_s: float = 15.0) -> None:
        """Wait until an event makes ``condition`` true."""
        async with asyncio.timeout(timeout_s):
            while not condition():
                self.changed.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.changed.wait(), 0.2)

    def of(self, kind: type) -> list[MediaEvent]:
        """Events of one kind, in order."""
        return [event for event in self.events if isinstance(event, kind)]

    def signal(
        self, room: str, peer: str, may_send: list[str] | None = None, start_bps: int | None = None
    ) -> Callable[[str], Awaitable[str]]:
        """Signalling for a light peer that joins under this name; ``start_bps``: what its line is known to carry."""

        async def join(offer: str) -> str:
            allowed = ["audio", "video", "presentation"] if may_send is None else may_send
            return (await self.client.join(room, peer, f"site {peer}", offer, allowed, start_bps)).answer

        return join


@contextlib.asynccontextmanager
async def running_media(settings: MediaSettings = LOOPBACK, plane: str | Plane = "native") -> AsyncIterator[Media]:
    """Start both ends, stop both ends."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "media.sock"
        made = make_plane(plane) if isinstance(plane, str) else plane
        worker, stop = Worker(settings, made), asyncio.Event()
        events: list[MediaEvent] = []
        changed = asyncio.Event()

        def on_event(event: MediaEvent) -> None:
            events.append(event)
            changed.set()

        client = MediaClient(path, on_event)
        tasks = [asyncio.create_task(worker.serve(path, stop)), asyncio.create_task(client.run())]
        try:
            await client.wait_up()
            yield Media(worker, client, events, changed)
        finally:
            stop.set()
            await tasks[0]
            tasks[1].cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await tasks[1]


@pytest.fixture
async def media() -> AsyncIterator[Media]:
    async with running_media() as running:
        yield running
