"""A real mail server in a process of its own that keeps letters as files, and dies of SIGKILL at a chosen moment.

``serve(PORT, FOLDER, MOMENT, OTHERS)``: the first letter whose content is offered is the one it dies of, once OTHERS
letters have been taken and their connections are over. Ready when ``FOLDER/ready`` is there.
"""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Any, cast

from aiosmtpd.smtp import SMTP, Envelope, Session

MOMENTS = ("asked for it", "read half of it", "read it", "kept it", "said so")
LINES_READ = 20


class Store:
    """A file for each letter, forced to disk; what dies where is decided here."""

    def __init__(self, folder: Path, moment: str, others: int) -> None:
        self._folder, self._moment, self._others = folder, moment, others
        self._first: Connection | None = None
        self._others_done = asyncio.Condition()
        self._gone = 0

    def offered(self, connection: Connection) -> None:
        self._first = self._first or connection

    async def reached(self, moment: str, connection: Connection) -> None:
        if moment == self._moment and connection is self._first:
            async with self._others_done:
                await self._others_done.wait_for(lambda: self._gone == self._others)
            os.kill(os.getpid(), signal.SIGKILL)

    async def left(self) -> None:
        async with self._others_done:
            self._gone += 1
            self._others_done.notify_all()

    async def handle_DATA(self, server: Connection, _session: Session, envelope: Envelope) -> str:
        await self.reached("read it", server)
        assert isinstance(envelope.content, bytes)
        with (self._folder / f"{len(list(self._folder.glob('*.eml'))):03d}.eml").open("xb") as file:
            file.write(envelope.content)
            os.fsync(file.fileno())
        await self.reached("kept it", server)
        return "250 OK"


class HalfRead:
    """The connection's reader while a letter's content comes."""

    def __init__(self, reader: asyncio.StreamReader, connection: Connection) -> None:
        self._reader, self._connection, self._lines = reader, connection, 0

    async def readuntil(self, separator: bytes) -> bytes:
        if self._lines == LINES_READ:
            await self._connection.store.reached("read half of it", self._connection)
        self._lines += 1
        return await self._reader.readuntil(separator)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)


class Connection(SMTP):
    def __init__(self, store: Store, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(store, hostname="localhost", loop=loop)
        self.store = store
        self._says_kept = False

    async def smtp_DATA(self, arg: str) -> None:
        self.store.offered(self)
        plain = self._reader
        self._reader = cast(asyncio.StreamReader, HalfRead(plain, self))
        await super().smtp_DATA(arg)
        self._reader = plain

    async def push(self, status: Any) -> None:
        await super().push(status)
        if str(status).startswith("354"):
            await self.store.reached("asked for it", self)
        if status == "250 OK" and isinstance(self._reader, HalfRead):
            await self.store.reached("said so", self)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self.loop.create_task(self.store.left())


def serve(port: int, folder: Path, moment: str, others: int) -> None:
    async def run() -> None:
        loop = asyncio.get_running_loop()
        store = Store(folder, moment, others)
        server = await loop.create_server(lambda: Connection(store, loop), "127.0.0.1", port)
        (folder / "ready").touch()
        await server.serve_forever()

    asyncio.run(run())
