"""A long stretch at an even rate: does memory grow?"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from bench.fanout.arena import Arena
from bench.fanout.load import Load
from bench.fanout.measure import about, check, everybody_watches, figures_of, gather
from bench.fanout.process import cost
from bench.fanout.scenario import Scenario
from bench.fanout.servers.server import Server
from bench.fanout.trial import run_trial

SAMPLES = 20
SETTLED = 0.25  # of the time, after which memory counts


async def steady(server: Server, load: Load, arena: Arena, scenario: Scenario) -> dict[str, Any]:
    """Figures of a stretch, and the resident memory along it."""
    joining = await gather(server, load, arena, scenario)
    await everybody_watches(server, load)
    watching = asyncio.create_task(memory_along(server.pid, scenario.seconds))
    trial = await run_trial(server, load, scenario, scenario.rate or 30_000, scenario.seconds)
    samples = await watching
    check(server, trial)
    settled = [rss for share, rss in samples if share >= SETTLED]
    return {
        **figures_of(trial),
        **joining.figures(),
        "memory_mb": [rss for _, rss in samples],
        "memory_growth_mb": round(settled[-1] - settled[0], 1),
        "minutes": round(scenario.seconds / 60, 1),
        **about(server, load),
    }


async def memory_along(pid: int, seconds: float) -> list[tuple[float, float]]:
    """(share of the time, MB)."""
    began, found = time.monotonic(), []
    for number in range(SAMPLES + 1):
        await asyncio.sleep(max(0.0, began + seconds * number / SAMPLES - time.monotonic()))
        found.append((number / SAMPLES, round(cost(pid).rss_bytes / 1e6, 1)))
    return found
