"""Installations in one process, each with a database, a key and links of its own; sockets are queues."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from scheduler import migrations
from scheduler.database import new_id
from scheduler.nodes.edges import Edge, put_edge
from scheduler.nodes.key import NodeKey
from scheduler.nodes.pairing import Pairing
from scheduler.nodes.registry import Role, add_node
from scheduler.nodes.tables import LinkedNode
from scheduler.proceedings import facts as f
from scheduler.proceedings import log
from scheduler.proceedings.errors import LeaseHeld
from scheduler.proceedings.facts import Body, By, Fact
from scheduler.proceedings.lease import acquire, usurp
from scheduler.proceedings.log import LogWriter
from scheduler.proceedings.node import identify
from scheduler.replication.session import Timing
from scheduler.settings import DatabaseSettings
from tests.databases import opened
from web.link.channel import LinkChannel
from web.link.connection import SocketClosed
from web.link.dial import Unreachable
from web.link.service import Links, LinkSettings

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
CALM = LinkSettings(Timing(0.5, 60.0, 60.0), watch_s=60.0, fault_pause_s=0.02, store_again_s=0.05, first_pause_s=0.02)


class PipeEnd:
    """``gate``: closed, nothing goes out."""

    def __init__(self, into: asyncio.Queue[str | None], out_of: asyncio.Queue[str | None]) -> None:
        self._into, self._out_of = into, out_of
        self.is_closed = False
        self.sent: list[str] = []
        self.gate: asyncio.Semaphore | None = None

    async def send(self, text: str) -> None:
        if self.gate is not None:
            await self.gate.acquire()
        if self.is_closed:
            raise SocketClosed("closed")
        self.sent.append(text)
        self._into.put_nowait(text)
        await asyncio.sleep(0)

    async def receive(self) -> str:
        text = None if self.is_closed else await self._out_of.get()
        if text is None:
            self.is_closed = True
            raise SocketClosed("closed")
        return text

    async def close(self, code: int = 1000, reason: str = "") -> None:
        self.is_closed = True
        self._into.put_nowait(None)
        self._out_of.put_nowait(None)


def pipe() -> tuple[PipeEnd, PipeEnd]:
    there: asyncio.Queue[str | None] = asyncio.Queue()
    back: asyncio.Queue[str | None] = asyncio.Queue()
    return PipeEnd(there, back), PipeEnd(back, there)


class Net:
    """Who answers at which address; a cut line carries nothing until it is restored."""

    def __init__(self) -> None:
        self.at: dict[str, Installation] = {}
        self.is_cut: set[str] = set()
        self.open: list[tuple[str, PipeEnd]] = []
        self.answering: list[PipeEnd] = []  # the other ends

    @asynccontextmanager
    async def dial(self, url: str, authority_pem: str) -> AsyncIterator[PipeEnd]:
        if url in self.is_cut or url not in self.at:
            raise Unreachable("nobody answers")
        ours, theirs = pipe()
        self.open.append((url, ours))
        self.answering.append(theirs)
        serving = asyncio.create_task(self.at[url].links.accept(theirs))
        try:
            yield ours
        finally:
            await ours.close()
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)

    async def cut(self, url: str) -> None:
        self.is_cut.add(url)
        for to, end in self.open:
            if to == url:
                await end.close()

    def restore(self, url: str) -> None:
        self.is_cut.discard(url)


class Installation:
    """One node."""

    links: Links

    def __init__(self, name: str, folder: Path, net: Net) -> None:
        self.name = name
        self.url = f"https://{name}.example"
        self.net = net
        self.database = opened(DatabaseSettings(f"sqlite+aiosqlite:///{folder / name}.sqlite"))
        self.key = NodeKey(name.encode().ljust(32, b"."))
        self.channel = LinkChannel()
        self.settings = CALM

    async def open(self, *, is_migrated: bool = False) -> Installation:
        if not is_migrated:
            await migrations.upgrade(self.database)
        try:
            self.lease = await acquire(self.database, self.name, NOW, timedelta(days=1))
        except LeaseHeld as held:  # whose process was killed
            self.lease = await usurp(self.database, held, self.name, NOW, timedelta(days=1))
        async with self.database.transaction() as session:
            self.node = await identify(session, NOW)
        self.net.at[self.url] = self
        self.writer = LogWriter(self.database, self.lease, told=lambda facts: self.links.grew(facts))
        self.links = Links(
            database=self.database,
            node=self.node,
            key=self.key,
            name=self.name,
            channel=self.channel,
            lease=lambda: self.lease,
            clock=lambda: NOW,
            settings=self.settings,
            dial=self.net.dial,
        )
        return self

    async def start(self) -> None:
        await self.links.start()

    async def close(self) -> None:
        await self.links.stop()
        await self.database.dispose()

    @property
    def id(self) -> str:
        return self.node.origin

    @property
    def pairing(self) -> Pairing:
        return Pairing(self.id, self.name, self.key.public, self.url)

    async def knows(self, other: Installation, role: Role) -> None:
        async with self.database.transaction() as session:
            await add_node(session, None, self.node, other.pairing, role, NOW)

    async def place(self, meeting_id: str, node: str, parent_id: str, parent_node: str) -> None:
        async with self.database.transaction() as session:
            await put_edge(session, Edge(meeting_id, node, parent_id, parent_node))
        self.links.tree_changed()

    async def append(self, meeting_id: str, bodies: Sequence[Body]) -> list[Fact]:
        log_id = self.node.log_of(meeting_id)
        async with self.database.reading() as session:
            head = await log.head_of(session, log_id)
        return await self.writer.append(head, bodies, By(), NOW)

    async def chat(self, meeting_id: str, *texts: str) -> list[Fact]:
        return await self.append(meeting_id, [f.ChatPosted(new_id(), None, self.name, text) for text in texts])

    async def error(self, other: Installation) -> tuple[str, str]:
        """What the operator's page says beside the other one."""
        async with self.database.reading() as session:
            row = await session.get_one(LinkedNode, other.id)
        return row.error, row.error_detail

    async def facts(self, meeting_id: str) -> list[Fact]:
        async with self.database.reading() as session:
            return await log.facts_of(session, meeting_id)

    async def has(self, meeting_id: str, count: int) -> list[Fact]:
        """Wait until so many facts of this meeting are here."""
        arrived = asyncio.Event()
        end = self.links.listen_facts(lambda node, facts: arrived.set())
        try:
            async with asyncio.timeout(30):
                while len(facts := await self.facts(meeting_id)) < count:
                    await arrived.wait()
                    arrived.clear()
        finally:
            end()
        return facts


async def link(lower: Installation, upper: Installation) -> None:
    """Make them known to one another."""
    await lower.knows(upper, "upper")
    await upper.knows(lower, "lower")
    await upper.links.look_at_registry()
    await lower.links.look_at_registry()


async def until_up(one: Installation, other: Installation) -> None:
    up = asyncio.Event()
    end = one.channel.listen(lambda event: up.set() if event.is_up and event.neighbour.id == other.id else None)
    try:
        async with asyncio.timeout(30):
            await up.wait()
    finally:
        end()
