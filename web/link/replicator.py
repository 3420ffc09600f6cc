"""Facts over one link: says what it has, sends what the other side lacks, stores what it believes of what comes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from scheduler.database import Database
from scheduler.nodes.edges import Crossing, check_edges, crossing, load_edges, put_edge
from scheduler.nodes.key import NodeKey
from scheduler.nodes.registry import (
    Introduction,
    Neighbourhood,
    neighbourhood,
    note_error,
    note_over,
    take_introductions,
    words_of_introduction,
)
from scheduler.proceedings.chain import ZERO_HASH, head_after
from scheduler.proceedings.errors import LeaseLost, WrongSequence
from scheduler.proceedings.facts import Fact, LogId
from scheduler.proceedings.lease import Lease
from scheduler.proceedings.node import Node
from scheduler.replication import frames as fr
from scheduler.replication import store
from scheduler.replication.errors import Forked, MalformedFrame, Parked
from scheduler.replication.receiving import Held, check_batch
from scheduler.replication.sending import Sending

if TYPE_CHECKING:
    from web.link.connection import LinkConnection

log = structlog.get_logger()
STORE_AGAIN_S = 5.0  # after our disk refused
GATHER_S = 0.05  # a fact goes at once; what follows so soon goes together
MOST_UNKNOWN = 1000
FAILURES = (SQLAlchemyError, OSError, WrongSequence)


@dataclass(frozen=True, slots=True)
class Belongings:
    """What all links of an installation share."""

    database: Database
    node: Node
    key: NodeKey
    lease: Callable[[], Lease]
    clock: Callable[[], datetime]
    on_stored: Callable[[str, Sequence[Fact]], None]  # facts of others are durable here: (neighbour, facts)
    on_tree: Callable[[str], None]  # this neighbour told of nodes or edges we did not know
    store_again_s: float = STORE_AGAIN_S
    gather_s: float = GATHER_S


class Replicator:
    def __init__(self, connection: LinkConnection, has: Belongings) -> None:
        self.sending = Sending()
        self.crossing = Crossing({}, {}, ())
        self._connection = connection
        self._has = has
        self._neighbour = connection.neighbour.id
        self._keys: dict[str, str] = {}
        self._held: dict[LogId, Held] = {}
        self._said_nodes: tuple[Introduction, ...] = ()
        self._said_edges: frozenset[object] = frozenset()
        self._asked: set[tuple[str, str]] = set()  # (meeting, origin) the other side knows we take
        self._wake = asyncio.Event()
        self._looked = asyncio.Event()  # what crosses is known
        self._refresh = asyncio.Event()
        self._grown: dict[LogId, int] = {}  # what was said to have grown since we looked last
        self._again: set[LogId] = set()  # that our disk did not take; asked for again later
        self._parked_there: set[LogId] = set()  # that the other side's disk did not take
        self._is_short = False  # our disk did not take something, and the operator's page says so
        self._unknown: set[LogId] = set()  # of meetings that are not of our tree; asked for once they are
        self._tasks: list[asyncio.Task[None]] = []

    # -- life -------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        self._refresh.set()
        self._wake.set()
        self._spawn(self._pump())

    def stop(self) -> list[asyncio.Task[None]]:
        """Those that are ending now."""
        for task in self._tasks:
            task.cancel()
        return self._tasks

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks = [task for task in self._tasks if not task.done()]
        task = asyncio.create_task(work)
        task.add_done_callback(self._connection.watch)
        self._tasks.append(task)

    def tree_changed(self) -> None:
        """Nodes or edges: look again what crosses this link."""
        self._refresh.set()
        self._wake.set()

    def grew(self, facts: Sequence[Fact]) -> None:
        """These are durable here now."""
        for fact in facts:
            self._grown[fact.log] = max(self._grown.get(fact.log, 0), fact.seq)
            if self.crossing.out.get(fact.log.meeting_id) == fact.log.origin:
                sent = self.sending.logs.get(fact.log)
                if sent is None:
                    self._refresh.set()
                else:
                    sent.head = max(sent.head, fact.seq)
        self._wake.set()

    # -- sending ----------------------------------------------------------------------------------------------------

    async def _pump(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                if self._refresh.is_set():
                    self._refresh.clear()
                    await self._look_again()
                has_sent = False
                while (following := self.sending.next()) is not None and not self._refresh.is_set():
                    await self._send(*following)
                    has_sent = True
                if has_sent and not self.sending.has_more:
                    await asyncio.sleep(self._has.gather_s)
            except FAILURES as error:
                log.warning("replication waits for the database", node=self._neighbour, error=str(error))
                self._refresh.set()
                self._later(self._has.store_again_s)

    def _later(self, delay_s: float) -> None:
        async def wake() -> None:
            await asyncio.sleep(delay_s)
            self._wake.set()

        self._spawn(wake())

    async def _look_again(self) -> None:
        self._grown.clear()
        async with self._has.database.reading() as session:
            nodes = await neighbourhood(session)
            self.crossing = crossing(
                await load_edges(session, self._has.node.origin), nodes, self._has.node.origin, self._neighbour
            )
            heads = await store.heads_of(session, self.crossing.out)
            held = await store.heads_of(session, self.crossing.into)
        self._keys = {node.id: node.public_key for node in nodes.values() if node.via == self._neighbour}
        self._introduce(nodes)
        self._tell_tree()
        self._say_have([fr.Cursor(log, head.seq, head.hash) for log, head in held.items()])
        ends = {log: head.seq for log, head in heads.items()}
        for log_id, seq in self._grown.items():  # since the database was asked
            if self.crossing.out.get(log_id.meeting_id) == log_id.origin:
                ends[log_id] = max(ends.get(log_id, 0), seq)
        self.sending.heads(ends)
        self._looked.set()

    def _introduce(self, nodes: dict[str, Neighbourhood]) -> None:
        """Those below to the one above; those above to the one below."""
        told = tuple(
            self._introduction(node)
            for node in nodes.values()
            if node.via != self._neighbour and node.role != self._connection.neighbour.role
        )
        if told != self._said_nodes:
            self._said_nodes = told
            ordered = sorted(told, key=lambda one: one.introduced_by != self._has.node.origin)
            for start in range(0, len(ordered), fr.MOST_LISTED):
                self._connection.send(fr.Nodes(tuple(ordered[start : start + fr.MOST_LISTED])))

    def _introduction(self, node: Neighbourhood) -> Introduction:
        if node.introduced_by:
            return Introduction(node.id, node.name, node.public_key, node.introduced_by, node.signature)
        ours = self._has.node.origin
        signature = self._has.key.sign(words_of_introduction(node.id, node.public_key, ours))
        return Introduction(node.id, node.name, node.public_key, ours, signature)

    def _tell_tree(self) -> None:
        edges = self.crossing.edges
        if frozenset(edges) != self._said_edges:
            self._said_edges = frozenset(edges)
            for start in range(0, len(edges), fr.MOST_LISTED):
                self._connection.send(fr.Tree(edges[start : start + fr.MOST_LISTED]))

    def _say_have(self, cursors: list[fr.Cursor]) -> None:
        """Once all, afterwards only what is new: a cursor said again would start the log again."""
        new = [cursor for cursor in cursors if (cursor.log.meeting_id, cursor.log.origin) not in self._asked]
        first = not self._asked
        self._asked |= set(self.crossing.into.items()) | {("", "")}
        known = {log for log in self._unknown if log.meeting_id in self.crossing.into}
        self._unknown -= known
        new += [fr.Cursor(log, 0, ZERO_HASH) for log in known if all(log != cursor.log for cursor in cursors)]
        if not new and not first:
            return
        parts = [new[start : start + fr.MOST_LISTED] for start in range(0, len(new), fr.MOST_LISTED)] or [[]]
        for number, part in enumerate(parts):
            self._connection.send(fr.Have(tuple(part), last=number == len(parts) - 1))

    async def _send(self, log_id: LogId, after: int) -> None:
        has, head = self._has, self.sending.logs[log_id].head
        try:
            async with has.database.reading() as session:
                ready = await store.next_batch(session, log_id, after, has.node.origin, has.key)
        except Parked as parked:
            self.sending.park(log_id)
            await self._note(parked.reason, str(parked))
            return
        if ready is None:
            if self.sending.logs[log_id].head == head:
                self.sending.logs[log_id].head = after  # nothing sealed beyond: what comes will wake us
            return
        self.sending.was_sent(log_id, ready.seq, len(ready.text))
        await self._connection.send_batch(ready.text)

    # -- receiving --------------------------------------------------------------------------------------------------

    async def take(self, frames: Sequence[fr.Frame]) -> None:
        """In order. Raises what is the other side's fault."""
        batches: list[fr.Batch] = []
        for frame in frames:
            if isinstance(frame, fr.Batch):
                batches.append(frame)
                continue
            await self._store(batches)
            batches = []
            await self._take(frame)
        await self._store(batches)

    async def _take(self, frame: fr.Frame) -> None:
        if isinstance(frame, fr.Ack):
            self.sending.was_acked(frame.log, frame.seq)
            self._wake.set()
        elif isinstance(frame, fr.Have):
            await self._looked.wait()
            await self._check_have(frame)
            self._wake.set()
        elif isinstance(frame, fr.Park):
            self.sending.park(frame.log)
            if frame.reason == "storage" and len(self._parked_there) < MOST_UNKNOWN:
                self._parked_there.add(frame.log)
            if frame.reason != "unknown_meeting":
                await self._note("parked_there", f"{frame.reason[:40]} {frame.log.meeting_id}")
        elif isinstance(frame, fr.Nodes):
            await self._take_nodes(frame)
        elif isinstance(frame, fr.Tree):
            await self._take_tree(frame)
        else:
            raise MalformedFrame(type(frame).__name__)

    async def _check_have(self, frame: fr.Have) -> None:
        """What the other side has of a log must be the beginning of what we have; else one of the two was replaced."""
        cursors: dict[LogId, int] = {}
        async with self._has.database.reading() as session:
            for cursor in frame.logs:
                log_id = cursor.log
                if self.crossing.out.get(log_id.meeting_id) != log_id.origin:
                    continue  # not theirs to have; or not any more
                same = await store.has_fact(session, log_id, cursor.seq, cursor.hash)
                if same is False:
                    raise Forked(f"{log_id.origin} meeting {log_id.meeting_id} fact {cursor.seq}: two of them")
                if same is None and log_id.origin == self._has.node.origin and log_id.epoch == self._has.node.epoch:
                    raise Forked(
                        f"rolled back: the other side has fact {cursor.seq} of our meeting {log_id.meeting_id}"
                    )
                cursors[log_id] = cursor.seq
        self.sending.has(cursors, frame.last)
        if self._parked_there & cursors.keys():
            self._parked_there -= cursors.keys()
            if not self._parked_there:
                await self._over("parked_there")

    async def _take_nodes(self, frame: fr.Nodes) -> None:
        async with self._has.database.transaction() as session:
            ours, now = self._has.node.origin, self._has.clock()
            doubts = await take_introductions(session, ours, self._neighbour, frame.nodes, now)
            for doubt in doubts:
                await note_error(session, self._neighbour, doubt.code, doubt.node, now)
        self.tree_changed()
        self._has.on_tree(self._neighbour)
        if any(doubt.code == "loop" for doubt in doubts):
            raise MalformedFrame("a ring of nodes")

    async def _take_tree(self, frame: fr.Tree) -> None:
        async with self._has.database.transaction() as session:
            nodes = await neighbourhood(session)
            if self._neighbour not in nodes:
                return
            taken, refused = check_edges(
                frame.edges, await load_edges(session, self._has.node.origin), nodes, self._neighbour
            )
            for edge in taken:
                await put_edge(session, edge)
            if refused:
                text = f"{refused[0].meeting_id} under {refused[0].parent_meeting_id}"
                await note_error(session, self._neighbour, "refused_edge", text, self._has.clock())
        if taken:
            self.tree_changed()
            self._has.on_tree(self._neighbour)

    async def _store(self, batches: Sequence[fr.Batch]) -> None:
        """Judge all, store all in one transaction, then acknowledge. A log of which our disk takes none is parked."""
        if not batches:
            return
        new = {batch.log for batch in batches if batch.log.meeting_id not in self.crossing.into}
        if new - self._unknown:
            await self._look_again()  # the tree may have been told a moment ago
        believed: list[tuple[fr.Batch, Held, list[Fact]]] = []
        for batch in batches:
            judged = await self._judge(batch)
            if judged is not None:
                believed.append(judged)
        if not believed:
            return
        try:
            await self._keep(believed)
        except IntegrityError as error:
            self._held.clear()
            raise MalformedFrame("a fact whose id is another's") from error
        except LeaseLost:
            raise asyncio.CancelledError from None  # another server has taken over: this process ends
        except FAILURES as error:
            await self._park_ours({batch.log for batch, _, _ in believed}, error)
            return
        self._tell(believed)
        if self._is_short and not self._again:
            self._is_short = False
            await self._over("storage")

    async def _judge(self, batch: fr.Batch) -> tuple[fr.Batch, Held, list[Fact]] | None:
        log_id = batch.log
        if log_id in self._again:
            return None  # sent before it heard that we cannot take it
        try:
            held = self._held.get(log_id) or await self._read_held(log_id)
            facts = check_batch(batch, self.crossing.into, self._keys, held)
        except Parked as parked:
            self._connection.send(fr.Park(log_id, parked.reason))
            if parked.reason == "unknown_meeting":
                self._unknown |= {log_id} if len(self._unknown) < MOST_UNKNOWN else set()
            else:
                await self._note(parked.reason, str(parked))
            return None
        except FAILURES as error:
            await self._park_ours({log_id}, error)
            return None
        if facts:
            newest = max(held.newest_epoch, log_id.epoch)
            self._held[log_id] = Held(head_after(facts[-1]), newest)
        return batch, held, facts

    async def _read_held(self, log_id: LogId) -> Held:
        async with self._has.database.reading() as session:
            return await store.held(session, log_id)

    async def _keep(self, believed: Sequence[tuple[fr.Batch, Held, list[Fact]]]) -> None:
        lease = self._has.lease()
        async with self._has.database.transaction() as session:
            for batch, held, facts in believed:
                if facts:
                    await store.keep(session, lease, held.head, facts, batch.seal)

    def _tell(self, believed: Sequence[tuple[fr.Batch, Held, list[Fact]]]) -> None:
        acked: dict[LogId, int] = {}
        stored: list[Fact] = []
        for batch, _, facts in believed:
            acked[batch.log] = batch.seal.seq
            stored += facts
        for log_id, seq in acked.items():
            self._connection.send(fr.Ack(log_id, seq))
        if stored:
            self._has.on_stored(self._neighbour, stored)

    async def _park_ours(self, logs: set[LogId], error: Exception) -> None:
        """Our disk does not take them: the link stays for requests, and these logs are asked for again later."""
        log.warning("facts of another installation could not be stored", node=self._neighbour, error=str(error))
        for log_id in logs:
            self._held.pop(log_id, None)
            self._again.add(log_id)
            self._connection.send(fr.Park(log_id, "storage"))
        self._is_short = True
        with contextlib.suppress(*FAILURES):
            await self._note("storage", type(error).__name__)
        self._spawn(self._ask_again(frozenset(logs)))

    async def _ask_again(self, logs: frozenset[LogId]) -> None:
        await asyncio.sleep(self._has.store_again_s)
        for log_id in logs:
            while True:
                try:
                    held = await self._read_held(log_id)
                    break
                except FAILURES:
                    await asyncio.sleep(self._has.store_again_s)
            self._again.discard(log_id)
            self._connection.send(fr.Have((fr.Cursor(log_id, held.head.seq, held.head.hash),)))

    async def _note(self, code: str, detail: str) -> None:
        """For the operator's page."""
        async with self._has.database.transaction() as session:
            await note_error(session, self._neighbour, code, detail, self._has.clock())

    async def _over(self, code: str) -> None:
        with contextlib.suppress(*FAILURES):
            async with self._has.database.transaction() as session:
                await note_over(session, self._neighbour, code)
