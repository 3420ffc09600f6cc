"""The links of this installation: dials those above, takes the calls of those below, tells the rest who is there.

``start`` once, ``stop`` once. ``tree_changed`` after an edge between meetings was written, ``grew`` after facts were.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

import structlog
from sqlalchemy.exc import SQLAlchemyError

from scheduler.database import Database
from scheduler.nodes.key import NodeKey
from scheduler.nodes.registry import Role, linked_nodes, note_error, note_seen
from scheduler.nodes.tables import LinkedNode
from scheduler.proceedings.facts import Fact
from scheduler.proceedings.lease import Lease
from scheduler.proceedings.node import Node
from scheduler.replication.errors import Ended, PeerFault, ReplicationError, Silent, UnknownNode
from scheduler.replication.frames import VERSIONS
from scheduler.replication.session import LinkSession, Myself, Peer, Side, Timing
from web.link.channel import LinkChannel, LinkEvent
from web.link.connection import LinkConnection, Socket
from web.link.dial import Unreachable, dial, pauses
from web.link.replicator import GATHER_S, STORE_AGAIN_S, Belongings, Replicator
from web.link_measures import NodeLink

log = structlog.get_logger()
WATCH_S = 5.0  # the registry may be changed at the server's keyboard
FAULT_PAUSE_S = 20.0  # before a node whose messages were refused is dialled again
LEAVING_S = 3.0  # for links that were ended to have ended
MOST_STRANGERS = 32  # sockets at a time that have not yet proven who they are
MOST_REFUSED = 16  # of those who were refused, the last
FactsListener = Callable[[str, Sequence[Fact]], None]


@dataclass(frozen=True, slots=True)
class LinkSettings:
    timing: Timing = field(default_factory=Timing)
    watch_s: float = WATCH_S
    fault_pause_s: float = FAULT_PAUSE_S
    store_again_s: float = STORE_AGAIN_S
    gather_s: float = GATHER_S
    versions: tuple[int, int] = VERSIONS
    first_pause_s: float = 1.0  # at most, before a broken link is dialled again; grows to a minute


@dataclass(slots=True)
class Known:
    """A linked node, as the registry said last."""

    peer: Peer
    url: str
    authority_pem: str
    dialling: asyncio.Task[None] | None = None


@dataclass(slots=True)
class LinkStatus:
    """For the operator: how a link does right now."""

    is_up: bool = False
    since: datetime | None = None
    rtt_ms: int | None = None
    clock_offset_ms: int | None = None
    version: int | None = None
    facts_waiting: int = 0  # that the other side has not acknowledged
    bytes_in: int = 0  # since the link is up
    bytes_out: int = 0


@dataclass(frozen=True, slots=True)
class Stranger:
    """Who called and is not linked, or no more; id and name are what it said of itself."""

    node: str
    name: str
    at: datetime


@dataclass(slots=True)
class Links:
    database: Database
    node: Node
    key: NodeKey
    name: str
    channel: LinkChannel
    lease: Callable[[], Lease]
    clock: Callable[[], datetime]
    settings: LinkSettings = field(default_factory=LinkSettings)
    wall: Callable[[], float] = time.time
    dial: Callable[[str, str], AbstractAsyncContextManager[Socket]] = dial
    on_time: Callable[[int], None] = lambda offset_ms: None  # the clock above, minus ours
    known: dict[str, Known] = field(default_factory=dict)
    connections: dict[str, LinkConnection] = field(default_factory=dict)
    refused: dict[str, Stranger] = field(default_factory=dict)  # by id, the last at the end
    _since: dict[str, datetime] = field(default_factory=dict)
    _fact_listeners: list[FactsListener] = field(default_factory=list)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _accepted: set[asyncio.Task[Any]] = field(default_factory=set)  # that run links dialled from below
    _strangers: int = 0
    _is_stopping: bool = False

    # -- life -------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        await self.look_at_registry()
        self.channel.listen(self._on_link)
        self._spawn(self._watch())

    async def stop(self) -> None:
        self._is_stopping = True
        for connection in list(self.connections.values()):
            connection.end("restarting")
        tasks = [*self._tasks, *(known.dialling for known in self.known.values() if known.dialling)]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._accepted:
            await asyncio.wait(self._accepted, timeout=LEAVING_S)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self.settings.watch_s)
            try:
                await self.look_at_registry()
            except (SQLAlchemyError, OSError) as error:
                log.warning("the registry of nodes could not be read", error=str(error))
            offsets = [c.session.clock_offset_ms for c in self.connections.values() if c.neighbour.role == "upper"]
            if offsets and offsets[0] is not None:
                self.on_time(offsets[0])

    async def look_at_registry(self) -> None:
        """Dial who was added, end the link with who was revoked."""
        async with self.database.reading() as session:
            rows = {row.id: row for row in await linked_nodes(session)}
        for node in [node for node in self.known if not self._is_same(rows.get(node), self.known[node])]:
            gone = self.known.pop(node)
            if gone.dialling is not None:
                gone.dialling.cancel()
            if node in self.connections:
                self.connections[node].end("revoked")
        new = [row for node, row in rows.items() if node not in self.known]
        for row in new:
            peer = Peer(row.id, cast(Role, row.role), row.public_key, row.name)
            known = self.known[row.id] = Known(peer, row.url, row.authority_pem)
            if row.role == "upper" and not self._is_stopping:
                known.dialling = asyncio.create_task(self._keep_dialling(known), name=f"link to {row.name}")
            self.refused.pop(row.id, None)
        if new:
            self.tree_changed()

    @staticmethod
    def _is_same(row: LinkedNode | None, known: Known) -> bool:
        peer = known.peer
        return row is not None and (row.public_key, row.role, row.url) == (peer.public_key, peer.role, known.url)

    # -- what others tell -------------------------------------------------------------------------------------------

    def grew(self, facts: Sequence[Fact]) -> None:
        """Facts made here are durable."""
        for connection in self.connections.values():
            if connection.replicator is not None:
                connection.replicator.grew(facts)

    def tree_changed(self, but: str = "") -> None:
        """Edges between meetings, or nodes, are others now."""
        for node, connection in self.connections.items():
            if connection.replicator is not None and node != but:
                connection.replicator.tree_changed()

    def listen_facts(self, listener: FactsListener) -> Callable[[], None]:
        """Be told of facts of other nodes once they are durable here: (the neighbour they came through, facts)."""
        self._fact_listeners.append(listener)
        return lambda: self._fact_listeners.remove(listener)

    def _on_stored(self, neighbour: str, facts: Sequence[Fact]) -> None:
        for node, connection in self.connections.items():
            if node != neighbour and connection.replicator is not None:
                connection.replicator.grew(facts)
        for listener in list(self._fact_listeners):
            try:
                listener(neighbour, facts)
            except Exception:
                log.exception("a listener to facts failed")

    def _on_link(self, event: LinkEvent) -> None:
        node = event.neighbour.id
        if event.is_up:
            self._since[node] = self.clock()
        log.info("link", node=node, name=event.neighbour.name, up=event.is_up, reason=event.reason)

    def status(self, node: str) -> LinkStatus:
        connection = self.connections.get(node)
        if connection is None or not self.channel.is_up(node):
            return LinkStatus()
        session, replicator = connection.session, connection.replicator
        return LinkStatus(
            is_up=True,
            since=self._since.get(node),
            rtt_ms=session.rtt_ms,
            clock_offset_ms=session.clock_offset_ms,
            version=session.version,
            facts_waiting=replicator.sending.waiting() if replicator else 0,
            bytes_in=connection.bytes_in,
            bytes_out=connection.bytes_out,
        )

    def standings(self) -> list[NodeLink]:
        """Every installation we know, and how its link does."""
        return [NodeLink(id, one.peer.role, self.status(id)) for id, one in self.known.items()]

    # -- links ------------------------------------------------------------------------------------------------------

    def _session(self, side: Side, find: Callable[[str], Peer | None]) -> LinkSession:
        myself = Myself(self.node.origin, self.name, self.node.epoch, self.key, self.settings.versions)
        now, at_ms = time.monotonic(), int(self.wall() * 1000)
        return LinkSession(side, myself, find, secrets.token_bytes(32), now, self.settings.timing, at_ms)

    async def accept(self, socket: Socket) -> ReplicationError:
        """Somebody below calls; runs until that link ends."""
        if self._strangers >= MOST_STRANGERS or self._is_stopping:
            await socket.close(1013, "busy")
            return Ended("busy")
        self._strangers += 1
        known, running = False, asyncio.current_task()
        self._accepted |= {running} if running is not None else set()

        def met() -> None:
            nonlocal known
            if not known:
                known = True
                self._strangers -= 1

        try:
            return await self._run(socket, self._session("listener", self._find), met)
        finally:
            met()
            self._accepted -= {running}

    def _find(self, node: str) -> Peer | None:
        known = self.known.get(node)
        return known.peer if known is not None else None

    async def _run(
        self, socket: Socket, session: LinkSession, met: Callable[[], None] = lambda: None, dialled: str = ""
    ) -> ReplicationError:
        has = Belongings(
            self.database,
            self.node,
            self.key,
            self.lease,
            self.clock,
            self._on_stored,
            self.tree_changed,
            self.settings.store_again_s,
            self.settings.gather_s,
        )

        def replicator(connection: LinkConnection) -> Replicator:
            met()
            node = connection.neighbour.id
            before = self.connections.get(node)
            if before is not None:
                before.end("replaced")
            self.connections[node] = connection
            self._spawn(self._note_seen(node))
            return Replicator(connection, has)

        connection = LinkConnection(socket, session, self.channel, replicator, wall=self.wall)
        try:
            reason = await connection.run()
        finally:
            if session.peer is not None and self.connections.get(session.peer.id) is connection:
                del self.connections[session.peer.id]
        if isinstance(reason, UnknownNode) and not dialled and session.claimed is not None:
            self.note_stranger(session.claimed.node, session.claimed.name)
        await self._note_end(session.peer.id if session.peer is not None else dialled, reason)
        return reason

    def note_stranger(self, node: str, name: str) -> None:
        node = node[:64]
        self.refused.pop(node, None)
        self.refused[node] = Stranger(node, name[:60], self.clock())
        while len(self.refused) > MOST_REFUSED:
            del self.refused[next(iter(self.refused))]

    async def _note_seen(self, node: str) -> None:
        await self._note(node, "", "")

    async def _note_end(self, node: str, reason: ReplicationError) -> None:
        if not node:
            log.warning("a stranger was refused", error=str(reason), code=reason.code)
            return
        if isinstance(reason, Ended) and reason.ended_code in ("restarting", "replaced", "revoked", "silent"):
            return
        code = f"said_{reason.ended_code}" if isinstance(reason, Ended) else reason.code
        await self._note(node, code, str(reason))

    async def _note(self, node: str, code: str, detail: str) -> None:
        """On the operator's page; a database that does not answer keeps nobody from going on."""
        try:
            async with self.database.transaction() as session:
                if code:
                    await note_error(session, node, code, detail, self.clock())
                else:
                    await note_seen(session, node, self.clock())
        except (SQLAlchemyError, OSError) as error:
            log.warning("a link's state could not be noted", node=node, code=code, error=str(error))

    async def _keep_dialling(self, known: Known) -> None:
        """For as long as it is linked: pauses grow while nobody answers, with jitter."""
        waits = pauses(self.settings.first_pause_s)
        last = ""
        while True:
            try:
                async with self.dial(known.url, known.authority_pem) as socket:
                    session = self._session("dialler", lambda node: known.peer if node == known.peer.id else None)
                    reason = await self._run(socket, session, dialled=known.peer.id)
                if session.is_up:
                    waits = pauses(self.settings.first_pause_s)
            except Unreachable as error:
                reason = Silent(str(error))
                if str(error) != last:
                    await self._note(known.peer.id, "unreachable", str(error))
            last = str(reason)
            is_fault = isinstance(reason, PeerFault) and not isinstance(reason, Silent)
            refused = isinstance(reason, Ended) and reason.ended_code not in ("restarting", "silent", "replaced")
            await asyncio.sleep(self.settings.fault_pause_s if is_fault or refused else next(waits))
