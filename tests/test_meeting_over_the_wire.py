"""The main job without browsers: a district's giao ban from the plan to the verified dossier, over the real protocols.

Chair and secretary sit at sockets, four communes send pictures and tones, nine more listen to the signalling.
``test_life_of_a_meeting.py`` tells the same story with real browsers.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from recordings.verify import verify_async
from tests.installation import Installation
from tests.seat import Refused, Seat
from tests.site_in_room import SiteInRoom, samples_of
from tests.story import Planned, log_in, mails, plan_and_send, until, write_and_issue
from tests.visitor import Visitor

PEOPLE = [{"name": "Giàng A Páo", "post": "Chủ tịch UBND xã"}, {"name": "Lù Thị Mai", "post": "Công chức Văn hóa"}]


@pytest.mark.xdist_group("machine")
async def test_a_meeting_from_plan_to_dossier(tmp_path: Path) -> None:
    async with Installation(tmp_path / "data") as installation, AsyncExitStack() as stack:
        secretary = await stack.enter_async_context(Visitor(installation.url))
        secretary = await log_in(installation, "thuky.quanba")
        chair = await log_in(installation, "chutich.quanba")
        clerk = await log_in(installation, "vanthu.quanba")
        for visitor in (secretary, chair, clerk):
            stack.push_async_callback(visitor.http.aclose)
        planned = await plan_and_send(secretary)
        await until(lambda: len(mails(installation)), lambda count: count >= 14, "invitations in the mail folder")

        await hold(installation, planned, secretary, chair)
        await minute(planned, secretary, chair, clerk)
        await file(tmp_path, planned, clerk)


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
        await asyncio.sleep(0)
        await sites[1].seat.command("return_floor")
        await at_desk.command("grant_next")
        granted = await presiding.fact("FloorGranted", lambda body: body["site_id"] == sites[0].site_id)
        assert granted["by"]["on_behalf_of"] == chair.session["person"]["id"]
        await hears_and_sees(sites[1], 1)

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
    assert viewer.peer
    video, audio = samples_of(number)
    viewer.peer.learn(video)
    viewer.peer.learn(audio)
    await viewer.peer.wait_for(
        lambda: video.name in viewer.peer.sources("video") and audio.name in viewer.peer.sources("audio"), 60
    )


async def minute(planned: Planned, secretary: Visitor, chair: Visitor, clerk: Visitor) -> None:
    recording = f"/api/meetings/{planned.id}/recording"
    playable = await until(
        lambda: secretary.get(recording), lambda seen: seen["state"] in {"playable", "archived", "failed"}, "recording"
    )
    assert playable["segments"]
    archived = await until(
        lambda: secretary.get(recording), lambda seen: seen["state"] in {"archived", "failed"}, "archive"
    )
    assert archived["mp4"]
    assert {"item", "speech", "pause"} <= {chapter["kind"] for chapter in archived["chapters"]}

    await write_and_issue(planned, secretary, chair, clerk)


async def file(folder: Path, planned: Planned, clerk: Visitor) -> None:
    path = f"/api/meetings/{planned.id}/dossier"
    await clerk.post(path)
    filed = await until(
        lambda: clerk.get(path),
        lambda seen: bool(seen["deliveries"]) and all(one["status"] == "sent" for one in seen["deliveries"]),
        "delivery",
    )
    assert filed["so_ky_hieu"] == "07/BB-UBND"
    archive = folder / "dossier.zip"
    archive.write_bytes(await clerk.download(f"{path}.zip"))
    report = await verify_async(archive)
    assert report.is_whole, report.lines()
    hits = await clerk.get("/api/search", q="quan ba")
    assert any(hit["meeting"]["id"] == planned.id for hit in hits["items"])
