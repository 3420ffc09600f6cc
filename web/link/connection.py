"""One link's socket: moves texts between it and the session (``scheduler.replication.session``) and keeps its time.

What is urgent (beats, requests, replies, cursors) goes before facts, of which one batch at a time waits for its turn.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

import structlog

from scheduler.replication import frames as fr
from scheduler.replication.errors import Ended, PeerFault, ReplicationError, Silent
from scheduler.replication.session import Down, LinkSession, Received, Up
from web.link.channel import Json, LinkChannel, Neighbour
from web.link.errors import RefusedThere, RequestRefused, WentDown
from web.link.replicator import Replicator

log = structlog.get_logger()
QUEUE_BYTES = 4 * 1024 * 1024
MOST_ANSWERING = 64
MOST_WAITING = 256  # frames of replication that were received and not yet worked on


class SocketClosed(Exception):
    """The other side, or the network, ended the socket."""


class Socket(Protocol):
    """Either end of a WebSocket."""

    async def send(self, text: str) -> None: ...
    async def receive(self) -> str: ...
    async def close(self, code: int, reason: str) -> None: ...


class LinkConnection:
    """Runs until the link ends; is the channel's line meanwhile."""

    def __init__(
        self,
        socket: Socket,
        session: LinkSession,
        channel: LinkChannel,
        replicator: Callable[[LinkConnection], Replicator],
        *,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.session = session
        self.replicator: Replicator | None = None
        self._make_replicator = replicator
        self._socket = socket
        self._channel = channel
        self._monotonic = monotonic
        self._wall = wall
        self.bytes_in = self.bytes_out = 0  # of text, before TLS and compression
        self._urgent: deque[str] = deque()
        self._urgent_bytes = 0
        self._bulk: str | None = None
        self._bulk_gone = asyncio.Event()
        self._has_out = asyncio.Event()
        self._rearm = asyncio.Event()
        self._replies: dict[int, asyncio.Future[Json]] = {}
        self._answering: set[asyncio.Task[None]] = set()
        self._received: asyncio.Queue[fr.Frame] = asyncio.Queue(MOST_WAITING)
        self._ended: asyncio.Future[ReplicationError] = asyncio.get_running_loop().create_future()

    @property
    def neighbour(self) -> Neighbour:
        peer = self.session.peer
        assert peer is not None  # noqa: S101 - asked once it is up
        return Neighbour(peer.id, peer.role, peer.name)

    # -- life -------------------------------------------------------------------------------------------------------

    async def run(self) -> ReplicationError:
        """Greet, replicate, answer, until it is over: says why."""
        tasks = [asyncio.create_task(work) for work in (self._read(), self._write(), self._keep_time(), self._work())]
        for task in tasks:
            task.add_done_callback(self.watch)
        try:
            self._drain()
            return await asyncio.shield(self._ended)
        finally:
            reason = self._ended.result() if self._ended.done() else Ended("restarting")
            await self._leave(reason, tasks)

    async def _leave(self, reason: ReplicationError, tasks: list[asyncio.Task[None]]) -> None:
        if self.session.peer is not None:
            self._channel.detach(self, getattr(reason, "ended_code", reason.code))
        ending = self.replicator.stop() if self.replicator is not None else []
        for waiting in self._replies.values():
            if not waiting.done():
                waiting.set_exception(WentDown(self.neighbour.id))
                waiting.exception()
        with contextlib.suppress(SocketClosed, TimeoutError, OSError):
            async with asyncio.timeout(1.0):
                while self._urgent:
                    await self._socket.send(self._urgent.popleft())
        for task in [*tasks, *self._answering]:
            task.cancel()
        await asyncio.gather(*tasks, *self._answering, *ending, return_exceptions=True)
        with contextlib.suppress(SocketClosed, TimeoutError, OSError):
            async with asyncio.timeout(1.0):
                await self._socket.close(1000 if isinstance(reason, Ended) else 4400, reason.code)

    def watch(self, task: asyncio.Task[None]) -> None:
        """A task of this link that ends by a mistake of ours ends the link, not silently."""
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.error("a link broke by a mistake", exc_info=error)
            self._over(Ended("failed", type(error).__name__))

    def end(self, code: str, detail: str = "") -> None:
        """We end it: ``revoked``, ``restarting``, ``replaced``."""
        self.session.close(code, detail)
        self._drain()
        self._over(Ended(code, detail))

    def fail(self, error: PeerFault) -> None:
        """What came is the other side's fault."""
        self.session.fail(error)
        self._drain()

    def _over(self, error: ReplicationError) -> None:
        if not self._ended.done():
            self._ended.set_result(error)

    # -- sending ----------------------------------------------------------------------------------------------------

    def send(self, frame: fr.Frame) -> None:
        self.session.send(frame)
        self._drain()

    async def send_batch(self, text: str) -> None:
        """Facts, when nothing urgent waits; returns once they are on their way."""
        self._bulk_gone.clear()
        self._bulk = text
        self._has_out.set()
        await self._bulk_gone.wait()

    def _drain(self) -> None:
        """After every call into the session: what it has to send, what it has seen."""
        for text in self.session.texts_to_send():
            self._urgent.append(text)
            self._urgent_bytes += len(text)
        if self._urgent_bytes > QUEUE_BYTES:
            self._over(Silent("does not read what it is sent"))
        self._has_out.set()
        self._rearm.set()

    async def _write(self) -> None:
        while True:
            await self._has_out.wait()
            self._has_out.clear()
            try:
                await self._write_all()
            except SocketClosed as closed:
                self._over(Silent(f"the connection broke: {closed}"))
                return

    async def _write_all(self) -> None:
        while self._urgent or self._bulk is not None:
            if self._urgent:
                text = self._urgent.popleft()
                self._urgent_bytes -= len(text)
                await self._send(text)
            elif self._bulk is not None:
                text, self._bulk = self._bulk, None
                await self._send(text)
                self._bulk_gone.set()

    async def _send(self, text: str) -> None:
        await self._socket.send(text)
        self.bytes_out += len(text)

    async def _keep_time(self) -> None:
        while not self.session.is_over:
            self._rearm.clear()
            delay = max(0.0, self.session.next_timeout() - self._monotonic())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(delay):
                    await self._rearm.wait()
            self.session.handle_timeout(self._monotonic(), int(self._wall() * 1000))
            await self._follow()

    # -- receiving --------------------------------------------------------------------------------------------------

    async def _read(self) -> None:
        while not self.session.is_over:
            try:
                text = await self._socket.receive()
            except SocketClosed as closed:
                self._over(Silent(f"the connection broke: {closed}"))
                return
            self.bytes_in += len(text)
            self.session.receive(text, self._monotonic(), int(self._wall() * 1000))
            await self._follow()

    async def _follow(self) -> None:
        self._drain()
        for event in self.session.events():
            if isinstance(event, Up):
                self.replicator = self._make_replicator(self)
                self._channel.attach(self)
                self.replicator.start()
            elif isinstance(event, Down):
                self._over(event.error)
            elif isinstance(event, Received):
                await self._take(event.frame)

    async def _take(self, frame: fr.Frame) -> None:
        if isinstance(frame, fr.Request):
            if len(self._answering) >= MOST_ANSWERING:
                self.send(fr.Reply(frame.id, {}, "busy", "too many requests at a time"))
                return
            task = asyncio.create_task(self._answer(frame))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)
        elif isinstance(frame, fr.Reply):
            self._replied(frame)
        else:
            await self._received.put(frame)

    async def _work(self) -> None:
        """Replication's messages, in order; batches that wait together are stored together."""
        while True:
            frames = [await self._received.get()]
            while not self._received.empty():
                frames.append(self._received.get_nowait())
            if self.replicator is None:
                continue
            try:
                await self.replicator.take(frames)
            except PeerFault as fault:
                self.fail(fault)
                await self._follow()
                return

    # -- requests ---------------------------------------------------------------------------------------------------

    async def request(self, kind: str, body: Json, timeout_s: float) -> Json:
        number = self.session.request(kind, body)
        waiting: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._replies[number] = waiting
        self._drain()
        try:
            return await waiting
        finally:
            self._replies.pop(number, None)

    def _replied(self, reply: fr.Reply) -> None:
        waiting = self._replies.get(reply.id)
        if waiting is None or waiting.done():
            return  # it came too late
        if reply.code:
            waiting.set_exception(RefusedThere(self.neighbour.id, reply.code, reply.detail))
        else:
            waiting.set_result(reply.body)

    async def _answer(self, request: fr.Request) -> None:
        try:
            reply = fr.Reply(request.id, await self._channel.answer(self.neighbour.id, request.kind, request.body))
            if len(fr.to_text(reply)) > fr.FRAME_BYTES // 2:
                raise RequestRefused("too_large")
        except RequestRefused as refused:
            reply = fr.Reply(request.id, {}, refused.code, refused.detail)
        self.send(reply)
