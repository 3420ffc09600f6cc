"""Three workers, one a level, and the rooms on them, linked upwards."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from bench.fanout.client import Client
from bench.fanout.load import Load
from bench.fanout.process import Cost, cost
from sfu.relay.link import LinkSettings
from sfu.relay.relay import LineSettings, Relay
from web.media.client import MediaClient
from web.media.messages import LinkChanged, LinkStats

ROOT = Path(__file__).parents[2]
LEVELS = ("central", "province", "district")
DISTRICTS = 10  # that are rooms of the province
WAIT_S = 20.0


@dataclass
class Level:
    """One installation's media worker, a process of its own."""

    name: str
    media: MediaClient
    process: asyncio.subprocess.Process
    states: dict[str, str] = field(default_factory=dict)  # "side link" → state

    def cost(self) -> Cost:
        return cost(self.process.pid)

    async def links(self, side: str) -> dict[str, LinkStats]:
        return {one.link: one for one in (await self.media.stats()).links if one.side == side}


class Tree:
    """``async with Tree(folder) as tree``: the root's room is "central", the others' as their names say."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = AsyncExitStack()
        self.levels: dict[str, Level] = {}
        self.relays: dict[str, Relay] = {}

    async def __aenter__(self) -> Tree:
        for name in LEVELS:
            self.levels[name] = await self._start(name)
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._stack.aclose()

    async def _start(self, name: str) -> Level:
        socket = self._folder / f"{name}.sock"
        command = (sys.executable, "-m", "bench.fanout.servers.our_worker", str(socket), "--estimates")
        log = (self._folder / f"{name}.log").open("wb")
        self._stack.callback(log.close)
        process = await asyncio.create_subprocess_exec(
            *command, stdout=log, stderr=log, env={**os.environ, "PYTHONPATH": str(ROOT)}
        )
        self._stack.push_async_callback(_end, process)
        states: dict[str, str] = {}

        def heard(event: object) -> None:
            if isinstance(event, LinkChanged):
                states[f"{event.side} {event.link}"] = event.state

        media = MediaClient(socket, heard)
        running = asyncio.create_task(media.run())
        self._stack.push_async_callback(_cancel, running)
        await media.wait_up(30)
        await media.open_room(name)
        return Level(name, media, process, states)

    async def link_all(self, lines: dict[str, LinkSettings] | None = None) -> None:
        """District to province, province to central, and the province's own district rooms to its own; ``lines``: of
        the levels below each, where they are not perfect."""
        for lower, upper in (("province", "central"), ("district", "province")):
            line = (lines or {}).get(lower)
            await self._link(self.levels[lower], lower, self.levels[upper], upper, line)
        province = self.levels["province"]
        for number in range(DISTRICTS):
            await province.media.open_room(room_of(number))
            await self._link(province, room_of(number), province, "province", None)

    async def _link(self, lower: Level, room: str, upper: Level, above: str, line: LinkSettings | None) -> None:
        offer = await lower.media.open_link(room, room, "level")
        answer = await upper.media.accept_link(above, room, "level", offer)
        if line is not None:
            host, port, _ = next(one for one in answer["addresses"] if one[2] == "udp")
            relay = Relay((host, port), LineSettings(line, line))
            self.relays[room] = await self._stack.enter_async_context(relay)
            answer = {**answer, "addresses": [[*relay.address, "udp"]]}
        await lower.media.connect_link(room, answer)
        async with asyncio.timeout(WAIT_S):
            while lower.states.get(f"lower {room}") != "up" or upper.states.get(f"upper {room}") != "up":  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    async def join(self, load: Load, client: Client, level: str, room: str, name: str, may_send: list[str]) -> None:
        """A site, from its offer to its keys."""
        joined = await self.levels[level].media.join(room, name, name, client.offer(), may_send)
        client.take_answer(joined.answer)
        await load.join(client)


def room_of(number: int) -> str:
    return f"district {number}"


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), 5)
    if process.returncode is None:
        process.kill()
        await process.wait()


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
