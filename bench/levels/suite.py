"""Lines that take their time, cameras of one and three layers; the first grant, over lines nobody knows, apart."""

from __future__ import annotations

import asyncio
from typing import Any

from bench.levels.floor import CAMERAS, Floor, Taken
from bench.levels.tree import four_levels
from bench.record import Figure, spread
from web.demo.line import Impairment

AT_ONCE, FAR = Impairment(0), Impairment(100)  # 50 ms each way, on each of the three
SHORT: dict[str, Any] = {"times": 6, "rows": ((FAR, "three layers"),)}
FULL: dict[str, Any] = {"times": 25, "rows": ((AT_ONCE, "three layers"), *((FAR, camera) for camera in CAMERAS))}
PAUSE_S = 1.5


def measure(times: int, rows: tuple[tuple[Impairment, str], ...]) -> list[Figure]:
    return [figure for line, camera in rows for figure in asyncio.run(_row(line, camera, times))]


async def _row(line: Impairment, camera: str, times: int) -> list[Figure]:
    async with four_levels(line) as (levels, stack):
        floor = await Floor.open(levels, stack, camera)
        taken: list[Taken] = []
        for _ in range(times):
            await asyncio.sleep(PAUSE_S)
            taken.append(await floor.give())
    what = f"three lines of {line.rtt} ms, {camera}"
    return [
        *spread(f"{what}: request → in the queue at the top", [1000 * one.climbed for one in taken]),
        *spread(f"{what}: grant → the commune knows", [1000 * one.told for one in taken]),
        *spread(f"{what}: grant → its picture at the top", [1000 * one.shown for one in taken]),
        Figure(f"{what}: the first time", round(1000 * taken[0].shown, 1), "ms"),
    ]
