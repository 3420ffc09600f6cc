"""kill -9 of the web process, of the media worker and of both, in every phase of a meeting of the running product.

Nobody does anything: the pages (``tests.returning``) come back by themselves and find floor, queue, item and recording
as they were; what died is closed by facts; the log is whole; the parts of the recording are one timeline that plays.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import av
import pytest

from scheduler.proceedings import facts as f
from scheduler.proceedings.chain import verify
from scheduler.proceedings.facts import Fact
from scheduler.proceedings.wire import fact_from_json
from tests.installation import Installation
from tests.returning import Returning
from tests.site_in_room import samples_of
from tests.story import Planned, log_in, plan_and_send, until
from tests.visitor import Visitor

SPEAKER, WAITING = 1, 2
KILLS = (("media",), ("web",), ("web", "media"))


@dataclass
class Held:
    """A meeting in its room: secretary and chair at sockets, two communes with picture and tone."""

    installation: Installation
    planned: Planned
    secretary: Returning
    chair: Returning
    speaker: Returning
    waiting: Returning

    @property
    def everybody(self) -> tuple[Returning, ...]:
        return self.secretary, self.chair, self.speaker, self.waiting

    async def kill(self, *names: str) -> None:
        """kill -9 of these at once; returns when everybody is back without having done anything."""
        arrivals = {one: one.arrivals for one in self.everybody}
        joins = {one: one.media_joins for one in (self.speaker, self.waiting)}
        before = {name: self.installation.kill(name) for name in names}
        for name, pid in before.items():
            await self.installation.restarted(name, pid)
        if "web" in names:
            await each(self.everybody, lambda one: one.arrivals > arrivals[one], "everybody is back")
        if "media" in names:
            await each((self.speaker, self.waiting), lambda one: one.media_joins > joins[one], "media is back")
        await self.present()

    async def present(self) -> None:
        """Every page's site is present under its connection, for everybody."""
        here = {site_of(one): one for one in (self.speaker, self.waiting)} | {self.planned.host_site_id: self.chair}

        def sees_all(one: Returning) -> bool:
            sites = one.state.sites
            return all(
                site_id in sites and sites[site_id].connection_id == somebody.connection_id
                for site_id, somebody in here.items()
            )

        await each(self.everybody, sees_all, "every site is present")

    async def speaker_is_on_air(self) -> None:
        await self.waiting.hears_and_sees(samples_of(SPEAKER))

    async def recording_goes_on(self) -> None:
        await each(self.everybody, lambda one: one.state.recording == "on", "the recording is on")
        before = self.captured()
        await until(self.captured, lambda now: now > before, "bytes in the packet log", 60)

    def captured(self) -> int:
        folder = self.installation.data / "captures"
        return sum(file.stat().st_size for file in folder.rglob("*.packets"))


async def each(people: Iterable[Returning], good: Callable[[Returning], bool], what: str) -> None:
    for one in people:
        await one.until(partial(good, one), what)


def site_of(one: Returning) -> str:
    return str(one.visitor.session["site"]["id"])


@pytest.mark.xdist_group("machine")
async def test_nothing_is_lost_whatever_is_killed_whenever(tmp_path: Path) -> None:
    async with Installation(tmp_path / "data") as installation, AsyncExitStack() as stack:
        held = await take_seats(installation, stack)
        await while_testing(held)
        await while_convened(held)
        await while_suspended(held)
        told = await after_the_end(held)
        await the_recording_is_one(held, told)


async def take_seats(installation: Installation, stack: AsyncExitStack) -> Held:
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
    held = Held(installation, planned, secretary, chair, *sites)
    await held.present()
    return held


async def while_testing(held: Held) -> None:
    for names in KILLS:
        await held.kill(*names)
        assert {one.state.stage for one in held.everybody} == {"testing"}
    await held.secretary.command("grant_floor", site_id=site_of(held.speaker))
    await held.speaker_is_on_air()
    await held.secretary.command("revoke_floor")


async def while_convened(held: Held) -> None:
    people = [{"name": "Giàng A Páo", "post": "Chủ tịch UBND xã"}]
    await held.speaker.command("report_head_count", head_count=1, people=people)
    await held.chair.command("convene")
    await held.secretary.command("open_item", item_id=held.planned.items[0])
    await held.speaker.command("request_floor", kind="speech", speaker=people[0])
    await held.waiting.command("request_floor", kind="question")
    await held.secretary.command("grant_next")
    await held.speaker_is_on_air()
    await held.recording_goes_on()
    await each(held.everybody, lambda one: one.state.floor is not None, "the floor")
    floor, queue, item = shown(held.secretary)
    assert floor and queue and item
    for names in KILLS:
        await held.kill(*names)
        for one in held.everybody:
            assert shown(one) == (floor, queue, item), names
        await held.recording_goes_on()
        await held.speaker_is_on_air()
    assert held.secretary.state.sites[site_of(held.speaker)].head_count == 1


def shown(one: Returning) -> tuple[Any, ...]:
    return one.state.floor, one.state.queue, one.state.current_item_id


async def while_suspended(held: Held) -> None:
    await held.chair.command("suspend", reason="Giải lao")
    for names in KILLS:
        await held.kill(*names)
        assert {(one.state.stage, one.state.recording) for one in held.everybody} == {("suspended", "paused")}
    await held.chair.command("resume")
    await held.recording_goes_on()
    assert held.chair.state.current_item_id == held.planned.items[0]


async def after_the_end(held: Held) -> list[Fact]:
    """The log is whole, holds everything anybody was told exactly once, and closes what died by facts."""
    await held.chair.command("adjourn")
    await each(held.everybody, lambda one: one.state.stage == "adjourned", "the end")
    answer = await held.secretary.visitor.get(f"/api/meetings/{held.planned.id}/proceedings")
    log = [fact_from_json(fact) for fact in answer["items"]]
    assert verify(log) == []
    by_seq = {fact.seq: fact.hash for fact in log}
    for one in held.everybody:
        assert all(by_seq[fact.seq] == fact.hash for fact in one.facts)
    assert presence_is_closed(log)
    restarted = [fact.body for fact in log if isinstance(fact.body, f.SiteLeft) and fact.body.reason == "restarted"]
    assert len(restarted) == 3 * 6  # three sites, six kills of the web process
    return log


def presence_is_closed(log: list[Fact]) -> bool:
    """Each SiteJoined has its SiteLeft before the next of that site."""
    here: dict[str, str] = {}
    for body in (fact.body for fact in log):
        if isinstance(body, f.SiteJoined):
            assert body.site_id not in here, f"{body.site_id} joined twice"
            here[body.site_id] = body.connection_id
        elif isinstance(body, f.SiteLeft):
            assert here.pop(body.site_id) == body.connection_id
    return not here


async def the_recording_is_one(held: Held, log: list[Fact]) -> None:
    """One recording, its parts on one timeline with the gaps where the worker was dead, and every segment plays."""
    path = f"/api/meetings/{held.planned.id}/recording"
    ended = {"playable", "archived", "failed"}
    seen = await until(lambda: held.secretary.visitor.get(path), lambda now: now["state"] in ended, "the recording")
    assert seen["state"] != "failed", seen["error"]
    assert len({fact.body.recording_id for fact in log if isinstance(fact.body, f.RecordingStarted)}) == 1
    folder = held.installation.data / "captures"
    assert len(list(folder.rglob("*.packets"))) >= 3
    interrupted = [fact for fact in log if isinstance(fact.body, f.RecordingInterrupted)]
    assert len(interrupted) == len(seen["gaps"]) == 2
    assert all(gap["missing_ms"] > 0 for gap in seen["gaps"])
    at = 0
    for segment in seen["segments"]:
        assert segment["start_ms"] >= at
        at = segment["start_ms"] + segment["duration_ms"]
        data = await held.secretary.visitor.download(segment["url"])
        assert await asyncio.to_thread(decoded_seconds, data) == pytest.approx(segment["duration_ms"] / 1000, abs=1.5)
    assert at == pytest.approx(seen["duration_ms"], abs=1500)


def decoded_seconds(data: bytes) -> float:
    """How long this file is when every picture and sound in it is decoded."""
    last = 0.0
    for kind in ("video", "audio"):
        with av.open(io.BytesIO(data)) as file:
            for frame in file.decode(**{kind: 0}):
                last = max(last, float(frame.time or 0))
    return last
