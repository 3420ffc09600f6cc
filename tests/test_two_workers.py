"""Two media workers of a running installation: two meetings, of which one worker is killed, then the web process.

The meeting of the dead worker is back on the other one without a click, and recorded on in a new part; the other
meeting loses not one packet. The next web process finds both where they are.
"""

from __future__ import annotations

import json
import re
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from scheduler.proceedings import facts as f
from tests.gathering import SPEAKER, WAITING, Gathering, each, gather, site_of
from tests.installation import Installation
from tests.replaying import replay_of
from tests.returning import Returning
from tests.site_in_room import samples_of
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


@pytest.mark.installation
async def test_a_room_that_outgrows_its_worker_goes_on_on_another_too(tmp_path: Path) -> None:
    """Two processes, two ports: who is at one sees and hears who is at the other, both ways, and in the recording."""
    async with (
        Installation(tmp_path / "data", {**TWO_WORKERS, "GIAOBAN_MEDIA_PEERS": "1"}) as installation,
        AsyncExitStack() as stack,
    ):
        await until(lambda: rooms_by_worker(installation), lambda rooms: len(rooms) == 2, "both workers")
        room = await gather(installation, stack)
        await room.convene()
        assert len(ports_of(room.speaker) | ports_of(room.waiting)) == 2, "one is here, one there"
        on_both = {"media-1": 1, "media-2": 1}
        await until(lambda: rooms_at_worker(installation), lambda rooms: rooms == on_both, "the room is on both")
        await room.chair.command("grant_floor", site_id=site_of(room.waiting))
        await room.speaker.hears_and_sees(samples_of(WAITING))
        nothing_was_lost(room)
        await room.chair.command("adjourn")
        await both_are_in_the_recording(room, tmp_path / "segment.mp4")


def ports_of(one: Returning) -> set[int]:
    """Where its answer says that UDP goes."""
    return {int(found) for found in re.findall(r"candidate:\S+ 1 udp \d+ \S+ (\d+) typ host", one.signalled[1])}


async def both_are_in_the_recording(room: Gathering, path: Path) -> None:
    """Who is at the other worker no less than who is where it is written; in one part."""
    log = [fact.body for fact in await room.whole_log()]
    assert not any(isinstance(body, f.RecordingInterrupted) for body in log)
    recording = await the_recording(room)
    assert len(list((room.installation.data / "captures").rglob("*.packets"))) == 1
    replay = await replay_of(recording, room.secretary.visitor, path)
    assert {SPEAKER, WAITING} == {number for _, number in replay.seen} == {number for _, number in replay.heard}, replay


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
    seen = await the_recording(room)
    assert len(list((room.installation.data / "captures").rglob("*.packets"))) == 2
    assert len(seen["gaps"]) <= 1
    at = 0
    for segment in seen["segments"]:
        assert segment["start_ms"] >= at
        at = segment["start_ms"] + segment["duration_ms"]
    assert at == pytest.approx(seen["duration_ms"], abs=1500)


async def the_recording(room: Gathering) -> dict[str, Any]:
    """As its page has it, once it plays."""
    path, visitor = f"/api/meetings/{room.planned.id}/recording", room.secretary.visitor
    ended = {"playable", "archived", "failed"}
    seen: dict[str, Any] = await until(lambda: visitor.get(path), lambda now: now["state"] in ended, "the recording")
    assert seen["state"] != "failed", seen["error"]
    return seen


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


async def rooms_at_worker(installation: Installation) -> dict[str, int]:
    """As the workers count them themselves."""
    async with httpx.AsyncClient() as client:
        text = (await client.get(f"{installation.url}/metrics")).text
    found = re.findall(r'^giaoban_media_total\{what="rooms",worker="(.*)"\} (\d+)', text, re.MULTILINE)
    return {worker: int(value) for worker, value in found}
