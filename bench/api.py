"""Latency of the API with many meetings in the database: p50 and p95 of what people open most.

One visitor, one request after another, over real HTTP. ``python -m bench api``.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.record import Figure, spread
from tests.installation import Installation
from tests.story import log_in
from web.visiting.visitor import Visitor

SHORT = {"meetings": 1000, "requests": 100}
FULL = {"meetings": 1000, "requests": 1000}
PATHS = ("/api/today", "/api/meetings", "/api/meetings?q=giao+ban", "/api/search?q=quan+ba")


async def plan_many(secretary: Visitor, number: int) -> str:
    """Plan this many meetings through the API; returns the id of the last."""
    unit_id = next(role["unit_id"] for role in secretary.session["roles"] if role["role"] == "secretary")
    begin = datetime.now(UTC)
    last = ""
    for index in range(number):
        starts_at = begin + timedelta(hours=index)
        plan = {
            "title": f"Giao ban huyện Quản Bạ số {index}",
            "host_unit_id": unit_id,
            "starts_at": starts_at.isoformat(),
            "ends_at": (starts_at + timedelta(hours=1)).isoformat(),
            "items": [{"title": "Tình hình tháng", "minutes": 30}],
        }
        last = (await secretary.post("/api/meetings", plan))["id"]
    return last


async def time_requests(visitor: Visitor, path: str, requests: int) -> list[float]:
    """Milliseconds of each."""
    taken = []
    for _ in range(requests):
        begin = time.perf_counter()
        await visitor.get(path)
        taken.append((time.perf_counter() - begin) * 1000)
    return taken


def measure(meetings: int, requests: int) -> list[Figure]:
    return asyncio.run(_measure(meetings, requests))


async def _measure(meetings: int, requests: int) -> list[Figure]:
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder:
        async with Installation(Path(folder) / "data") as installation:
            secretary = await log_in(installation, "thuky.quanba")
            last = await plan_many(secretary, meetings)
            for path in (*PATHS, f"/api/meetings/{last}"):
                figures += spread(path.replace(last, "{id}"), await time_requests(secretary, path, requests))
            await secretary.http.aclose()
    return figures
