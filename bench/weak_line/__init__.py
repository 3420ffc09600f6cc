"""What a real Chromium gets over a weak line: frozen pictures, concealed sound, how soon it is better.

A Chromium sends q, h, f of a lively 960 × 540, another looks and listens through ``sfu/relay``; ``python -m bench
weak_line`` measures ours, ``python -m bench.weak_line --against janus --against livekit`` all on the same lines.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from bench.record import Figure
from bench.weak_line.measure import measure_row
from bench.weak_line.rows import FULL_ROWS, SHORT_ROWS, Row

SHORT: dict[str, Any] = {"full": False}
FULL: dict[str, Any] = {"full": True}


def measure(full: bool) -> list[Figure]:
    return measure_rows(FULL_ROWS if full else SHORT_ROWS, ("ours",))


def measure_rows(rows: Sequence[Row], servers: Sequence[str]) -> list[Figure]:
    """Row by row, all servers one after the other, so that a busy hour of the machine harms all."""
    return [figure for row in rows for name in servers for figure in asyncio.run(measure_row(row, name))]
