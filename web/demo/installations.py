"""Installations of a layout, from networks to links: each with processes of its own, paired as administrators do it."""

from __future__ import annotations

import asyncio
import itertools
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from web.certificate import make_certificate
from web.demo import network
from web.demo.errors import Ended
from web.demo.layout import Layout, Place, between, environment, over_relay, serve, to_people
from web.demo.line import Impairment
from web.demo.linking import ADMINISTRATOR, answers, linked, log_in, name_installation, pair
from web.demo.processes import Processes

RELAY_S = 20.0


class Installations:
    def __init__(self, layout: Layout, processes: Processes, inherited: Mapping[str, str]) -> None:
        self._layout = layout
        self._processes = processes
        self._inherited = inherited

    def environment(self, place: Place, database_url: str = "") -> dict[str, str]:
        return environment(place, self._inherited, self._layout, database_url)

    async def lay_networks(self, lines: Mapping[str, Impairment]) -> None:
        """A namespace each, and a line from level to level; ``lines``: the bad ones, by the lower place's name."""
        for place in self._layout.places:
            network.run(to_people(place))
        for upper, lower in itertools.pairwise(self._layout.places):
            if lower.name in lines:
                await self._relay(upper, lower, lines[lower.name])
            else:
                network.run(between(upper, lower))

    async def _relay(self, upper: Place, lower: Place, line: Impairment) -> None:
        devices = (f"{upper.device[:13]}-d", f"{upper.device[:13]}-u")
        command = ["setpriv", "--pdeathsig", "TERM", sys.executable, "-m", "web.demo.line", *devices, str(line)]
        name = f"line-{lower.name}"
        process = await self._processes.start(name, command, self.environment(upper), talks=True)
        if process.stdout is None or await asyncio.wait_for(process.stdout.readline(), RELAY_S) != b"ready\n":
            raise Ended(name, process.returncode, self._layout.logs / f"{name}.log")
        network.run(over_relay(upper, lower, devices))

    async def serve(self, urls: Mapping[str, str], told: Callable[[int, int], None]) -> None:
        """Until all answer; ``urls``: of databases, by place; ``told`` how many of how many do."""
        places = self._layout.places
        for place in places:
            if place.namespace and not (place.data / "keys" / "server.crt").exists():
                make_certificate(place.data / "keys", [place.address])
            values = self.environment(place, urls.get(place.name, ""))
            await self._processes.start(place.name, serve(place), values)
        waiting = {asyncio.create_task(answers(place)) for place in places}
        async with _cancelled_at_end(waiting):
            while waiting:
                _, waiting = await asyncio.wait(waiting, timeout=0.5)
                told(len(places) - len(waiting), len(places))
                self._processes.check()

    async def link(self) -> dict[str, str]:
        """The real pairing, by the administrators' pages; nodes by the lower place's name."""
        nodes = {}
        async with AsyncExitStack() as stack:
            desks = {}
            for place in self._layout.places:
                desks[place.name] = desk = await log_in(place, ADMINISTRATOR)
                stack.push_async_callback(desk.http.aclose)
                await name_installation(desk, place.title)
            for upper, lower in itertools.pairwise(self._layout.places):
                nodes[lower.name] = await pair(desks[upper.name], upper, desks[lower.name], lower)
            for desk in desks.values():
                await linked(desk)
        return nodes


@asynccontextmanager
async def _cancelled_at_end(tasks: set[asyncio.Task[None]]) -> AsyncIterator[None]:
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks, return_exceptions=True)
