"""Starts the rooms of a web process: a client for each media worker and the hub; leaves behind how to end them."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path

from scheduler.database import Database
from scheduler.proceedings.facts import Fact
from web.link.channel import LinkChannel
from web.live.hub import Hub
from web.live.telling import EVERY_S
from web.media.client import MediaClient
from web.media.messages import MediaEvent
from web.turn import TurnServers

WAIT_FOR_WORKERS_S = 2.0


async def start_rooms(
    stack: AsyncExitStack,
    database: Database,
    sockets: Sequence[Path],
    captures: Path,
    key: bytes,
    *,
    clock: Callable[[], datetime],
    on_committed: Callable[[], None],
    connect_media: bool,
    turn: TurnServers,
    channel: LinkChannel,
    on_facts: Callable[[Sequence[Fact]], None],
) -> Hub:
    """The hub, holding the lease; with rooms going on it waits a moment for the workers, to find them there."""

    def client(socket: Path) -> MediaClient:
        def on_event(event: MediaEvent) -> None:
            hub.on_media_event(made, event)

        made = MediaClient(socket, on_event)
        return made

    media = [client(socket) for socket in sockets]
    hub = Hub(
        database,
        media,
        captures,
        key,
        clock=clock,
        on_committed=on_committed,
        turn=turn,
        channel=channel,
        on_facts=on_facts,
        tell_every_s=EVERY_S,
    )
    await hub.start()
    for one in media if connect_media else ():
        stack.push_async_callback(_cancel, asyncio.create_task(one.run(), name=f"client of {one.name}"))
    stack.push_async_callback(hub.stop)  # before its clients: it would take their end for that of the workers
    watch = asyncio.create_task(_end_when_lost(hub))
    stack.push_async_callback(_cancel, watch)
    if connect_media:
        await hub.workers.find_rooms(WAIT_FOR_WORKERS_S if hub.rooms else 0)
    return hub


async def _end_when_lost(hub: Hub) -> None:
    """Another server has taken over: this process has nothing left to do, and says so by ending."""
    await hub.lost.wait()
    signal.raise_signal(signal.SIGTERM)


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
