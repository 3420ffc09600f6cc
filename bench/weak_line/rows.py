"""The lines that are measured."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """A line: its rates with their seconds, loss, round trip, queue."""

    name: str
    phases: tuple[tuple[int, int], ...]
    loss: float = 0.0
    rtt_s: float = 0.1
    queue_bytes: int = 32_000
    is_known: bool = False  # the administrator has entered what it carries; only our server can be told


SHORT_ROWS = (
    Row("500 kbit/s, 5 %, 100 ms", ((500_000, 40),), loss=0.05),
    Row("2 Mbit/s, 20 %, 100 ms", ((2_000_000, 40),), loss=0.2),
    Row("5 → 0.5 → 5 Mbit/s, 100 ms", ((5_000_000, 15), (500_000, 20), (5_000_000, 25))),
)
FULL_ROWS = (
    *SHORT_ROWS,
    *(Row(f"2 Mbit/s, {loss:.0%}, 100 ms", ((2_000_000, 40),), loss=loss) for loss in (0.01, 0.05, 0.1)),
    *(Row(f"2 Mbit/s, 0 %, {rtt} ms", ((2_000_000, 40),), rtt_s=rtt / 1000) for rtt in (50, 100, 300)),
    Row("150 kbit/s, 0 %, 100 ms", ((150_000, 40),)),
    Row("150 kbit/s known, 0 %, 100 ms", ((150_000, 40),), is_known=True),
)
