"""kill -9 of the web process, of the media worker and of both, in every phase of a meeting of the running product,
on SQLite and on PostgreSQL. ``test_survival_in_browsers.py`` tells a part of it with real pages.

Nobody does anything: the pages come back by themselves and find floor, queue, item and recording as they were; what
died is closed by facts; the log is whole; the parts of the recording are one timeline that plays.
"""

from __future__ import annotations

import asyncio
import io
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

import av
import pytest
from av.subtitles.subtitle import SubtitleSet

from scheduler.proceedings import facts as f
from scheduler.proceedings.facts import Fact
from scheduler.settings import DatabaseSettings
from tests.gathering import Gathering, each, gather, site_of
from tests.installation import Installation
from tests.returning import Returning
from tests.story import until

KILLS = (("media-1",), ("web",), ("web", "media-1"))


@pytest.mark.installation
async def test_nothing_is_lost_whatever_is_killed_whenever(tmp_path: Path, database_settings: DatabaseSettings) -> None:
    environment = {"GIAOBAN_DATABASE_URL": database_settings.url}
    async with Installation(tmp_path / "data", environment) as installation, AsyncExitStack() as stack:
        room = await gather(installation, stack)
        await while_testing(room)
        await while_convened(room)
        await while_suspended(room)
        log = await after_the_end(room)
        await the_recording_is_one(room, log)


async def kill(room: Gathering, *names: str) -> None:
    """kill -9 of these at once; returns when everybody is back without having done anything."""
    arrivals = {one: one.arrivals for one in room.everybody}
    joins = {one: one.media_joins for one in (room.speaker, room.waiting)}
    before = {name: room.installation.kill(name) for name in names}
    for name, pid in before.items():
        await room.installation.restarted(name, pid)
    if "web" in names:
        await room.all_see(lambda one: one.arrivals > arrivals[one], "everybody is back")
    if "media-1" in names:
        await each((room.speaker, room.waiting), lambda one: one.media_joins > joins[one], "media is back")
    await room.present()


async def power_cut(room: Gathering) -> None:
    """Supervisor, web process and worker die at once; somebody starts the server again."""
    arrivals = {one: one.arrivals for one in room.everybody}
    joins = {one: one.media_joins for one in (room.speaker, room.waiting)}
    await room.installation.cut_power()
    await room.installation.start()
    await room.all_see(lambda one: one.arrivals > arrivals[one], "everybody is back")
    await each((room.speaker, room.waiting), lambda one: one.media_joins > joins[one], "media is back")
    await room.present()


async def while_testing(room: Gathering) -> None:
    for names in KILLS:
        await kill(room, *names)
        assert {one.state.stage for one in room.everybody} == {"testing"}
    await room.secretary.command("grant_floor", site_id=site_of(room.speaker))
    await room.speaker_is_on_air()
    await room.secretary.command("revoke_floor")


async def while_convened(room: Gathering) -> None:
    await room.convene()
    before = shown(room.secretary)
    assert all(before)
    for fault in (*(partial(kill, room, *names) for names in KILLS), partial(power_cut, room)):
        await fault()
        for one in room.everybody:
            assert shown(one) == before, fault
        await room.recording_goes_on()
        await room.speaker_is_on_air()
    assert room.secretary.state.sites[site_of(room.speaker)].head_count == 1


def shown(one: Returning) -> tuple[Any, ...]:
    return one.state.floor, one.state.queue, one.state.current_item_id


async def while_suspended(room: Gathering) -> None:
    await room.chair.command("suspend", reason="Giải lao")
    for names in KILLS:
        await kill(room, *names)
        assert {(one.state.stage, one.state.recording) for one in room.everybody} == {("suspended", "paused")}
    await room.chair.command("resume")
    await room.recording_goes_on()
    assert room.chair.state.current_item_id == room.planned.items[0]


async def after_the_end(room: Gathering) -> list[Fact]:
    """The log is whole, holds everything anybody was told exactly once, and closes what died by facts."""
    await room.chair.command("adjourn")
    await room.all_see(lambda one: one.state.stage == "adjourned", "the end")
    log = await room.whole_log()
    assert presence_is_closed(log)
    restarted = [fact.body for fact in log if isinstance(fact.body, f.SiteLeft) and fact.body.reason == "restarted"]
    assert len(restarted) == 3 * 7  # three sites; six kills of the web process and a power cut
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


async def the_recording_is_one(room: Gathering, log: list[Fact]) -> None:
    """One recording, its parts on one timeline with the gaps where the worker was dead, and every segment plays."""
    path, visitor = f"/api/meetings/{room.planned.id}/recording", room.secretary.visitor
    ended = {"playable", "archived", "failed"}
    seen = await until(lambda: visitor.get(path), lambda now: now["state"] in ended, "the recording")
    assert seen["state"] != "failed", seen["error"]
    assert len({fact.body.recording_id for fact in log if isinstance(fact.body, f.RecordingStarted)}) == 1
    assert len(list((room.installation.data / "captures").rglob("*.packets"))) >= 4
    interrupted = [fact for fact in log if isinstance(fact.body, f.RecordingInterrupted)]
    assert len(interrupted) == len(seen["gaps"]) == 3
    assert all(gap["missing_ms"] > 0 for gap in seen["gaps"])
    at = 0
    for segment in seen["segments"]:
        assert segment["start_ms"] >= at
        at = segment["start_ms"] + segment["duration_ms"]
        data = await visitor.download(segment["url"])
        assert await asyncio.to_thread(decoded_seconds, data) == pytest.approx(segment["duration_ms"] / 1000, abs=1.5)
    assert at == pytest.approx(seen["duration_ms"], abs=1500)


def decoded_seconds(data: bytes) -> float:
    """How long this file is when every picture and sound in it is decoded."""
    last = 0.0
    for kind in ("video", "audio"):
        with av.open(io.BytesIO(data), "r") as file:
            times = (frame.time for frame in file.decode(**{kind: 0}) if not isinstance(frame, SubtitleSet))
            last = max(last, *(float(time or 0) for time in times))
    return last
