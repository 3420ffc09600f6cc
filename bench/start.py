"""Cold and warm start of ``giaoban serve``: an empty folder with the demonstration, and the same folder again.

``python -m bench.start --times 3``: seconds from the command to the first good answer of /healthz.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from pathlib import Path

from tests.installation import Installation


async def seconds_to_ready(installation: Installation) -> float:
    begin = time.perf_counter()
    await installation.start()
    taken = time.perf_counter() - begin
    await installation.stop()
    return taken


async def measure(times: int) -> dict[str, float | int | str]:
    """Medians over ``times`` runs."""
    cold, warm = [], []
    for _ in range(times):
        with tempfile.TemporaryDirectory() as folder:
            installation = Installation(Path(folder) / "data")
            cold.append(await seconds_to_ready(installation))
            warm.append(await seconds_to_ready(installation))
    return {
        "name": "start",
        "times": times,
        "cold_s": round(statistics.median(cold), 2),
        "warm_s": round(statistics.median(warm), 2),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=3)
    print(json.dumps(asyncio.run(measure(parser.parse_args().times)), indent=2))
