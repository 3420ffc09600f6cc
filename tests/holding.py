"""A meeting held over the wire: desk and chair at sockets, four sites with pictures and tones, nine that listen."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from tests.installation import Installation
from tests.site_in_room import SiteInRoom, samples_of
from tests.story import Planned
from web.visiting.seat import Refused, Seat
from web.visiting.visitor import Visitor

SPEECH_PACKETS = 150
PEOPLE = [{"name": "Giàng A Páo", "post": "Chủ tịch UBND xã"}, {"name": "Lù Thị Mai", "post": "Công chức Văn hóa"}]


async def hold(installation: Installation, planned: Planned, secretary: Visitor, chair: Visitor) -> None:
    async with AsyncExitStack() as stack:
        at_desk = await stack.enter_async_context(Seat(secretary, planned.id))
        await at_desk.command("open_testing")
        presiding = await stack.enter_async_context(Seat(chair, planned.id))
        sites: list[SiteInRoom] = []
        for number, site in enumerate(planned.sites[:12]):
            link = planned.links[site["site_id"]]
            media = number + 1 if number < 4 else None
            sites.append(await stack.enter_async_context(SiteInRoom(installation.url, link, planned.id, media)))
        await asyncio.gather(*(site.report(PEOPLE) for site in sites))

        absent = planned.sites[12]["site_id"]
        await at_desk.command("excuse_absence", site_id=absent, excused=True, reason="Mất điện")
        await at_desk.command("call_roll")
        roll = await presiding.fact("RollCalled")
        assert roll["body"]["excused"] == [absent]

        with pytest.raises(Refused, match="not_allowed"):
            await sites[0].seat.command("convene")
        await presiding.command("convene")
        await at_desk.fact("RecordingStarted")

        await at_desk.command("open_item", item_id=planned.items[0])
        await sites[1].seat.command("request_floor", kind="speech", speaker=PEOPLE[0])
        await sites[0].seat.command("request_floor", kind="question")
        await at_desk.fact("FloorRequested", lambda body: body["site_id"] == sites[0].site_id)
        await at_desk.command("grant_floor", site_id=sites[1].site_id)
        await hears_and_sees(sites[0], 2)
        await listens(sites[0])
        await sites[1].seat.command("return_floor")
        await at_desk.command("grant_next")
        granted = await presiding.fact("FloorGranted", lambda body: body["site_id"] == sites[0].site_id)
        assert granted["by"]["on_behalf_of"] == chair.session["person"]["id"]
        await hears_and_sees(sites[1], 1)
        await listens(sites[1])

        await at_desk.command("show_paper", paper_id=planned.meeting["papers"][0]["id"], page=2)
        await at_desk.command("open_item", item_id=planned.items[1])
        await at_desk.command("suspend", reason="Giải lao")
        await presiding.command("resume")
        await at_desk.command("record_conclusion", item_id=planned.items[1], text="Các xã hoàn thành trước ngày 30/11.")
        await at_desk.command(
            "assign_task",
            item_id=planned.items[1],
            what="Rà soát chuồng trại",
            lead_unit_id=planned.sites[0]["unit_id"],
            with_unit_ids=[],
            due="2026-11-30",
        )
        await presiding.command("adjourn")
        await sites[2].seat.fact("Adjourned")


async def hears_and_sees(viewer: SiteInRoom, number: int) -> None:
    """Wait until this viewer receives the picture and the tone of that number, bit by bit."""
    peer = viewer.peer
    assert peer
    video, audio = samples_of(number)
    peer.learn(video)
    peer.learn(audio)
    await peer.wait_for(lambda: video.name in peer.sources("video") and audio.name in peer.sources("audio"), 60)


async def listens(viewer: SiteInRoom, packets: int = SPEECH_PACKETS) -> None:
    """Let the speech go on until this viewer has received that many packets more: a recording of some seconds."""
    assert viewer.peer
    peer = viewer.peer

    def received() -> int:
        return sum(slot.packets for slot in peer.received.values())

    enough = received() + packets
    await peer.wait_for(lambda: received() >= enough, 60)
