"""Everybody sees everybody: n peers, each with three simulcast layers and a picture of each other one (ours only)."""

from __future__ import annotations

import asyncio
from typing import Any

from bench.fanout.arena import Arena
from bench.fanout.client import Client
from bench.fanout.connection import Identity
from bench.fanout.load import Load
from bench.fanout.measure import about
from bench.fanout.process import cost
from bench.fanout.scenario import Scenario
from bench.fanout.servers.ours import ROOM, Ours
from bench.fanout.servers.server import CannotRun, Server
from bench.fanout.trial import FAULTS, SHARES
from sfu.light_peer.offer import Wanted
from web.media.messages import Program

LAYERS = {"q": (15, 1, 900), "h": (30, 2, 1000), "f": (30, 5, 1000)}  # frames a second, packets of each, bytes
ARRIVE_S = 20.0


async def meeting(server: Server, load: Load, arena: Arena, scenario: Scenario) -> dict[str, Any]:
    """``scenario.viewers`` peers; figures of ``scenario.seconds``."""
    if not isinstance(server, Ours):
        raise CannotRun("this scenario is driven through our own control plane only")
    names = [f"p{number}" for number in range(scenario.viewers)]
    await _join(server, load, arena, names)
    for client in load.clients:
        for publisher, (frames, packets, size) in zip(client.publishers, LAYERS.values(), strict=True):
            load.play_one(publisher, frames, packets, size)
    showing = await _everybody_sees(load, len(names) - 1)
    before, missing = cost(server.pid), _missing(load)
    load.generator.reset()
    await asyncio.sleep(scenario.seconds)
    totals, after = load.generator.totals(), cost(server.pid)
    wrong = {name: totals[name] for name in FAULTS if totals[name]}
    if wrong:
        raise CannotRun(f"what it sent is wrong: {wrong}")
    spent = after.cpu_s - before.cpu_s
    delays = load.generator.delays_ms(SHARES)
    return {
        "peers": len(names),
        "pictures_shown": showing,
        "packets_per_cpu_second": round(totals["received"] / max(spent, 0.01)),
        "packets_per_second": round(totals["received"] / scenario.seconds),
        "packets_in_per_second": round(totals["sent"] / scenario.seconds),
        "loss": round(max(0, _missing(load) - missing) / max(1, totals["received"]), 5),
        "delay_p50_ms": round(delays[0], 3),
        "delay_p99_ms": round(delays[2], 3),
        "cores": round(spent / scenario.seconds, 3),
        "rss_mb": round(after.rss_bytes / 1e6, 1),
        **about(server, load),
    }


async def _join(server: Ours, load: Load, arena: Arena, names: list[str]) -> None:
    identity = Identity()
    others = len(names) - 1  # of several receiving video lines the first is the presentation's
    wanted = Wanted(False, True, rids=tuple(LAYERS), audio_slots=0, presentation_slots=1, video_slots=others)
    for name in names:
        client = Client(identity, arena.address(), wanted)
        joined = await server.media.join(ROOM, name, name, client.offer(), ["video"])
        client.take_answer(joined.answer)
        await load.join(client)
    await server.media.set_program(ROOM, Program(floor=names[0]), [])
    for name in names:
        await server.media.set_view(name, [other for other in names if other != name], len(names) - 1, False)


async def _everybody_sees(load: Load, pictures: int) -> int:
    """Waits for every slot of everybody; how many there are at last."""
    shown = 0
    for _ in range(int(ARRIVE_S / 0.5)):
        await asyncio.sleep(0.5)
        shown = sum(bool(s["first_frame_ns"]) for client in load.clients for s in load.generator.streams(client.number))
        if shown == pictures * len(load.clients):
            break
    return shown


def _missing(load: Load) -> int:
    return sum(s["lost"] for client in load.clients for s in load.generator.streams(client.number))
