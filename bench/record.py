"""What every result carries: figures, settings, machine, versions and load; written as JSON, printed as one table."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.media.chromium import EXECUTABLE

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number; several of one measure stand together under its name."""

    what: str
    value: float
    unit: str


def spread(what: str, values: Sequence[float], unit: str = "ms") -> list[Figure]:
    """Median and 95th percentile."""
    return [
        Figure(f"{what}, p50", round(statistics.median(values), 1), unit),
        Figure(f"{what}, p95", round(percentile(values, 0.95), 1), unit),
    ]


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest measured value that at least this share does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -int(-share * len(ordered) // 1) - 1))]


@dataclass(frozen=True, slots=True)
class Result:
    """One run of one measure."""

    name: str
    figures: list[Figure]
    settings: dict[str, Any]
    machine: dict[str, Any]
    versions: dict[str, str]
    load_before: float  # of one minute: what else ran, in busy processes
    at: str

    def write(self, folder: Path = RESULTS) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{self.name}.json"
        file.write_text(json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n")
        return file


def record(name: str, figures: list[Figure], settings: dict[str, Any], load_before: float) -> Result:
    """The figures with where they come from."""
    return Result(
        name, figures, settings, machine(), versions(), load_before, datetime.now(UTC).isoformat("T", "seconds")
    )


def machine() -> dict[str, Any]:
    cpu = next(
        (line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), ": ?"
    )
    return {
        "cores": os.cpu_count(),
        "cpu": cpu.split(":", 1)[1].strip(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "kernel": platform.release(),
    }


def versions() -> dict[str, str]:
    return {
        "python": platform.python_version(),
        "giaoban": _said("git", "describe", "--always", "--dirty"),
        "chromium": _said(EXECUTABLE, "--version"),
    }


def _said(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def print_table(results: Iterable[Result]) -> None:
    table = Table("measure", "figure", "value", "unit", "load before")
    table.columns[2].justify = "right"
    for result in results:
        for index, figure in enumerate(result.figures):
            first = index == 0
            load = f"{result.load_before:.1f}" if first else ""
            table.add_row(result.name if first else "", figure.what, f"{figure.value:,g}", figure.unit, load)
        table.add_section()
    Console(width=None if os.isatty(1) else 140).print(table)
