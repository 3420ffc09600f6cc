"""The real app behind a real uvicorn on a free port, and participants with real WebSockets."""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import pytest
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.web.conftest import ORIGIN, Visitor, World

WAIT_S = 30.0


@dataclass
class Served:
    """``world`` answering on ``url``."""

    world: World
    url: str
    stack: AsyncExitStack

    @property
    def path(self) -> str:
        return f"{self.url}/api/rooms/{self.world.meeting.id}/socket"

    def dial(
        self, visitor: Visitor | None, origin: str | None = ORIGIN, path: str | None = None, **options: Any
    ) -> Any:
        """A socket, nothing said yet."""
        cookies = visitor.http.cookies.items() if visitor else ()
        cookie = "; ".join(f"{name}={value}" for name, value in cookies)
        headers = {"Cookie": cookie} if cookie else {}
        options = {"additional_headers": headers, "max_size": None, **options}
        return connect(path or self.path, origin=origin, **options)  # type: ignore[arg-type]

    async def enter(self, visitor: Visitor, **hello: Any) -> Page:
        page = Page(await self.dial(visitor), hello)
        return await self.stack.enter_async_context(page)


@dataclass
class Page:
    """A tab in the room: says hello, collects what it hears, asks."""

    socket: ClientConnection
    hello: dict[str, Any] = field(default_factory=dict)
    heard: list[dict[str, Any]] = field(default_factory=list)
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    reader: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self.reader = asyncio.create_task(self._read())
        await self.say({"type": "hello", "version": 1, **self.hello})
        await self.hears("welcome")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.socket.close()
        if self.reader:
            await self.reader

    async def _read(self) -> None:
        try:
            async for text in self.socket:
                async with self.changed:
                    self.heard.append(json.loads(text))
                    self.changed.notify_all()
        except ConnectionClosed:
            pass
        async with self.changed:
            self.changed.notify_all()

    async def say(self, message: dict[str, Any]) -> None:
        await self.socket.send(json.dumps(message))

    async def hears(self, kind: str, **fields: Any) -> dict[str, Any]:
        """The first message of this kind with these fields, waiting for it if need be."""

        def found() -> dict[str, Any] | None:
            wanted = {"type": kind, **fields}
            return next((m for m in self.heard if wanted.items() <= m.items()), None)

        async with asyncio.timeout(WAIT_S), self.changed:
            await self.changed.wait_for(found)
        message = found()
        assert message is not None
        return message

    async def ask(self, kind: str, **fields: Any) -> dict[str, Any]:
        number = next(self.numbers)
        await self.say({"type": kind, "id": number, **fields})
        return await self.hears("reply", id=number)

    async def command(self, name: str, **args: Any) -> dict[str, Any]:
        return await self.ask("command", name=name, args=args)

    async def closed(self) -> int | None:
        assert self.reader is not None
        async with asyncio.timeout(WAIT_S):
            await self.reader
        return self.socket.close_code


async def answered(socket: ClientConnection) -> int | None:
    """Say hello and leave; None if it was let in, else the code it was closed with."""
    async with asyncio.timeout(WAIT_S):
        try:
            await socket.send('{"type":"hello","version":1}')
            await socket.recv()
            return None
        except ConnectionClosed:
            return socket.close_code
        finally:
            await socket.close()


async def closing(socket: ClientConnection, *texts: str | bytes) -> int | None:
    """Say these things and wait for the end; the close code."""
    async with asyncio.timeout(WAIT_S):
        try:
            for text in texts:
                await socket.send(text)
            async for _ in socket:
                pass
        except ConnectionClosed:
            pass
        await socket.wait_closed()
    return socket.close_code


@pytest.fixture
async def served(world: World) -> AsyncIterator[Served]:
    async with serving(world) as served:
        yield served


@asynccontextmanager
async def serving(world: World) -> AsyncIterator[Served]:
    """A real server before the app, until the end of the block."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(world.app, lifespan="off", log_config=None, ws="websockets-sansio", ws_max_size=256 * 1024)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    url = f"ws://127.0.0.1:{listening.getsockname()[1]}"
    async with AsyncExitStack() as stack:
        yield Served(world, url, stack)
    server.should_exit = True
    await serving
