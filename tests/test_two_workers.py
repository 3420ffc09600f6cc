"""Two meetings on two media workers of a running installation; one worker is killed, then the web process.

The meeting of the dead worker is back on the other one without a click, and recorded on in a new part; the other
meeting loses not one packet. The next web process finds both where they are.
"""

from __future__ import annotations

import json
import re
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from scheduler.proceedings import facts as f
from tests.gathering import Gathering, each, gather, site_of
from tests.installation import Installation
from tests.story import until

TWO_WORKERS = {"GIAOBAN_MEDIA_WORKERS": "2", "GIAOBAN_MEDIA_PORT": "0"}


@pytest.mark.installation
async def test_a_killed_worker_loses_no_meeting_and_touches_no_other(tmp_path: Path) -> None:
    async with Installation(tmp_path / "data", TWO_WORKERS) as installation, AsyncExitStack() as stack:
        await until(lambda: rooms_by_worker(installation), lambda rooms: len(rooms) == 2, "both workers")
        here = await gather(installation, stack)
        there = await gather(installation, stack)
        await here.convene()
        await there.secretary.command("grant_floor", site_id=site_of(there.speaker))
        await there.speaker_is_on_air()
        assert {worker_of(here), worker_of(there)} == {"media-1", "media-2"}
        await a_worker_dies(here, there)
        await the_web_process_dies(here, there)
        await here.chair.command("adjourn")
        await the_recording_is_one(here)


async def a_worker_dies(here: Gathering, there: Gathering) -> None:
    """Its room is back, with floor and recording, on the other worker; there nobody notices."""
    installation, dead, alive = here.installation, worker_of(here), worker_of(there)
    shown = here.secretary.state.floor, here.secretary.state.queue, here.secretary.state.current_item_id
    joins = {one: one.media_joins for one in (here.speaker, here.waiting)}
    lines = {one: one.peer for one in (there.speaker, there.waiting)}
    before = installation.kill(dead)
    await there.speaker_is_on_air()
    await each(joins, lambda one: one.media_joins > joins[one], "media is back")
    await here.speaker_is_on_air()
    await here.recording_goes_on()
    assert (here.secretary.state.floor, here.secretary.state.queue, here.secretary.state.current_item_id) == shown
    await installation.restarted(dead, before)
    assert worker_of(here) == worker_of(there) == alive
    assert {one: one.peer for one in lines} == lines
    nothing_was_lost(there)
    await until(lambda: rooms_by_worker(installation), lambda rooms: rooms == {dead: 0, alive: 2}, "the measures")


async def the_web_process_dies(here: Gathering, there: Gathering) -> None:
    """Everybody comes back to the media connection he has: the rooms are found where they are."""
    everybody = (*here.everybody, *there.everybody)
    arrivals = {one: one.arrivals for one in everybody}
    peers = {one: one.peer for one in everybody}
    installation = here.installation
    await installation.restarted("web", installation.kill("web"))
    await each(everybody, lambda one: one.arrivals > arrivals[one], "everybody is back")
    for room in (here, there):
        await room.present()
        await room.speaker_is_on_air()
    assert {one: one.peer for one in everybody} == peers
    nothing_was_lost(there)


async def the_recording_is_one(room: Gathering) -> None:
    """Two parts on one timeline; the move may be too fast for a gap that is shown."""
    log = [fact.body for fact in await room.whole_log()]
    assert sum(isinstance(body, f.RecordingInterrupted) for body in log) == 1
    path, visitor = f"/api/meetings/{room.planned.id}/recording", room.secretary.visitor
    ended = {"playable", "archived", "failed"}
    seen = await until(lambda: visitor.get(path), lambda now: now["state"] in ended, "the recording")
    assert seen["state"] != "failed", seen["error"]
    assert len(list((room.installation.data / "captures").rglob("*.packets"))) == 2
    assert len(seen["gaps"]) <= 1
    at = 0
    for segment in seen["segments"]:
        assert segment["start_ms"] >= at
        at = segment["start_ms"] + segment["duration_ms"]
    assert at == pytest.approx(seen["duration_ms"], abs=1500)


def nothing_was_lost(room: Gathering) -> None:
    for one in (room.speaker, room.waiting):
        assert one.peer is not None
        assert [(slot.lost, slot.picture_gaps) for slot in one.peer.received.values() if slot.lost] == []


def worker_of(room: Gathering) -> str:
    """Where the web process last placed it, as its log says."""
    lines = [json.loads(line) for line in room.installation.log.splitlines() if '"room placed"' in line]
    return str([line["worker"] for line in lines if line["room"] == room.planned.id][-1])


async def rooms_by_worker(installation: Installation) -> dict[str, int]:
    """Of those that are up."""
    async with httpx.AsyncClient() as client:
        text = (await client.get(f"{installation.url}/metrics")).text
    gauges = re.findall(r'^giaoban_media_worker_(up|rooms)\{worker="(.*)"\} (\d+)', text, re.MULTILINE)
    up = {worker for name, worker, value in gauges if name == "up" and value == "1"}
    return {worker: int(value) for name, worker, value in gauges if name == "rooms" and worker in up}
