"""``python -m bench national_sqlite``: with SQLite at central too, where sixty-three links write into one file."""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.national.suite import CENTRAL, of_country
from bench.record import Figure
from scheduler.settings import DatabaseSettings

SHORT: dict[str, Any] = {"provinces": 6, "sites": 30, "seconds": 4.0, "grants": 4}
FULL: dict[str, Any] = {"provinces": 63, "sites": 30, "seconds": 20.0, "grants": 6}


def measure(provinces: int, sites: int, seconds: float, grants: int) -> list[Figure]:
    with TemporaryDirectory() as folder:
        at_top = DatabaseSettings(f"sqlite+aiosqlite:///{folder}/{CENTRAL}.sqlite")
        return asyncio.run(of_country(Path(folder), at_top, provinces, sites, seconds, grants))
