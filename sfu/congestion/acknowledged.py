"""What arrives: bits per second over the last half second by the receiver's clock, no more than was sent meanwhile."""

from __future__ import annotations

from collections import deque

WINDOW_S = 0.5
MAX_REPORTS = 64


class Acknowledged:
    """``bitrate`` is None until half a second has been reported."""

    __slots__ = ("_bytes", "_reports", "bitrate")

    def __init__(self) -> None:
        self.bitrate: int | None = None
        self._reports: deque[tuple[float, float, int]] = deque()  # newest arrival, newest sending, bytes
        self._bytes = 0

    def add(self, arrived_at: float, sent_at: float, size: int) -> None:
        """Note what one report acknowledged: the newest of its times, and its bytes."""
        reports = self._reports
        if reports and not 0 <= arrived_at - reports[-1][0] < 10 * WINDOW_S:
            reports.clear()
            self._bytes = 0
        reports.append((arrived_at, sent_at, size))
        self._bytes += size
        while len(reports) > MAX_REPORTS or (len(reports) > 2 and arrived_at - reports[1][0] >= WINDOW_S):
            self._bytes -= reports.popleft()[2]
        first = reports[0]
        span = max(arrived_at - first[0], sent_at - first[1])  # all arriving at once is no great speed
        if span >= WINDOW_S * 0.6:
            self.bitrate = int((self._bytes - first[2]) * 8 / span)
