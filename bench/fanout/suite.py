"""All scenarios, one after the other: ``python -m bench fanout``. Short: under six minutes.

Every run is kept whole in bench/results/fanout_runs.json; the figures of the table are taken from it. Needs root.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import dataclass, replace
from typing import Any

from bench.fanout.arena import Arena, arena
from bench.fanout.measure import measure as measure_one
from bench.fanout.presets import PRESETS
from bench.fanout.process import come_first
from bench.fanout.servers import SERVERS
from bench.record import RESULTS, Figure

SHORT = {"seconds": 3.0, "full": False}
FULL = {"seconds": 10.0, "full": True}
STEADY_S = {False: 20.0, True: 1800.0}
FIGURES = {  # key of a run → unit
    "packets_per_cpu_second": "packets/CPU-s", "packets_per_second": "packets/s", "cores": "cores", "loss": "share",
    "delay_p50_ms": "ms", "delay_p99_ms": "ms", "rss_mb": "MB", "join_cpu_ms": "CPU-ms", "join_kb": "kB",
    "first_frame_p50_ms": "ms", "first_frame_p95_ms": "ms", "keyframe_requests": "requests",
    "cpu_ms_per_viewer": "CPU-ms", "repair_packets": "packets", "dropped_on_purpose": "packets",
    "mbit_per_second": "Mbit/s", "memory_growth_mb": "MB",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Planned:
    """One scenario, who is in it, and which figures stand in the table."""

    name: str
    preset: str
    servers: tuple[str, ...] = ("ours",)
    changes: tuple[tuple[str, Any], ...] = ()
    only_full: bool = False
    also: tuple[str, ...] = ()  # servers of the full form only
    figures: tuple[str, ...] = ("packets_per_cpu_second", "packets_per_second", "loss", "delay_p99_ms")


PACED = ("packets_per_cpu_second", "cores", "loss", "delay_p50_ms", "delay_p99_ms")
PLAN = (
    Planned("most", "most", ("ours", "janus", "limit"), also=("livekit", "mediarelay")),
    Planned("most, AES-CM", "most", ("janus",), (("profiles", ("AES128_CM_SHA1_80",)),), only_full=True),
    Planned("single", "single", ("ours", "limit")),
    Planned("even", "even", ("ours",), figures=PACED),
    Planned("even, bursts", "even", ("ours",), (("spread_ms", 0.0), ("uneven", False)), figures=PACED),
    Planned("50 viewers", "even", ("ours",), (("viewers", 50), ("spread_ms", 0.0)), figures=PACED),
    Planned("crowd", "crowd", ("ours",), figures=(*PACED, "rss_mb", "join_cpu_ms", "join_kb")),
    Planned("meeting", "meeting", ("ours",), figures=PACED),
    Planned("voices", "voices", ("ours",), figures=PACED),
    *(
        Planned(
            f"loss {percent} %", "loss", ("ours",), (("loss_percent", percent),), only_full=percent != 5,
            figures=(*PACED, "mbit_per_second", "dropped_on_purpose", "repair_packets"),
        )
        for percent in (1, 5, 10)
    ),
    Planned(
        "storm", "storm", ("ours",),
        figures=("first_frame_p50_ms", "first_frame_p95_ms", "keyframe_requests", "cpu_ms_per_viewer"),
    ),
    Planned("tcp", "tcp", ("ours",), figures=PACED),
    Planned("steady", "steady", ("ours",), figures=("cores", "loss", "rss_mb", "memory_growth_mb")),
)  # fmt: skip


def measure(seconds: float, full: bool) -> list[Figure]:
    """Runs the plan; what cannot run is said on standard error and left out."""
    come_first()
    return asyncio.run(_measure_all(seconds, full))


async def _measure_all(seconds: float, full: bool) -> list[Figure]:
    if os.geteuid() != 0:
        print("fanout: network namespaces need root; nothing measured", file=sys.stderr)
        return []
    runs: dict[str, dict[str, Any]] = {}
    with arena() as place:
        for planned in PLAN:
            if full or not planned.only_full:
                runs[planned.name] = await _run(place, planned, seconds, full)
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "fanout_runs.json").write_text(json.dumps(runs, indent=2) + "\n")
    return [figure for planned in PLAN for figure in _figures(planned, runs.get(planned.name, {}))] + _ratios(runs)


async def _run(place: Arena, planned: Planned, seconds: float, full: bool) -> dict[str, Any]:
    preset = PRESETS[planned.preset]
    scenario = replace(preset.scenario, **dict(planned.changes))
    if planned.preset != "storm":
        scenario = replace(scenario, seconds=STEADY_S[full] if planned.preset == "steady" else seconds)
    found = {}
    for name in planned.servers + (planned.also if full else ()):
        print(f"fanout: {planned.name}, {name} …", file=sys.stderr)
        found[name] = await measure_one(SERVERS[name], place, scenario, preset.run)
        if "error" in found[name]:
            print(f"fanout: {planned.name}, {name}: {found[name]['error']}", file=sys.stderr)
    return found


def _figures(planned: Planned, run: dict[str, Any]) -> list[Figure]:
    return [
        Figure(f"{planned.name}, {name}: {key}", found[key], FIGURES[key])
        for name, found in run.items()
        for key in planned.figures
        if found.get(key) is not None
    ]


def _ratios(runs: dict[str, dict[str, Any]]) -> list[Figure]:
    """Ours to each other server of the same run, packets per CPU-second."""
    key, figures = "packets_per_cpu_second", []
    for name, run in runs.items():
        ours = run.get("ours", {}).get(key)
        for other, found in run.items():
            if ours and other != "ours" and found.get(key):
                figures.append(Figure(f"{name}: ours / {other}", round(ours / found[key], 2), "ratio"))
    return figures
