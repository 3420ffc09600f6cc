"""Everybody comes at once: 200 viewers in five seconds while the publisher plays. When does each see a first frame?"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from bench.fanout.arena import Arena
from bench.fanout.client import Client
from bench.fanout.connection import Identity
from bench.fanout.load import Load
from bench.fanout.measure import about, gather_publishers, viewer
from bench.fanout.process import cost
from bench.fanout.scenario import Scenario
from bench.fanout.servers.server import Server
from bench.record import percentile

WITHIN_S = 15.0
FRAMES_PER_SECOND = 30


async def storm(server: Server, load: Load, arena: Arena, scenario: Scenario) -> dict[str, Any]:
    """``scenario.seconds``: over which they come."""
    identity = Identity(scenario.profiles)
    await gather_publishers(server, load, arena, scenario, identity)
    server.play(load, FRAMES_PER_SECOND)
    await asyncio.sleep(1)
    load.generator.reset()
    before, began = cost(server.pid), time.monotonic()
    failed: list[str] = []

    async def one(number: int) -> None:
        await asyncio.sleep(scenario.seconds * number / scenario.viewers)
        client = viewer(arena, scenario, identity, number)
        try:
            await server.watch(load, client, number)
        except Exception as error:
            failed.append(f"{type(error).__name__}: {error}")

    await asyncio.gather(*(one(number) for number in range(scenario.viewers)))
    times = await first_frames_ms(load, began + WITHIN_S)
    server.play(load, 0)
    spent = cost(server.pid).cpu_s - before.cpu_s
    totals = load.generator.totals()
    return {
        "viewers": scenario.viewers,
        "saw_a_frame": len(times),
        "first_frame_p50_ms": round(percentile(times, 0.5), 1) if times else None,
        "first_frame_p95_ms": round(percentile(times, 0.95), 1) if times else None,
        "keyframe_requests": totals["plis_heard"],
        "keyframe_requests_of_viewers": totals["plis_sent"],
        "cpu_ms_per_viewer": round(spent / scenario.viewers * 1000, 2),
        "rss_mb": round(cost(server.pid).rss_bytes / 1e6, 1),
        **({"failed": len(failed), "why": failed[0]} if failed else {}),
        **about(server, load),
    }


async def first_frames_ms(load: Load, until: float) -> list[float]:
    """Of all who have seen one, from the moment each began to join."""
    while True:
        found = [ms for client in load.viewers() if (ms := _first_frame_ms(load, client)) is not None]
        if len(found) == len(load.viewers()) or time.monotonic() > until:
            return found
        await asyncio.sleep(0.1)


def _first_frame_ms(load: Load, client: Client) -> float | None:
    seen = [s["first_frame_ns"] for s in load.generator.streams(client.number) if s["first_frame_ns"]]
    return (min(seen) - client.began_ns) / 1e6 if seen else None
