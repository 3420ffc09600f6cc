"""Is the delay growing? A line through the last delays, against a threshold that adapts (GCC 5.4)."""

from __future__ import annotations

from collections import deque
from typing import Literal

Usage = Literal["normal", "over", "under"]

WINDOW = 20  # groups
SMOOTHING = 0.9
GAIN = 4.0
DELTAS_COUNTED = 60
THRESHOLD_MS, THRESHOLD_MIN_MS, THRESHOLD_MAX_MS = 12.5, 6.0, 600.0
UP, DOWN = 0.0087, 0.039  # of the threshold, each ms
LEAP_MS = 15.0  # a trend further from the threshold than this does not move it
OVER_S = 0.010  # so long over the threshold, in more than one group


class Trendline:
    """``usage`` after each group's delta."""

    __slots__ = ("_accumulated", "_count", "_over", "_over_s", "_points", "_smoothed", "_threshold", "_trend", "usage")

    def __init__(self) -> None:
        self.usage: Usage = "normal"
        self._points: deque[tuple[float, float]] = deque(maxlen=WINDOW)  # arrival and smoothed delay, ms
        self._accumulated = self._smoothed = 0.0
        self._count = 0
        self._threshold = THRESHOLD_MS
        self._trend = 0.0
        self._over_s = 0.0
        self._over = 0

    def add(self, sent_s: float, arrived_s: float, arrived_at: float) -> Usage:
        """Take the distance between two groups as sent and as arrived."""
        self._accumulated += (arrived_s - sent_s) * 1000
        self._count = min(self._count + 1, DELTAS_COUNTED)
        self._smoothed = SMOOTHING * self._smoothed + (1 - SMOOTHING) * self._accumulated
        self._points.append((arrived_at * 1000, self._smoothed))
        trend = self._slope() if len(self._points) == WINDOW else self._trend
        self._detect(trend, sent_s, arrived_s)
        return self.usage

    def _slope(self) -> float:
        """Least squares, in ms of delay per ms."""
        base = self._points[0][0]
        n = sx = sy = sxx = sxy = 0.0
        for at, delay in self._points:
            x = at - base
            n += 1
            sx += x
            sy += delay
            sxx += x * x
            sxy += x * delay
        spread = n * sxx - sx * sx
        return (n * sxy - sx * sy) / spread if spread > 0 else self._trend

    def _detect(self, trend: float, sent_s: float, arrived_s: float) -> None:
        modified = self._count * trend * GAIN
        if modified > self._threshold:
            self._over_s += sent_s if self._over else sent_s / 2
            self._over += 1
            if self._over_s > OVER_S and self._over > 1 and trend >= self._trend:
                self._over_s, self._over = 0.0, 0
                self.usage = "over"
        else:
            self._over_s, self._over = 0.0, 0
            self.usage = "under" if modified < -self._threshold else "normal"
        self._trend = trend
        self._adapt(abs(modified), arrived_s * 1000)

    def _adapt(self, modified: float, elapsed_ms: float) -> None:
        if modified > self._threshold + LEAP_MS:
            return
        speed = DOWN if modified < self._threshold else UP
        step = speed * (modified - self._threshold) * min(max(elapsed_ms, 0.0), 100.0)
        self._threshold = min(max(self._threshold + step, THRESHOLD_MIN_MS), THRESHOLD_MAX_MS)
