"""A giao ban to measure in: a real installation, the chair and some communes in the room as light peers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sfu.light_peer import LightPeer
from tests.installation import Installation
from tests.site_in_room import SiteInRoom, samples_of
from tests.story import Planned, log_in, plan_and_send
from web.visiting.seat import Seat

CHAIR_NUMBER = 30  # in its picture and tone; sites have 1, 2, …


@dataclass(frozen=True, slots=True)
class Held:
    """A meeting that is going on."""

    installation: Installation
    planned: Planned
    presiding: Seat
    sites: list[SiteInRoom]

    @property
    def free_link(self) -> str:
        """The link of a site that is not in the room."""
        return self.planned.links[self.planned.sites[-1]["site_id"]]

    async def give_floor(self, site: SiteInRoom) -> None:
        """As the chair's "Mời phát biểu"."""
        await self.presiding.command("grant_floor", site_id=site.site_id)


@asynccontextmanager
async def held_meeting(folder: Path, sites: int) -> AsyncIterator[Held]:
    """Convened and recorded, with the chair and this many communes sending picture and tone."""
    async with AsyncExitStack() as stack:
        installation = await stack.enter_async_context(Installation(folder / "data"))
        secretary, chair = await log_in(installation, "thuky.quanba"), await log_in(installation, "chutich.quanba")
        stack.push_async_callback(secretary.http.aclose)
        stack.push_async_callback(chair.http.aclose)
        planned = await plan_and_send(secretary)
        desk = await stack.enter_async_context(Seat(secretary, planned.id))
        await desk.command("open_testing")
        presiding = await stack.enter_async_context(Seat(chair, planned.id))
        await stack.enter_async_context(_picture_of(presiding))
        present = []
        for number, site in enumerate(planned.sites[:sites], 1):
            link = planned.links[site["site_id"]]
            present.append(await stack.enter_async_context(SiteInRoom(installation.url, link, planned.id, number)))
        await presiding.command("convene")
        await presiding.fact("RecordingStarted")
        await desk.command("open_item", item_id=planned.items[0])
        yield Held(installation, planned, presiding, present)


@asynccontextmanager
async def _picture_of(chair: Seat) -> AsyncIterator[None]:
    peer = LightPeer()
    await peer.connect(chair.negotiate, 60)
    try:
        for source, sample in zip(("camera", "microphone"), samples_of(CHAIR_NUMBER), strict=True):
            peer.play(source, sample)
        yield
    finally:
        await peer.close()
