"""A hub on a planted meeting, with a media worker in memory and clocks that the tests move."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from scheduler.database import Database
from scheduler.permissions import Actor
from scheduler.proceedings import facts as f
from scheduler.proceedings import log
from tests.scheduler.proceedings.planted import MEETING, plant_meeting
from tests.scheduler.proceedings.samples import START
from web.live.connection import Close, Connection
from web.live.hub import Hub
from web.live.presence import Hello
from web.live.room import Room
from web.media.fake import FakeMedia, FakeRoom
from web.media.messages import MediaEvent, ProducersChanged

CHAIR = Actor(person_id="chair", post_unit_ids=frozenset({"unit-hq"}))
SECRETARY = Actor(person_id="secretary", post_unit_ids=frozenset({"unit-hq"}))
DEPUTY = Actor(person_id="deputy", post_unit_ids=frozenset({"unit-a"}))
STRANGER = Actor(person_id="stranger")
SDP = "v=0\r\n"


def site(site_id: str) -> Actor:
    return Actor(site_id=site_id)


@dataclass
class Live:
    """One web process's rooms. ``passes`` moves both clocks; ``settle`` lets what was set off come to rest."""

    database: Database
    media: FakeMedia
    captures: Path
    others: tuple[FakeMedia, ...] = ()  # more workers
    now: datetime = START
    seconds: float = 0.0
    events: list[tuple[FakeMedia, MediaEvent]] = field(default_factory=list)
    committed: int = 0
    tell_every_s: float = 0.0
    hub: Hub = field(init=False)

    async def start(self, holder: str = "test") -> None:
        await self.begin(holder)
        await self.hub.workers.find_rooms(0)

    async def begin(self, holder: str = "test") -> None:
        """A start up to where workers are waited for."""
        for worker in (self.media, *self.others):
            worker.on_event = partial(self.happens, worker)
        self.hub = Hub(
            self.database,
            (self.media, *self.others),
            self.captures,
            b"key",
            clock=lambda: self.now,
            monotonic=lambda: self.seconds,
            on_committed=self._count,
            holder=holder,
            tell_every_s=self.tell_every_s,
        )
        await self.hub.start(run=False)

    def happens(self, worker: FakeMedia, event: MediaEvent) -> None:
        """This worker reports it."""
        self.events.append((worker, event))

    def _count(self) -> None:
        self.committed += 1

    async def die(self) -> None:
        """As kill -9: nothing is said or written; only what runs in this test's loop is ended."""
        for room in self.hub.rooms.values():
            await room.driver.stop()
        self.now += timedelta(seconds=20)  # the lease runs out

    async def settle(self) -> None:
        for _ in range(5):
            while self.events:
                await self.hub.workers.handle(*self.events.pop(0))
            for room in self.hub.rooms.values():
                await room.driver.settle()
                await room.media.spread.settle()

    async def passes(self, seconds: float) -> None:
        self.seconds += seconds
        self.now += timedelta(seconds=seconds)
        await self.hub.tick()
        await self.settle()

    @property
    def room(self) -> Room:
        return self.hub.rooms[MEETING]

    @property
    def worker(self) -> FakeRoom:
        return self.media.rooms[MEETING]

    async def enter(self, actor: Actor, **hello: Any) -> Seat:
        room, connection = await self.hub.enter(MEETING, actor, "vi", Hello(**hello))
        return Seat(self, room, connection)

    async def facts(self) -> list[f.Fact]:
        async with self.database.reading() as session:
            return await log.facts_of(session, MEETING)

    async def bodies(self, *kinds: type[f.Body]) -> list[f.Body]:
        return [fact.body for fact in await self.facts() if not kinds or isinstance(fact.body, kinds)]


@dataclass
class Seat:
    """A participant without a socket."""

    live: Live
    room: Room
    connection: Connection
    heard: list[dict[str, Any]] = field(default_factory=list)
    closed: Close | None = None

    @property
    def id(self) -> str:
        return self.connection.id

    async def command(self, name: str, **args: Any) -> int:
        return await self.room.command(self.connection, name, args)

    async def offer(self) -> None:
        await self.room.media.offer(self.connection, SDP)
        worker = self.room.media.worker
        assert isinstance(worker, FakeMedia)
        self.live.happens(worker, ProducersChanged(MEETING, self.id, True, True, False))
        await self.live.settle()

    async def lose(self, *, cleanly: bool = False) -> None:
        await self.room.presence.leave(self.connection, cleanly=cleanly)

    async def messages(self, kind: str | None = None) -> list[dict[str, Any]]:
        """Everything sent to it so far."""
        queue = self.connection.outgoing._queue
        while not queue.empty():
            item = await self.connection.outgoing.next()
            if isinstance(item, Close):
                self.closed = item
            else:
                self.heard.append(json.loads(item))
        return [message for message in self.heard if kind in (None, message["type"])]


@pytest.fixture
async def live(database: Database, tmp_path: Path) -> AsyncIterator[Live]:
    await plant_meeting(database)
    made = Live(database, FakeMedia(), tmp_path / "captures")
    await made.start()
    made.media.return_()
    await made.settle()
    yield made
    await made.hub.stop()


@dataclass
class Held:
    """A meeting that is going on: chair, secretary, two communes, all with media."""

    live: Live
    chair: Seat
    secretary: Seat
    a: Seat
    b: Seat


@pytest.fixture
async def held(live: Live) -> Held:
    secretary = await live.enter(SECRETARY)
    await secretary.command("open_testing")
    held = Held(live, await live.enter(CHAIR), secretary, await live.enter(site("a")), await live.enter(site("b")))
    for seat in (held.chair, held.secretary, held.a, held.b):
        await seat.offer()
    await held.chair.command("convene")
    await live.settle()
    return held
