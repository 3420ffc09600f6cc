"""A seat in a room: a WebSocket that speaks web/signalling/PROTOCOL.md, with a light peer for media if it has one."""

from __future__ import annotations

import asyncio
import itertools
import json
import ssl
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

from web.visiting.visitor import Visitor

WAIT_S = 60.0


class Refused(Exception):
    """The server refused a request; ``code`` as in PROTOCOL.md."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(f"{error.get('code')}: {error.get('message')}")
        self.code = error.get("code")


class Seat:
    """``async with Seat(visitor, meeting_id) as seat``: said hello, facts collected, commands answered."""

    def __init__(
        self,
        visitor: Visitor,
        meeting_id: str,
        *,
        role: str | None = None,
        take_over: bool = False,
        previous: str | None = None,
        verify: ssl.SSLContext | None = None,
    ) -> None:
        self.visitor, self.meeting_id = visitor, meeting_id
        self._hello: dict[str, Any] = {"type": "hello", "version": 1, "take_over": take_over, "cursor": {}}
        if role:
            self._hello["role"] = role
        if previous:
            self._hello["previous"] = previous
        self._verify = verify
        self._numbers = itertools.count(1)
        self._replies: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._changed = asyncio.Condition()
        self._reader: asyncio.Task[None] | None = None
        self._heart: asyncio.Task[None] | None = None
        self.socket: ClientConnection
        self.welcome: dict[str, Any] = {}
        self.facts: list[dict[str, Any]] = []
        self.messages: list[dict[str, Any]] = []
        self.close_code: int | None = None

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def open(self) -> None:
        url = f"ws{self.visitor.url.removeprefix('http')}/api/rooms/{self.meeting_id}/socket"
        self.socket = await connect(
            url,
            origin=Origin(self.visitor.url),
            additional_headers={"Cookie": self.visitor.cookie},
            ssl=self._verify,
            max_size=None,
            open_timeout=WAIT_S,
        )
        self._reader = asyncio.create_task(self._read())
        self._heart = asyncio.create_task(self._beat())
        with suppress(ConnectionClosed):  # refused before it said anything
            await self.socket.send(json.dumps(self._hello))
        await self.wait(lambda: bool(self.welcome) or self.close_code is not None)

    async def close(self) -> None:
        if self._heart:
            self._heart.cancel()
        await self.socket.close()
        if self._reader:
            await self._reader

    async def _beat(self) -> None:
        """A silent socket is closed by the server: say something every 5 s."""
        with suppress(ConnectionClosed):
            while True:
                await self.socket.send(json.dumps({"type": "ping", "t": 0}))
                await asyncio.sleep(5)

    async def _read(self) -> None:
        try:
            async for text in self.socket:
                await self._take(json.loads(text))
        except ConnectionClosed:
            pass
        async with self._changed:
            self.close_code = self.socket.close_code
            self._changed.notify_all()
        for waiting in self._replies.values():
            if not waiting.done():
                waiting.set_exception(ConnectionError(f"the socket closed: {self.close_code} {self.messages[-1:]}"))

    async def _take(self, message: dict[str, Any]) -> None:
        async with self._changed:
            self.messages.append(message)
            match message["type"]:
                case "welcome":
                    self.welcome = message
                case "facts":
                    self.facts.extend(message["facts"])
                case "reply":
                    self._replies.pop(message["id"]).set_result(message)
            self._changed.notify_all()

    async def request(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Send a request and return its ``ok``; raises :class:`Refused`."""
        number = next(self._numbers)
        waiting = self._replies[number] = asyncio.get_running_loop().create_future()
        await self.socket.send(json.dumps({"type": kind, "id": number, **fields}))
        reply = await asyncio.wait_for(waiting, WAIT_S)
        if "error" in reply:
            raise Refused(reply["error"])
        ok: dict[str, Any] = reply["ok"]
        return ok

    async def tell(self, kind: str, **fields: Any) -> None:
        """Send a message that is not answered."""
        await self.socket.send(json.dumps({"type": kind, **fields}))

    async def ended(self) -> None:
        """Returns when the socket is closed."""
        if self._reader is not None:
            await asyncio.shield(self._reader)

    async def command(self, name: str, **args: Any) -> dict[str, Any]:
        return await self.request("command", name=name, args=args)

    async def negotiate(self, offer: str) -> str:
        """For a light peer: hand the offer in, get the answer."""
        answer: str = (await self.request("offer", sdp=offer))["sdp"]
        return answer

    async def wait(self, condition: Callable[[], bool], seconds: float = WAIT_S) -> None:
        """Wait for something to become true as messages come in."""
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(condition)

    async def fact(self, kind: str, where: Callable[[dict[str, Any]], bool] = lambda body: True) -> dict[str, Any]:
        """The last fact of this kind whose body fits, waiting for it if need be."""

        def found() -> list[dict[str, Any]]:
            return [fact for fact in self.facts if fact["type"] == kind and where(fact["body"])]

        await self.wait(lambda: bool(found()))
        return found()[-1]

    def last(self, kind: str) -> dict[str, Any] | None:
        """The last message of this kind."""
        return next((message for message in reversed(self.messages) if message["type"] == kind), None)
