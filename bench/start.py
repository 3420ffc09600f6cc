"""Cold and warm start of ``giaoban serve``: an empty folder with the demonstration, and the same folder again.

``python -m bench start``: seconds from the command to the first good answer of /healthz.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
import time
from pathlib import Path

from bench.record import Figure
from tests.installation import Installation

SHORT = {"times": 3}
FULL = {"times": 10}


def measure(times: int) -> list[Figure]:
    return asyncio.run(_measure(times))


async def _measure(times: int) -> list[Figure]:
    """Each start by the clock and by the CPU time of its four processes: the clock counts what else ran, too."""
    cold, warm = [], []
    for _ in range(times):
        with tempfile.TemporaryDirectory() as folder:
            installation = Installation(Path(folder) / "data")
            cold.append(await _start(installation))
            warm.append(await _start(installation))
    figures = []
    for name, values in (("cold: empty folder, demonstration", cold), ("warm: the same folder again", warm)):
        for index, what in enumerate(("median", "best")):
            choose = (statistics.median, min)[index]
            figures.append(Figure(f"{name}, {what}", round(choose(taken for taken, _ in values), 2), "s"))
        figures.append(Figure(f"{name}, median", round(statistics.median(cpu for _, cpu in values), 2), "CPU-s"))
    return figures


async def _start(installation: Installation) -> tuple[float, float]:
    """(seconds, CPU-seconds) until it answers."""
    begin = time.perf_counter()
    await installation.start()
    taken = time.perf_counter() - begin
    assert installation.process
    web = installation.pid_of("web")
    fork_server = int(_stat(web)[1])
    pids = (installation.process.pid, fork_server, web, installation.pid_of("media-1"))
    spent = sum(_cpu_seconds(pid) for pid in pids)
    await installation.stop()
    return taken, spent


def _cpu_seconds(pid: int) -> float:
    """User and system time of a process so far (proc(5), fields 14 and 15)."""
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> list[str]:
    """The fields of proc(5) from the state on; the second is the parent."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
