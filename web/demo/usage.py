"""What the demonstration's processes use of the processor: each of those it started, with all below it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Stat:
    """Of one process; ``ticks``: its own, and those of its children that it has seen end."""

    parent: int
    ticks: int


def read_stat(text: str) -> Stat:
    """``/proc/…/stat`` (proc(5)): the name in brackets may hold anything."""
    fields = text.rpartition(")")[2].split()
    return Stat(int(fields[1]), sum(int(one) for one in fields[11:15]))


def all_stats() -> dict[int, Stat]:
    found = {}
    for folder in PROC.iterdir():
        if folder.name.isdigit():
            try:
                found[int(folder.name)] = read_stat((folder / "stat").read_text())
            except OSError:  # it ended meanwhile
                continue
    return found


def seconds_of(root: int, stats: Mapping[int, Stat], ticks_per_s: int) -> float:
    """Of this process and all below it."""
    below: dict[int, list[int]] = {}
    for pid, stat in stats.items():
        below.setdefault(stat.parent, []).append(pid)
    waiting, ticks = [root], 0
    while waiting:
        pid = waiting.pop()
        waiting += below.get(pid, [])
        ticks += stats[pid].ticks if pid in stats else 0
    return ticks / ticks_per_s


def cpu_seconds(started: Iterable[tuple[str, int]]) -> dict[str, float]:
    """By name, of processes by name and id: since they began."""
    stats, ticks_per_s = all_stats(), os.sysconf("SC_CLK_TCK")
    return {name: seconds_of(pid, stats, ticks_per_s) for name, pid in started}


def words(before: Mapping[str, float], after: Mapping[str, float]) -> str:
    """What was used in between: "province 6.6 s, sites 4.0 s", the most first."""
    used = {name: seconds - before.get(name, 0.0) for name, seconds in after.items()}
    shown = sorted(used.items(), key=lambda one: -one[1])
    return ", ".join(f"{name} {seconds:.1f} s" for name, seconds in shown if seconds >= 0.05)
