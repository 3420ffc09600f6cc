"""Application limited: we send far less than the link would carry, so that what arrives says nothing about the link."""

from __future__ import annotations

from collections import deque

WINDOW_S = 0.5
ENTER, LEAVE = 0.65, 0.8  # of the estimate


class Alr:
    """``is_limited``; ``bitrate``: what was sent over the last half second, as reports tell."""

    __slots__ = ("_bytes", "_sent", "bitrate", "is_limited")

    def __init__(self) -> None:
        self.is_limited = False
        self.bitrate = 0
        self._sent: deque[tuple[float, int]] = deque()
        self._bytes = 0

    def add(self, sent_at: float, size: int, estimate: int) -> None:
        """Note the bytes of one report, and the newest time of sending in it."""
        self._sent.append((sent_at, size))
        self._bytes += size
        while self._sent[0][0] < sent_at - WINDOW_S:
            self._bytes -= self._sent.popleft()[1]
        self.bitrate = int(self._bytes * 8 / WINDOW_S)
        self.is_limited = self.bitrate < (LEAVE if self.is_limited else ENTER) * estimate
