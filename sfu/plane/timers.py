"""What is due when: a heap of calls. An owner that went away lets its calls run into nothing."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count

__all__ = ["Timers"]


class Timers:
    """Calls by time; those of the same time in the order they were asked for."""

    __slots__ = ("_heap", "_numbers")

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Callable[[float], None]]] = []
        self._numbers = count()

    def at(self, due: float, call: Callable[[float], None]) -> None:
        """Have ``call(now)`` made by the first ``run`` at or after ``due``."""
        heapq.heappush(self._heap, (due, next(self._numbers), call))

    def next_due(self) -> float | None:
        """The earliest time asked for."""
        return self._heap[0][0] if self._heap else None

    def run(self, now: float) -> None:
        """Make all calls that are due."""
        heap = self._heap
        while heap and heap[0][0] <= now:
            heapq.heappop(heap)[2](now)
