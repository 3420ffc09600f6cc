"""A meeting and one below it, on two real workers: the floor of a site below is seen by the chair above."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Any

from scheduler.database import Database
from scheduler.meetings.attendee import Attendee
from scheduler.permissions import Actor
from scheduler.proceedings import facts as f
from scheduler.proceedings.errors import Refused
from sfu.light_peer import LightPeer
from sfu.light_peer.offer import Wanted
from tests.scheduler.proceedings.planted import MEETING, a_meeting, plant_meeting
from tests.web.live.conftest import CHAIR, SECRETARY, Live, Seat
from tests.web.live.conftest import site as site_actor
from tests.web.media.conftest import Media, running_media
from tests.web.media.test_links import KNOWN, PICTURES, QUICK, SOUNDS, shows
from web.live.presence import Hello

CHILD = "meeting-2"


async def until(live: Live, condition: Callable[[], bool]) -> None:
    """Let the hub work until it is so."""
    async with asyncio.timeout(30):
        while not condition():
            await live.passes(0.1)
            await live.hub.links.settle()
            await asyncio.sleep(0.02)


async def play(seat: Seat, name: str, stack: AsyncExitStack) -> LightPeer:
    """This seat's machine offers, and sends as ``name``."""
    peer = LightPeer(Wanted(video_slots=3), known=KNOWN)

    async def signal(offer: str) -> str:
        return str((await seat.room.media.offer(seat.connection, offer))["sdp"])

    await peer.connect(signal)
    stack.push_async_callback(peer.close)
    peer.play("camera", PICTURES[name])
    peer.play("microphone", SOUNDS[name])
    return peer


async def come(live: Live, meeting_id: str, actor: Actor) -> Seat:
    """Somebody comes in, without an offer yet."""
    return Seat(live, *await live.hub.enter(meeting_id, actor, "vi", Hello()))


async def test_the_floor_of_a_site_below_is_seen_above(sqlite_database: Database, tmp_path: Path) -> None:
    await plant_meeting(sqlite_database)
    async with sqlite_database.transaction() as session:
        child = a_meeting("sent", record=False)
        child.id, child.parent_id = CHILD, MEETING
        session.add(child)
        await session.flush()
        session.add(Attendee(meeting_id=CHILD, site_id="c", role="required"))
    async with AsyncExitStack() as stack:
        workers: list[Media] = [await stack.enter_async_context(running_media(QUICK)) for _ in range(2)]
        clients: list[Any] = [worker.client for worker in workers]
        for number, client in enumerate(clients, 1):
            client.name = f"media-{number}"
        live = Live(sqlite_database, clients[0], tmp_path / "captures", (clients[1],))
        await live.start()
        stack.push_async_callback(live.hub.stop)
        for client in clients:
            client._on_event = partial(live.happens, client)
            await live.hub.workers._up(client)
        rooms = [await live.hub.room(one) for one in (MEETING, CHILD)]
        for meeting_id in (MEETING, CHILD):
            secretary = await come(live, meeting_id, SECRETARY)
            with suppress(Refused):  # it may have been opened with the room above
                await secretary.command("open_testing")
        chair = await play(await come(live, MEETING, CHAIR), "chair", stack)
        site = await play(await come(live, CHILD, site_actor("c")), "commune", stack)
        await until(live, lambda: rooms[1].media.link_state("lower", CHILD) == "up")
        await until(live, lambda: shows(site, "chair"))
        async with rooms[0].lock:
            await rooms[0].append([f.FloorGranted(speech_id="speech", site_id="c")], f.By())
        await until(live, lambda: shows(chair, "commune"))
        assert rooms[0].media.worker is not rooms[1].media.worker
        assert "commune sound" not in site.sources("audio")
