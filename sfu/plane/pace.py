"""How fast the video of one transport may leave: a bucket that packets fill and time empties."""

from __future__ import annotations

__all__ = ["LEAST_BITRATE", "Pace"]

LEAST_BITRATE = 1000
BURST_SECONDS = 0.02  # what may leave at once
LEAST_BURST = 1500.0  # bytes


class Pace:
    """Of one transport. While the bucket is not full one more packet may leave, however large."""

    __slots__ = ("_at", "_burst", "_level", "_rate")

    def __init__(self, bitrate: int, now: float) -> None:
        self._level = 0.0
        self._at = now
        self._rate = self._burst = 0.0
        self.change(bitrate, now)

    def change(self, bitrate: int, now: float) -> None:
        """From now on at this rate."""
        self._leak(now)
        self._rate = bitrate / 8
        self._burst = max(LEAST_BURST, self._rate * BURST_SECONDS)

    def is_open(self, now: float) -> bool:
        """Whether a packet may leave now."""
        self._leak(now)
        return self._level < self._burst

    def charge(self, size: int) -> None:
        """So many bytes left."""
        self._level += size

    def opens_at(self) -> float:
        """When, after ``is_open`` said no, it may say yes."""
        return self._at + (self._level - self._burst) / self._rate

    def _leak(self, now: float) -> None:
        self._level = max(0.0, self._level - (now - self._at) * self._rate)
        self._at = now
