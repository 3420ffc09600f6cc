"""Asking a sender for what is missing, RFC 4585 6.2.1: which packets, when, how often, and when to give up.

A hole is asked for 20 ms after it is noticed, or at once when three later packets have come; then again every
max(round trip, 40 ms), ten times or for a second. What is given up is counted; for video a keyframe must follow.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["NackGenerator"]

REORDER_SECONDS = 0.02
REORDER_PACKETS = 3
MAX_REQUESTS = 10
MIN_INTERVAL = 0.04
GIVE_UP_SECONDS = 1.0
MAX_HOLE = 500  # packets; a bigger one is no loss to repair but an outage


@dataclass(slots=True)
class _Missing:
    noticed_at: float
    due: float
    requests: int = 0


class NackGenerator:
    """Follows the indices of one inbound stream."""

    __slots__ = ("_highest", "_missing", "given_up", "lost")

    def __init__(self) -> None:
        self._highest: int | None = None
        self._missing: dict[int, _Missing] = {}  # by index, in order of index
        self.given_up = 0  # packets, ever
        self.lost: int | None = None  # the highest index given up

    def __len__(self) -> int:
        return len(self._missing)

    def clear(self) -> None:
        """Forget every hole: nobody waits for the stream any more."""
        self._missing.clear()
        self._highest = None

    def begin(self, highest: int) -> None:
        """What comes after ``highest`` is wanted."""
        self._highest = highest

    def receive(self, index: int, now: float) -> bool:
        """A packet came, fresh or repaired. False when the hole before it is too big to repair."""
        highest = self._highest
        if highest is None:
            self._highest = index
            return True
        if index <= highest:
            self._missing.pop(index, None)
            return True
        self._highest = index
        if index == highest + 1 and not self._missing:
            return True
        return self._extend(highest, index, now)

    def _extend(self, highest: int, index: int, now: float) -> bool:
        if index - highest - 1 + len(self._missing) > MAX_HOLE:
            self.given_up += index - highest - 1 + len(self._missing)
            self._missing.clear()
            return False
        for number in range(highest + 1, index):
            self._missing[number] = _Missing(now, now + REORDER_SECONDS)
        for number, missing in self._missing.items():
            if index - number < REORDER_PACKETS:
                break
            if missing.requests == 0:
                missing.due = min(missing.due, now)
        return True

    def requests(self, now: float, round_trip: float) -> list[int]:
        """Indices to ask for now. Gives up what is too old; see ``given_up``."""
        wanted: list[int] = []
        for index, missing in list(self._missing.items()):
            if (missing.requests >= MAX_REQUESTS and missing.due <= now) or now - missing.noticed_at >= GIVE_UP_SECONDS:
                del self._missing[index]
                self.given_up += 1
                self.lost = index
            elif missing.due <= now:
                missing.requests += 1
                missing.due = now + max(round_trip, MIN_INTERVAL)
                wanted.append(index)
        return wanted

    def next_timeout(self) -> float | None:
        """When ``requests`` has something to do."""
        return min((missing.due for missing in self._missing.values()), default=None)
