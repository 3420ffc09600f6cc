"""The disk fills up while a meeting is recorded: first the recording stops, last the log; the meeting never does."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from scheduler.proceedings import facts as f
from tests.gathering import Gathering, gather
from tests.installation import Installation
from tests.small_disk import SmallDisk, small_disk
from tests.story import until
from web.visiting.seat import Refused

MEGABYTE = 1 << 20
DISK = 160  # 5 % of it, 8 MB, are kept free by the recording for the database


@pytest.mark.installation
async def test_a_disk_that_fills_up_stops_the_recording_and_not_the_meeting(tmp_path: Path) -> None:
    with small_disk(tmp_path / "data", DISK) as disk:
        async with Installation(disk.path) as installation, AsyncExitStack() as stack:
            room = await gather(installation, stack)
            await room.convene()
            await nearly_full(room, disk)
            await full_to_the_last_byte(room, disk)
            await space_again(room, disk)
            await one_recording_with_its_gap(room)


async def nearly_full(room: Gathering, disk: SmallDisk) -> None:
    """Only the recording stops: a fact, told to everybody; the log goes on in the space kept for it."""
    disk.fill(leave=4 * MEGABYTE)
    await room.all_see(lambda one: one.state.recording == "interrupted", "everybody is told")
    await room.speaker_is_on_air()
    await room.secretary.command("post_chat", text="Máy chủ hết dung lượng, đang xử lý.")
    await room.all_see(lambda one: len(one.state.chat) == 1, "the log goes on")


async def full_to_the_last_byte(room: Gathering, disk: SmallDisk) -> None:
    """Nothing can be stored: whoever tries is told so, nothing is said that is not kept, picture and tone go on."""
    disk.fill()
    with pytest.raises(Refused, match="Máy chủ chưa ghi được") as refused:
        for _ in range(1000):  # what the database holds already may have room for some
            await room.secretary.command("post_chat", text="ệ" * 2000)
    assert refused.value.code == "busy"
    answer = await room.secretary.visitor.http.post("/api/meetings", json={"title": "Họp đột xuất"})
    assert answer.status_code == 507
    assert answer.json()["error"]["message"].startswith("Máy chủ hết chỗ lưu.")
    await room.speaker_is_on_air()


async def space_again(room: Gathering, disk: SmallDisk) -> None:
    disk.empty()
    await room.recording_goes_on()
    await room.secretary.command("grant_next")
    log = await room.whole_log()
    causes = [fact.body.cause for fact in log if isinstance(fact.body, f.RecordingInterrupted)]
    assert len(causes) == 1 and causes[0] != "worker"
    assert sum(isinstance(fact.body, f.RecordingResumed) for fact in log) == 1


async def one_recording_with_its_gap(room: Gathering) -> None:
    await room.chair.command("adjourn")
    path, visitor = f"/api/meetings/{room.planned.id}/recording", room.secretary.visitor
    ended = {"playable", "archived", "failed"}
    seen = await until(lambda: visitor.get(path), lambda now: now["state"] in ended, "the recording")
    assert seen["state"] != "failed", seen["error"]
    assert len(seen["gaps"]) == 1
    assert seen["gaps"][0]["missing_ms"] > 0
