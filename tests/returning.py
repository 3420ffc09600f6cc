"""Somebody in a room whose page behaves as ours does: it comes back by itself, whatever of the server was killed.

It folds what it is told as the browser does, so that it notices a fact told twice, a fact passed over, and a snapshot
older than what it was told before; its light peer offers again when the media worker is another one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from types import TracebackType
from typing import Any, Literal, Self

from websockets.exceptions import WebSocketException

from scheduler.proceedings.facts import Fact
from scheduler.proceedings.fold import apply, from_json
from scheduler.proceedings.state import State
from scheduler.proceedings.wire import fact_from_json
from sfu.errors import SfuError
from sfu.light_peer import LightPeer, Sample
from web.visiting.seat import Refused, Seat
from web.visiting.visitor import Visitor

WAIT_S = 90.0
FOREVER_S = 3600.0
BACK_OFF_S = (0.3, 2.0)
FOR_GOOD = {1000, 4401, 4403, 4404, 4409, 4410}


class Returning:
    """``async with Returning(visitor, meeting_id) as somebody``; ``samples`` (picture, tone) makes it send media."""

    def __init__(self, visitor: Visitor, meeting_id: str, samples: tuple[Sample, Sample] | None = None) -> None:
        self.visitor, self.meeting_id = visitor, meeting_id
        self.state = State()
        self.facts: list[Fact] = []  # told while a socket was open, in order
        self.told: list[dict[str, Any]] = []  # every other message
        self.arrivals = 0  # welcomes
        self.media_joins = 0
        self.peer: LightPeer | None = None
        self.signalled = ("", "")  # the last offer and its answer
        self._samples = samples
        self._seat: Seat | None = None
        self._connection_id: str | None = None
        self._changed = asyncio.Condition()
        self._joining = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._failure: BaseException | None = None

    async def __aenter__(self) -> Self:
        self._begin(self._stay())
        await self.until(lambda: self.arrivals > 0, "a welcome")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._seat is not None:
            await self._seat.close()
        if self.peer is not None:
            await self.peer.close()

    @property
    def connection_id(self) -> str | None:
        return self._connection_id

    async def command(self, name: str, **args: Any) -> dict[str, Any]:
        """A command over whichever socket is open; :class:`Refused` as the server says."""
        await self.until(lambda: self._seat is not None, "an open socket")
        assert self._seat is not None
        return await self._seat.command(name, **args)

    async def command_above(self, name: str, **args: Any) -> dict[str, Any]:
        """The same for the room above, whose chair he has."""
        await self.until(lambda: self._seat is not None, "an open socket")
        assert self._seat is not None
        return await self._seat.request("command_above", name=name, args=args)

    def last_told(self, kind: str) -> dict[str, Any]:
        """The last message of this kind; empty: there was none."""
        return next((message for message in reversed(self.told) if message["type"] == kind), {})

    async def until(self, good: Callable[[], bool], what: str, seconds: float = WAIT_S) -> None:
        """Wait for something to become true as messages come in."""
        try:
            async with asyncio.timeout(seconds), self._changed:
                await self._changed.wait_for(lambda: self._failure is not None or good())
        except TimeoutError:
            raise AssertionError(f"{what}: not within {seconds} s; state {self.state}") from None
        if self._failure is not None:
            raise self._failure

    async def hears_and_sees(self, samples: tuple[Sample, Sample]) -> None:
        """Wait until new packets of this picture and this tone come in, bit by bit, on whichever connection stands."""

        def count(peer: LightPeer) -> list[int]:
            for sample in samples:
                peer.learn(sample)
            return [_packets(peer, sample) for sample in samples]

        await self._more(count)

    async def receives(self) -> None:
        """Wait until new packets of picture and sound come in, whoever they are of."""
        await self._more(lambda peer: [_packets_of_kind(peer, "video"), _packets_of_kind(peer, "audio")])

    async def _more(self, count: Callable[[LightPeer], list[int]]) -> None:
        async with asyncio.timeout(WAIT_S):
            while True:
                await self.until(lambda: self.peer is not None, "a media connection")
                peer = self.peer
                if peer is not None and await self._has_more(peer, count):
                    return

    async def _has_more(self, peer: LightPeer, count: Callable[[LightPeer], list[int]]) -> bool:
        before = count(peer)

        def came() -> bool:
            return all(now > then for now, then in zip(count(peer), before, strict=True))

        await peer.wait_for(lambda: self.peer is not peer or came(), WAIT_S)
        return came()

    # -- coming back ------------------------------------------------------------------------------------------------

    async def _stay(self) -> None:
        delay = BACK_OFF_S[0]
        while True:
            seat = Seat(self.visitor, self.meeting_id, previous=self._connection_id)
            try:
                await seat.open()
            except (OSError, WebSocketException, TimeoutError):
                await asyncio.sleep(delay)
                delay = min(delay * 2, BACK_OFF_S[1])
                continue
            if seat.welcome:
                delay = BACK_OFF_S[0]
                await self._follow(seat)
            await seat.close()
            if seat.close_code in FOR_GOOD:
                return
            await asyncio.sleep(delay)

    async def _follow(self, seat: Seat) -> None:
        done = 0
        while seat.close_code is None or done < len(seat.messages):
            await seat.wait(partial(_has_more, seat, done), FOREVER_S)
            for message in seat.messages[done:]:
                done += 1
                async with self._changed:
                    self._take(seat, message)
                    self._changed.notify_all()
        async with self._changed:
            self._seat = None
            self._changed.notify_all()

    def _take(self, seat: Seat, message: dict[str, Any]) -> None:
        if message["type"] == "welcome":
            self._arrive(seat, message)
        elif message["type"] == "facts":
            for fact in map(fact_from_json, message["facts"]):
                assert fact.seq == self.state.seq + 1, f"fact {fact.seq} came after fact {self.state.seq}"
                self.state = apply(self.state, fact)
                self.facts.append(fact)
        elif message["type"] == "media":
            self._begin(self._join(seat))
        elif message["type"] != "reply":
            self.told.append(message)

    def _arrive(self, seat: Seat, welcome: dict[str, Any]) -> None:
        snapshot = from_json(welcome["snapshot"])
        assert snapshot.seq >= self.state.seq, f"told fact {self.state.seq}, the server knows {snapshot.seq}"
        if snapshot.seq == self.state.seq and self.arrivals:
            assert snapshot == self.state, "the server's state is another than that of the facts it told"
        self.state, self._seat, self._connection_id = snapshot, seat, welcome["connection_id"]
        self.arrivals += 1
        if not welcome["media_kept"]:
            self._begin(self._join(seat))

    async def _join(self, seat: Seat) -> None:
        """A new connection with the same tracks; an absent worker says ``media`` when it is back."""
        if self._samples is None:
            return
        async with self._joining:
            if self.peer is not None:
                self.peer.vanish()
                await self.peer.close()
            self.peer = None
            peer = LightPeer(known=self._samples)
            try:
                await peer.connect(partial(self._negotiate, seat), 60)
            except (Refused, ConnectionError, WebSocketException, SfuError, TimeoutError):
                await peer.close()
                return
            for source, sample in zip(("camera", "microphone"), self._samples, strict=True):
                peer.play(source, sample)
            self.peer = peer
        async with self._changed:
            self.media_joins += 1
            self._changed.notify_all()

    async def _negotiate(self, seat: Seat, offer: str) -> str:
        answer = await seat.negotiate(offer)
        self.signalled = (offer, answer)
        return answer

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._failure = task.exception()
            self._begin(self._wake())

    async def _wake(self) -> None:
        async with self._changed:
            self._changed.notify_all()


def _has_more(seat: Seat, done: int) -> bool:
    return len(seat.messages) > done or seat.close_code is not None


def _packets_of_kind(peer: LightPeer, kind: Literal["audio", "video"]) -> int:
    return sum(peer.received[mid].packets for mid in peer.mids(kind) if mid in peer.received)


def _packets(peer: LightPeer, sample: Sample) -> int:
    return sum(slot.by_source.get(sample.name, 0) for slot in peer.received.values())
