"""kill -9 under real pages: the chair and a commune at Chromium, the secretary and two communes at light peers.

Nobody clicks: after the web process, the media worker or both died, the pages show and sound as before: who has the
floor, who waits, the open item, the recording.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.at_browser import AtBrowser, at_browser
from tests.installation import Installation
from tests.returning import Returning
from tests.site_in_room import samples_of
from tests.story import Planned, log_in, plan_and_send, until
from web.visiting.visitor import Visitor

CHAIR, SPEAKER, WAITING, LISTENING = 30, 1, 2, 3
KILLS = (("web",), ("media-1",), ("web", "media-1"))


@dataclass
class Room:
    installation: Installation
    planned: Planned
    chair: AtBrowser
    speaker: AtBrowser
    secretary: Returning
    waiting: Returning
    listening: Returning

    @property
    def pages(self) -> tuple[AtBrowser, ...]:
        return self.chair, self.speaker

    def site_id(self, number: int) -> str:
        return str(self.planned.sites[number]["site_id"])

    def all_present(self) -> bool:
        sites = [self.planned.host_site_id, *map(self.site_id, (SPEAKER, WAITING, LISTENING))]
        here = {site_id for site_id, site in self.secretary.state.sites.items() if site.connection_id}
        return here == set(sites)

    def captured(self) -> int:
        return sum(file.stat().st_size for file in (self.installation.data / "captures").rglob("*.packets"))


@pytest.mark.installation
async def test_pages_come_back_without_a_click(tmp_path: Path) -> None:
    asyncio.get_running_loop().set_debug(False)
    async with Installation(tmp_path / "data") as installation, AsyncExitStack() as stack:
        room = await come_in(installation, tmp_path, stack)
        await convene(room)
        await all_is_as_it_was(room)
        for names in KILLS:
            await kill(room, *names)
            await all_is_as_it_was(room)
        for page in room.pages:
            assert page.complaints == []


async def come_in(installation: Installation, folder: Path, stack: AsyncExitStack) -> Room:
    desk = await log_in(installation, "thuky.quanba")
    stack.push_async_callback(desk.http.aclose)
    planned = await plan_and_send(desk)
    secretary = await stack.enter_async_context(Returning(desk, planned.id))
    await secretary.command("open_testing")
    light = []
    for number in (WAITING, LISTENING):
        visitor = await stack.enter_async_context(Visitor(installation.url))
        await visitor.enter_by_link(planned.links[planned.sites[number]["site_id"]])
        samples = await asyncio.to_thread(samples_of, number)
        light.append(await stack.enter_async_context(Returning(visitor, planned.id, samples)))
    chair = await stack.enter_async_context(at_browser(installation.url, folder, CHAIR))
    await chair.logs_in("chutich.quanba", installation.password)
    await chair.opens(f"/rooms/{planned.id}")
    await chair.enters_room()
    speaker = await stack.enter_async_context(at_browser(installation.url, folder, SPEAKER))
    await speaker.opens(planned.links[planned.sites[SPEAKER]["site_id"]])
    await speaker.click("site-join")
    await speaker.enters_room()
    return Room(installation, planned, chair, speaker, secretary, *light)


async def convene(room: Room) -> None:
    await room.chair.click("convene")
    await room.chair.tool("queue")
    await room.secretary.command("open_item", item_id=room.planned.items[0])
    await room.speaker.click("request-floor")
    await room.speaker.at("my-request").wait_for()
    await room.waiting.command("request_floor", kind="question")
    await room.secretary.command("grant_next")


async def kill(room: Room, *names: str) -> None:
    """kill -9 of these at once; returns when those who hang on the web process have come in again."""
    arrivals = room.secretary.arrivals
    before = {name: room.installation.kill(name) for name in names}
    for name, pid in before.items():
        await room.installation.restarted(name, pid)
    if "web" in names:
        await room.secretary.until(lambda: room.secretary.arrivals > arrivals, "the secretary is back")
        await room.secretary.until(room.all_present, "every site has come in again")


async def all_is_as_it_was(room: Room) -> None:
    """Floor, queue, item and recording, on the pages and for the light peers; new pictures and sounds, not old ones."""
    state = room.secretary.state
    assert state.floor is not None and state.floor.site_id == room.site_id(SPEAKER)
    assert [request.site_id for request in state.queue] == [room.site_id(WAITING)]
    assert state.current_item_id == room.planned.items[0]
    await room.chair.sees(SPEAKER)
    await room.chair.hears(SPEAKER)
    await room.speaker.sees(CHAIR)
    await room.speaker.hears(CHAIR)
    await room.speaker.at("on-air").wait_for()
    await room.chair.at("queue-row", site_id=room.site_id(WAITING)).wait_for()
    assert await room.chair.at("queue-row").count() == 1
    await room.listening.receives()
    for page in room.pages:
        assert await page.at("floor-bar").get_attribute("data-floor-site") == room.site_id(SPEAKER)
        await page.at("recording", state="on").wait_for()
        assert not await page.at("reconnecting").count()
    before = room.captured()
    await until(room.captured, lambda now: now > before, "bytes in the packet log", 60)
