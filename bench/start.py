"""Cold and warm start of ``giaoban serve``: an empty folder with the demonstration, and the same folder again.

``python -m bench start``: seconds from the command to the first good answer of /healthz.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from bench.record import Figure
from tests.installation import Installation

SHORT = {"times": 3}
FULL = {"times": 10}


async def seconds_to_ready(installation: Installation) -> float:
    begin = time.perf_counter()
    await installation.start()
    taken = time.perf_counter() - begin
    await installation.stop()
    return taken


def measure(times: int) -> list[Figure]:
    return asyncio.run(_measure(times))


async def _measure(times: int) -> list[Figure]:
    """Medians over ``times`` runs, and the best: the rest of the machine only ever adds."""
    cold, warm = [], []
    for _ in range(times):
        with tempfile.TemporaryDirectory() as folder:
            installation = Installation(Path(folder) / "data")
            cold.append(await seconds_to_ready(installation))
            warm.append(await seconds_to_ready(installation))
    return [
        Figure(f"{name}, {which}", round(choose(values), 2), "s")
        for name, values in (("cold: empty data folder, demonstration", cold), ("warm: the same folder again", warm))
        for which, choose in (("median", statistics.median), ("best", min))
    ]
