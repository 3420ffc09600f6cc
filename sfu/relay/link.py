"""One direction of a line: rate with a queue that drops at its tail, delay, jitter and random loss. Sans-IO, seeded."""

from __future__ import annotations

import heapq
import itertools
import random
from collections import deque
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class LinkSettings:
    """``rate`` in bits per second, None: no limit."""

    rate: int | None = None
    delay_s: float = 0.0
    jitter_s: float = 0.0  # up to so much more, without changing the order
    loss: float = 0.0
    queue_bytes: int = 64_000
    overhead: int = 28  # bytes of IP and UDP that each packet costs besides


class Link(Generic[T]):
    """Packets in with ``send``, out with ``receive``, each with the moment it arrived."""

    def __init__(self, settings: LinkSettings, seed: int = 1) -> None:
        self.settings = settings
        self.dropped = self.lost = self.carried = 0
        self.queued_bytes = 0
        self._random = random.Random(seed)
        self._queue: deque[tuple[float, int, T]] = deque()  # when it came, bytes
        self._free_at = 0.0
        self._flying: list[tuple[float, int, T]] = []
        self._numbers = itertools.count()
        self._last_at = 0.0

    def set_rate(self, rate: int | None, now: float) -> None:
        """From now on; what is in the queue leaves at the new rate."""
        self._advance(now)
        self.settings.rate = rate

    def send(self, packet: T, size: int, now: float) -> None:
        """A packet enters, unless it is lost or the queue is full."""
        self._advance(now)
        if self._random.random() < self.settings.loss:
            self.lost += 1
        elif self.queued_bytes + size > self.settings.queue_bytes and self._queue:
            self.dropped += 1
        else:
            self.queued_bytes += size
            self._queue.append((now, size, packet))
            self._advance(now)

    def receive(self, now: float) -> list[tuple[float, T]]:
        """What has arrived until now."""
        self._advance(now)
        arrived = []
        while self._flying and self._flying[0][0] <= now:
            at, _, packet = heapq.heappop(self._flying)
            arrived.append((at, packet))
        return arrived

    def next_at(self) -> float | None:
        """When ``receive`` or the queue has something to do; None: nothing is under way."""
        due = [self._flying[0][0]] if self._flying else []
        if self._queue:
            due.append(self._free_at)
        return min(due, default=None)

    def _advance(self, now: float) -> None:
        """Let everything leave the queue whose turn has come."""
        while self._queue:
            came, size, packet = self._queue[0]
            start = max(self._free_at, came)
            if start > now:
                return
            rate = self.settings.rate
            self._free_at = start + ((size + self.settings.overhead) * 8 / rate if rate else 0.0)
            self._queue.popleft()
            self.queued_bytes -= size
            self._fly(packet, self._free_at)

    def _fly(self, packet: T, at: float) -> None:
        self.carried += 1
        jitter = self._random.random() * self.settings.jitter_s
        self._last_at = max(self._last_at, at + self.settings.delay_s + jitter)
        heapq.heappush(self._flying, (self._last_at, next(self._numbers), packet))
