"""A house with doors: the real app behind a real server, a real media worker, and a room open for tests."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from scheduler.actor import load_actor
from scheduler.organization.demonstration import demo_id
from scheduler.settings import DatabaseSettings
from sfu.settings import MediaSettings
from tests.databases import opened
from tests.web.conftest import QUICK, World, open_world
from tests.web.media.conftest import LOOPBACK
from web.app import create_app
from web.live.presence import Hello
from web.live.room import Room
from web.media.worker import Worker, make_plane
from web.passwords import Passwords

SITE = demo_id("site:lungtam.quanba")
OTHER_SITE = demo_id("site:quanba.quanba")
DESK = demo_id("person:thuky.quanba")
WAIT_S = 60.0


@dataclass
class House:
    """``url`` is where foreign clients come to."""

    world: World
    url: str
    worker: Worker
    http: httpx.AsyncClient
    tickets: dict[str, str] = field(default_factory=dict)  # secret → id

    @property
    def room(self) -> Room:
        room: Room = self.world.services.hub.rooms[self.world.meeting.id]
        return room

    def door(self, kind: str) -> str:
        return f"{self.url}/api/{'whip' if kind == 'ingest' else 'whep'}/{self.world.meeting.id}"

    async def ticket(self, kind: str = "ingest", site_id: str | None = SITE) -> str:
        """A new ticket's secret, given by the secretary."""
        desk = await self.world.person("thuky.quanba")
        body: dict[str, Any] = {"kind": kind, "label": "Máy ngoài"}
        answer = await desk.post(
            f"/api/meetings/{self.world.meeting.id}/tickets",
            json={**body, "site_id": site_id} if kind == "ingest" else body,
        )
        assert answer.status_code == 201, answer.text
        secret = str(answer.json()["token"])
        self.tickets[secret] = answer.json()["id"]
        return secret

    async def command(self, name: str, **args: Any) -> None:
        """The secretary does it, in the room."""
        world, hub = self.world, self.world.services.hub
        async with world.database.reading() as session:
            actor = await load_actor(session, today=world.clock.now.date(), person_id=DESK)
        room, connection = await hub.enter(world.meeting.id, actor, "vi", Hello())
        await room.command(connection, name, args)
        await room.presence.depart(connection, cleanly=True)

    async def post(self, kind: str, secret: str, offer: str, **headers: str) -> httpx.Response:
        given = {"authorization": f"Bearer {secret}", "content-type": "application/sdp", **headers}
        return await self.http.post(self.door(kind), content=offer, headers=given)

    async def is_where_it_is(self, peer: str) -> None:
        """A peer answers a check of the server's: so it would be found after a move."""
        node = self.worker.node
        transport = next(one for one in node.transports.values() if one.peer == peer)
        username = f"{transport.plan.remote_ufrag}:{transport.agent.ufrag}"
        address = transport.agent.address
        assert address is not None
        question = node.whereabouts.returns.ask(
            transport.number, username, transport.plan.remote_pwd, address, asyncio.get_running_loop().time()
        )
        node.listener.send(question, address)
        await self.until(lambda: not node.whereabouts.returns._pending)

    async def until(self, condition: Any) -> None:
        """Wait for something in this process; nothing tells us of it."""
        async with asyncio.timeout(WAIT_S):
            while not condition():  # noqa: ASYNC110
                await asyncio.sleep(0.02)


async def killed(house: House) -> None:
    """The web process as after kill -9: nothing more is said or written by it; its media worker lives on."""
    hub = house.world.services.hub
    await house.world.services.doors.stop()
    mine = [*hub._tasks, *(task for task in asyncio.all_tasks() if task.get_name().startswith("client of "))]
    for task in mine:
        task.cancel()
    await asyncio.gather(*mine, return_exceptions=True)
    for room in hub.rooms.values():
        await room.driver.stop()


@contextlib.asynccontextmanager
async def next_process(house: House) -> AsyncIterator[House]:
    """Another web process on the same data, while the lease of the killed one has run out."""
    world = house.world
    world.clock.pass_(seconds=20)
    app = create_app(
        world.services.settings,
        database=world.database,
        passwords=Passwords(QUICK),
        clock=world.clock,
        run_jobs=False,
        connect_media=True,
        client=world.services.settings.data / "client",
        log=False,
    )
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(app.router.lifespan_context(app))
        async with served(app) as url:
            yield replace(house, world=replace(world, app=app, visitors={}), url=url)


@contextlib.asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    """Where it answers."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None))
    answering = asyncio.create_task(server.serve(sockets=[listening]))
    yield f"http://localhost:{listening.getsockname()[1]}"
    server.should_exit = True
    await answering


@contextlib.asynccontextmanager
async def open_house(
    settings: DatabaseSettings, folder: Path, media: MediaSettings = LOOPBACK, **options: Any
) -> AsyncIterator[House]:
    database = opened(settings)
    sockets, stop = folder / "sockets", asyncio.Event()
    worker = Worker(media, make_plane("native"))
    serving = asyncio.create_task(worker.serve(sockets / "media-1.sock", stop))
    try:
        async with (
            open_world(database, folder / "data", connect_media=True, media_sockets=sockets, **options) as world,
            httpx.AsyncClient() as http,
        ):
            await world.services.hub.open_testing(world.meeting.id, DESK)
            async with served(world.app) as url:
                house = House(world, url, worker, http)
                await house.until(lambda: house.room.media.worker is not None)
                yield house
    finally:
        stop.set()
        await serving
        await database.dispose()


@pytest.fixture
async def house(small_settings: DatabaseSettings, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(small_settings, tmp_path) as opened:
        yield opened


@pytest.fixture
async def h264_house(small_settings: DatabaseSettings, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(small_settings, tmp_path, replace(LOOPBACK, video_codec="h264")) as opened:
        yield opened
