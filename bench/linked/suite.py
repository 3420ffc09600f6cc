"""All of it: growing numbers of sites, few peers looked at closely, and a thin and lossy line to the district."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from bench.fanout.process import come_first
from bench.linked.crowd import crowd
from bench.linked.small import small
from bench.linked_media import a_thin_link
from bench.record import Figure

SHORT = {"sites": (30, 208), "grants": 6, "seconds": 10.0}
FULL = {"sites": (30, 60, 120, 208), "grants": 24, "seconds": 30.0}


def measure(sites: tuple[int, ...], grants: int, seconds: float) -> list[Figure]:
    come_first()
    return asyncio.run(_all(sites, grants, seconds))


async def _all(sites: tuple[int, ...], grants: int, seconds: float) -> list[Figure]:
    figures: list[Figure] = []
    for count in sites:
        with tempfile.TemporaryDirectory() as folder:
            figures += await crowd(Path(folder), count, seconds)
    return [*figures, *await small(grants, seconds), *await a_thin_link(seconds)]
