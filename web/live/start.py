"""Starts the rooms of a web process: the client of the media worker and the hub, and leaves behind how to end them."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from datetime import datetime
from pathlib import Path

from scheduler.database import Database
from web.live.hub import Hub
from web.media.client import MediaClient
from web.media.errors import MediaUnavailable
from web.media.messages import MediaEvent

WAIT_FOR_WORKER_S = 2.0


async def start_rooms(
    stack: AsyncExitStack,
    database: Database,
    socket: Path,
    captures: Path,
    key: bytes,
    *,
    clock: Callable[[], datetime],
    on_committed: Callable[[], None],
    connect_media: bool,
) -> tuple[Hub, MediaClient]:
    """The hub, holding the lease; with rooms going on it waits a moment for the worker, so nobody offers in vain."""

    def on_event(event: MediaEvent) -> None:
        hub.on_media_event(event)

    media = MediaClient(socket, on_event)
    hub = Hub(database, media, captures, key, clock=clock, on_committed=on_committed)
    await hub.start()
    stack.push_async_callback(hub.stop)
    watch = asyncio.create_task(_end_when_lost(hub))
    stack.push_async_callback(_cancel, watch)
    if connect_media:
        running = asyncio.create_task(media.run())
        stack.push_async_callback(_cancel, running)
        if hub.rooms:
            with suppress(MediaUnavailable):
                await media.wait_up(WAIT_FOR_WORKER_S)
                await hub.settled()
    return hub, media


async def _end_when_lost(hub: Hub) -> None:
    """Another server has taken over: this process has nothing left to do, and says so by ending."""
    await hub.lost.wait()
    signal.raise_signal(signal.SIGTERM)


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
