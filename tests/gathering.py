"""People in the room of a real installation: secretary and chair at sockets, two communes with picture and tone.

Their pages come back by themselves (``tests.returning``); faults are done to the installation around them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial

from scheduler.proceedings.chain import verify
from scheduler.proceedings.facts import Fact
from scheduler.proceedings.wire import fact_from_json
from tests.installation import Installation
from tests.returning import Returning
from tests.site_in_room import samples_of
from tests.story import Planned, log_in, plan_and_send, until
from web.visiting.visitor import Visitor

SPEAKER, WAITING = 1, 2


@dataclass
class Gathering:
    """One meeting in its room."""

    installation: Installation
    planned: Planned
    secretary: Returning
    chair: Returning
    speaker: Returning
    waiting: Returning

    @property
    def everybody(self) -> tuple[Returning, ...]:
        return self.secretary, self.chair, self.speaker, self.waiting

    async def all_see(self, good: Callable[[Returning], bool], what: str) -> None:
        await each(self.everybody, good, what)

    async def present(self) -> None:
        """Every page's site is present under its connection, for everybody."""
        here = {site_of(one): one for one in (self.speaker, self.waiting)} | {self.planned.host_site_id: self.chair}

        def sees_all(one: Returning) -> bool:
            sites = one.state.sites
            return all(
                site_id in sites and sites[site_id].connection_id == somebody.connection_id
                for site_id, somebody in here.items()
            )

        await self.all_see(sees_all, "every site is present")

    async def convene(self) -> None:
        """The chair begins; the first item is open, the speaker has the floor, the other one waits, all is recorded."""
        people = [{"name": "Giàng A Páo", "post": "Chủ tịch UBND xã"}]
        await self.speaker.command("report_head_count", head_count=1, people=people)
        await self.chair.command("convene")
        await self.secretary.command("open_item", item_id=self.planned.items[0])
        await self.speaker.command("request_floor", kind="speech", speaker=people[0])
        await self.waiting.command("request_floor", kind="question")
        await self.secretary.command("grant_next")
        await self.speaker_is_on_air()
        await self.recording_goes_on()
        await self.all_see(lambda one: one.state.floor is not None, "the floor")

    async def speaker_is_on_air(self) -> None:
        """New packets of his picture and his tone reach the other commune."""
        await self.waiting.hears_and_sees(samples_of(SPEAKER))

    async def recording_goes_on(self) -> None:
        """Everybody is shown so, and the packet log grows."""
        await self.all_see(lambda one: one.state.recording == "on", "the recording is on")
        before = self.captured()
        await until(self.captured, lambda now: now > before, "bytes in the packet log", 60)

    def captured(self) -> int:
        folder = self.installation.data / "captures"
        return sum(file.stat().st_size for file in folder.rglob("*.packets"))

    async def whole_log(self) -> list[Fact]:
        """The proceedings over the API: whole, and holding everything anybody was told, once."""
        answer = await self.secretary.visitor.get(f"/api/meetings/{self.planned.id}/proceedings")
        log = [fact_from_json(fact) for fact in answer["items"]]
        assert verify(log) == []
        by_seq = {fact.seq: fact.hash for fact in log}
        for one in self.everybody:
            assert all(by_seq[fact.seq] == fact.hash for fact in one.facts)
        return log


async def gather(installation: Installation, stack: AsyncExitStack) -> Gathering:
    """Plan, invite, open the room for tests; everybody takes his seat."""
    clerks = [await log_in(installation, login) for login in ("thuky.quanba", "chutich.quanba")]
    for visitor in clerks:
        stack.push_async_callback(visitor.http.aclose)
    planned = await plan_and_send(clerks[0])
    secretary = await stack.enter_async_context(Returning(clerks[0], planned.id))
    await secretary.command("open_testing")
    chair = await stack.enter_async_context(Returning(clerks[1], planned.id))
    sites = []
    for number in (SPEAKER, WAITING):
        visitor = await stack.enter_async_context(Visitor(installation.url))
        await visitor.enter_by_link(planned.links[planned.sites[number]["site_id"]])
        samples = await asyncio.to_thread(samples_of, number)
        sites.append(await stack.enter_async_context(Returning(visitor, planned.id, samples)))
    gathering = Gathering(installation, planned, secretary, chair, *sites)
    await gathering.present()
    return gathering


async def each(people: Iterable[Returning], good: Callable[[Returning], bool], what: str) -> None:
    for one in people:
        await one.until(partial(good, one), what)


def site_of(one: Returning) -> str:
    return str(one.visitor.session["site"]["id"])
