"""What one peer may ask of a plane: budgets that use fills and time empties. What is over is dropped, counted."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["UNLIMITED", "Budget", "Budgets"]


@dataclass(frozen=True, slots=True)
class Budgets:
    """Each a second. Who was quiet may use a whole second's worth at once, for a network may have held it back."""

    audio_packets: int = 200  # of one encoding: Opus in frames of 10 ms, twice
    audio_bytes: int = 100_000
    video_packets: int = 2000  # of one encoding, its repairs among them
    video_bytes: int = 1_500_000
    control_packets: int = 500  # compounds of one peer
    nacked_packets: int = 2000  # that one peer asks for again
    repair_bytes: int = 1_000_000  # sent again to one peer; a quarter of a second's worth at once


UNLIMITED = Budgets(*[10**12] * 7)  # for measuring

KEYFRAMES = 4.0  # PLI and FIR of one viewer for one of its streams, at once
KEYFRAMES_PER_SECOND = 0.25
STRANGE_EVENTS = 50.0  # UnknownStream of one peer, at once
STRANGE_EVENTS_PER_SECOND = 20.0
REPAIR_SECONDS = 0.25


class Budget:
    """One of them, for one thing."""

    __slots__ = ("_at", "_used")

    def __init__(self) -> None:
        self._used = 0.0
        self._at = 0.0

    def spend(self, cost: float, rate: float, most: float, now: float) -> bool:
        """Use so much of it; False, and nothing is used, when that is more than is left."""
        self._used = max(0.0, self._used - (now - self._at) * rate)
        self._at = now
        if self._used + cost > most:
            return False
        self._used += cost
        return True
