"""Which media worker takes one more room: the one with the least load, where it has room for it.

Pure. The load of a worker is what it measures, or what its rooms will bring once everybody whom they expect is there,
whichever is more: rooms open together, empty, at the full hour, when nothing can be measured yet.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from web.media.messages import Load

BUSY = 0.85  # share of its core
PEERS_PER_CORE = 500
"""200 viewers of one picture take a third of a core (docs/performance.md)."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A worker that is there: what it said of itself, and how many peers its rooms expect."""

    name: str
    load: Load
    peers: int

    @property
    def share(self) -> float:
        """Of a core. Below a tenth a measurement says nothing: start and rest look alike."""
        measured = math.floor(self.load.level * 10) / 10
        return max(measured, self.peers / PEERS_PER_CORE)


def place(candidates: Iterable[Candidate]) -> str | None:
    """The name of the worker; one that takes no rooms or is busy only where all are; None without any."""
    there = list(candidates)
    takes = [one for one in there if one.load.takes_rooms] or there
    calm = [one for one in takes if one.load.level < BUSY] or takes
    best = min(calm, key=lambda one: (one.share, one.load.packets_per_s, one.name), default=None)
    return best.name if best else None
