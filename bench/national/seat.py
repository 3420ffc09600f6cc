"""A participant whose socket is a counter: messages are taken from its queue as the socket's writer takes them."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from web.live.connection import Close, Connection
from web.live.room import Room


class Seat:
    """``watch`` for words, then ``heard``: when a message with them was taken."""

    def __init__(self, room: Room, connection: Connection) -> None:
        self.room = room
        self.connection = connection
        self.messages = self.bytes = 0
        self._words: dict[str, asyncio.Future[float]] = {}
        self._reading = asyncio.create_task(self._read())

    async def command(self, name: str, **args: Any) -> int:
        return await self.room.command(self.connection, name, args)

    def watch(self, words: str) -> asyncio.Future[float]:
        """Done when a message with these words is taken."""
        self._words[words] = asyncio.get_running_loop().create_future()
        return self._words[words]

    def end(self) -> None:
        self._reading.cancel()

    async def _read(self) -> None:
        while not isinstance(text := await self.connection.outgoing.next(), Close):
            self.messages += 1
            self.bytes += len(text)
            for words in [one for one in self._words if one in text]:
                self._words.pop(words).set_result(time.perf_counter())
