"""``python -m bench national``: 11,000 sites over 63 provinces, one meeting.

Real: each province's and central's database, log, seals, replication, rules, rooms, and every message for every site,
made into text and taken from its queue. Virtual: media (``media.py`` says what a worker would, at once), and sockets,
those of the sites as those between installations. All 64 installations share this one process and its core, where
each has a machine in the field, so rates are lower bounds and times upper ones. Central has PostgreSQL, as where many
links write; the provinces SQLite.
"""

from __future__ import annotations

import asyncio
import gc
import os
import random
import shutil
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.fanout.process import cost
from bench.national.place import Place
from bench.national.seat import Seat
from bench.record import Figure, spread
from scheduler import migrations
from scheduler.permissions import Actor
from scheduler.proceedings import log
from scheduler.proceedings.facts import Fact
from scheduler.settings import DatabaseSettings
from tests.databases import PostgresServer, opened
from tests.web.link.nodes import Net

SHORT: dict[str, Any] = {"provinces": 6, "sites": 30, "seconds": 4.0, "grants": 4}
FULL: dict[str, Any] = {"provinces": 63, "sites": 175, "seconds": 30.0, "grants": 12}
AT_ONCE = 12  # sites that do something at the same moment: what waits longer for the one core says nothing
CATCH_UP_S = 120.0
CENTRAL, SECRETARY, CHAIR = "central", "secretary", "chair"


def measure(provinces: int, sites: int, seconds: float, grants: int) -> list[Figure]:
    server = PostgresServer()
    server.start()
    try:
        server.create(CENTRAL)
        with TemporaryDirectory() as folder:
            at_top = DatabaseSettings(server.url(CENTRAL))
            return asyncio.run(of_country(Path(folder), at_top, provinces, sites, seconds, grants))
    finally:
        server.remove()


async def of_country(
    folder: Path, at_top: DatabaseSettings, provinces: int, sites: int, seconds: float, grants: int
) -> list[Figure]:
    """``at_top``: the database of central."""
    country = await Country.open(folder, at_top, provinces, sites)
    try:
        return [
            *await country.come_in(),
            *await country.talk(seconds),
            *await country.give_the_floor(grants),
            Figure("facts missing at central in the end", await country.missing(), "facts"),
        ]
    finally:
        await country.close()


class Country:
    def __init__(self, central: Place, provinces: Sequence[Place]) -> None:
        self.central = central
        self.provinces = provinces
        self.arrived = 0  # facts of provinces that are durable at central
        self._news = asyncio.Event()
        self._turn = asyncio.Semaphore(AT_ONCE)
        central.links.listen_facts(self._count)
        central.on_floor = self._on_floor

    @classmethod
    async def open(cls, folder: Path, at_top: DatabaseSettings, provinces: int, sites: int) -> Country:
        """All installations run, linked, nobody is in."""
        net, template = Net(), folder / "template.sqlite"
        await _migrate(at_top)
        await _migrate(_sqlite(template))
        central = Place(CENTRAL, 1, at_top, folder, net)
        await central.open()
        below = []
        for number in range(provinces):
            path = folder / f"province{number}.sqlite"
            shutil.copy(template, path)
            below.append(Place(path.stem, sites, _sqlite(path), folder, net))
            await below[-1].open(central)
        return cls(central, below)

    async def close(self) -> None:
        for place in (*self.provinces, self.central):
            await place.close()

    def _count(self, node: str, facts: Sequence[Fact]) -> None:
        self.arrived += len(facts)
        self._news.set()

    def _on_floor(self, site_id: str) -> None:
        for place in self.provinces:
            place.media.show(site_id)

    async def until_arrived(self) -> None:
        """All that is durable in the provinces is at central."""
        with suppress(TimeoutError):
            async with asyncio.timeout(CATCH_UP_S):
                while await self.missing():
                    self._news.clear()
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._news.wait(), 1.0)

    async def missing(self) -> int:
        """Facts of the provinces that central does not have."""
        lacking = 0
        for place in self.provinces:
            async with place.database.reading() as there, self.central.database.reading() as here:
                one = await log.head_of(there, place.node.log_of(place.name))
                lacking += one.seq - (await log.head_of(here, one.log)).seq
        return lacking

    async def made(self) -> int:
        """Facts that are durable in the provinces."""
        heads = 0
        for place in self.provinces:
            async with place.database.reading() as session:
                heads += (await log.head_of(session, place.node.log_of(place.name))).seq
        return heads

    # -- what is measured -------------------------------------------------------------------------------------------

    async def come_in(self) -> list[Figure]:
        """Rooms open from the top, then every site comes in, a few at a time in each room."""
        for place in (self.central, *self.provinces):
            place.secretary = await place.enter(Actor(person_id=SECRETARY))
        linked = [place.secretary.watch('"LinkOpened"') for place in self.provinces]
        await self.central.secretary.command("open_testing")
        await asyncio.gather(*linked)
        gc.collect()
        memory, began, before = cost(os.getpid()).rss_bytes, time.perf_counter(), await self.made()
        await asyncio.gather(*(self._fill(place) for place in self.provinces))
        inside = time.perf_counter() - began
        await self.until_arrived()
        whole, facts = time.perf_counter() - began, await self.made() - before
        gc.collect()
        count = sum(len(place.site_ids) for place in self.provinces)
        grown = cost(os.getpid()).rss_bytes - memory
        self.central.chair = await self.central.enter(Actor(CHAIR, post_unit_ids=frozenset({"unit-central-0"})))
        await self.central.secretary.command("convene")
        return [
            Figure("sites", count, "sites"),
            Figure("all in after", round(inside, 1), "s"),
            Figure("their facts at central after", round(whole, 1), "s"),
            Figure("facts of coming in", round(facts / whole), "facts/s"),
            Figure("memory a site", round(grown / count / 1000, 1), "kB"),
        ]

    async def _fill(self, place: Place) -> None:
        for site_id in place.site_ids:
            async with self._turn:
                await place.enter(Actor(site_id=site_id))

    async def talk(self, seconds: float) -> list[Figure]:
        """In every room somebody says or asks something, as fast as it is taken."""
        before, arrived, told = await self.made(), self.arrived, self._told()
        began = time.perf_counter()
        await asyncio.gather(*(self._talk_in(place, began + seconds) for place in self.provinces))
        made, within = await self.made() - before, time.perf_counter() - began
        await self.until_arrived()
        whole = time.perf_counter() - began
        messages, size = (now - then for now, then in zip(self._told(), told, strict=True))
        return [
            Figure("durable in the provinces", round(made / within), "facts/s"),
            Figure("arrived at central", round((self.arrived - arrived) / whole), "facts/s"),
            Figure("messages to sites", round(messages / whole), "messages/s"),
            Figure("to sites", round(size * 8 / whole / 1e6), "Mbit/s"),
        ]

    def _told(self) -> tuple[int, int]:
        seats = [seat for place in self.provinces for seat in place.seats]
        return sum(seat.messages for seat in seats), sum(seat.bytes for seat in seats)

    async def _talk_in(self, place: Place, until: float) -> None:
        chance = random.Random(place.name)
        sites = [seat for seat in place.seats if seat.connection.participant.role == "site"]
        while time.perf_counter() < until:
            seat = chance.choice(sites)
            async with self._turn:
                if chance.random() < 0.7:
                    await seat.command("post_chat", text="Đồng ý với ý kiến của tỉnh")
                else:
                    await seat.command("report_head_count", head_count=chance.randint(1, 40))

    async def give_the_floor(self, grants: int) -> list[Figure]:
        """A site asks, its province hands the request up, the chair of the whole gives it the floor."""
        own: list[float] = []
        durable: list[float] = []
        last: list[float] = []
        for number in range(grants):
            place = self.provinces[number % len(self.provinces)]
            seat = next(s for s in place.seats if s.connection.participant.site_id == place.site_ids[-1 - number])
            request_id = await self._hand_up(place, seat)
            site_id = place.site_ids[-1 - number]
            in_room = [one.watch('"FloorGranted"') for one in place.seats]
            shown = f'"site_id":"{site_id}","source":"camera"'
            everybody = [one.watch(shown) for p in self.provinces for one in p.seats if one.connection.publishes]
            replicas = [asyncio.ensure_future(_hears(p, "FloorGranted")) for p in self.provinces]
            began = time.perf_counter()
            await self.central.chair.command("grant_floor", site_id=site_id, request_id=request_id)
            async with asyncio.timeout(CATCH_UP_S):
                own.append(max(await asyncio.gather(*in_room)) - began)
                last.append(max(*await asyncio.gather(*in_room), *await asyncio.gather(*everybody)) - began)
                durable.append(max(await asyncio.gather(*replicas)) - began)
            await self.central.chair.command("revoke_floor")
            await self.until_arrived()
        return [
            *spread("grant → its province's sites know", [one * 1000 for one in own]),
            *spread("grant → the last site knows", [one * 1000 for one in last]),
            *spread("grant → durable in every province", [one * 1000 for one in durable]),
        ]

    async def _hand_up(self, place: Place, seat: Seat) -> str:
        await seat.command("request_floor")
        request_id = place.hub.rooms[place.name].state.queue[-1].request_id
        climbed = self.central.chair.watch(request_id)
        await place.secretary.command("forward_request", request_ids=[request_id])
        await asyncio.wait_for(climbed, CATCH_UP_S)
        return request_id


def _sqlite(path: Path) -> DatabaseSettings:
    return DatabaseSettings(f"sqlite+aiosqlite:///{path}")


async def _migrate(settings: DatabaseSettings) -> None:
    database = opened(settings)
    await migrations.upgrade(database)
    await database.dispose()


async def _hears(place: Place, kind: str) -> float:
    """When a fact of this kind from above is durable in this place."""
    heard: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def arrived(node: str, facts: Sequence[Fact]) -> None:
        if not heard.done() and any(type(fact.body).__name__ == kind for fact in facts):
            heard.set_result(time.perf_counter())

    end = place.links.listen_facts(arrived)
    try:
        return await heard
    finally:
        end()
