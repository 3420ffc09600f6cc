"""Latency of the API with many meetings in the database: p50 and p95 of what people open most.

``python -m bench.api --meetings 1000 --requests 200``: one visitor after another, over real HTTP.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.installation import Installation
from tests.story import log_in
from tests.visitor import Visitor

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


async def time_requests(visitor: Visitor, path: str, requests: int) -> dict[str, float]:
    taken = []
    for _ in range(requests):
        begin = time.perf_counter()
        await visitor.get(path)
        taken.append((time.perf_counter() - begin) * 1000)
    return {
        "p50_ms": round(statistics.median(taken), 1),
        "p95_ms": round(statistics.quantiles(taken, n=20)[18], 1),
    }


async def measure(meetings: int, requests: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        async with Installation(Path(folder) / "data") as installation:
            secretary = await log_in(installation, "thuky.quanba")
            last = await plan_many(secretary, meetings)
            paths = (*PATHS, f"/api/meetings/{last}")
            rows = {path.replace(last, "{id}"): await time_requests(secretary, path, requests) for path in paths}
            await secretary.http.aclose()
    return {"name": "api", "meetings": meetings, "requests": requests, "paths": rows}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--meetings", type=int, default=1000)
    parser.add_argument("--requests", type=int, default=200)
    arguments = parser.parse_args()
    print(json.dumps(asyncio.run(measure(arguments.meetings, arguments.requests)), indent=2))
