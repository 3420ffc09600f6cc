"""Counts failures per key (a login, an address) and says when the next attempt is welcome. Takes ``now``."""

from __future__ import annotations

import math
from collections import OrderedDict

LIMIT = 5
WINDOW_S = 300.0
MOST_KEYS = 20_000


class FailureLimiter:
    """After ``limit`` failures inside ``window_s`` a key waits until the oldest of them is out of the window."""

    def __init__(self, limit: int = LIMIT, window_s: float = WINDOW_S, most_keys: int = MOST_KEYS) -> None:
        self._limit = limit
        self._window_s = window_s
        self._most_keys = most_keys
        self._failures: OrderedDict[str, list[float]] = OrderedDict()  # least recently failed first

    def wait_s(self, key: str, now: float) -> int:
        """Whole seconds to wait; 0 when an attempt is welcome."""
        recent = [at for at in self._failures.get(key, ()) if at > now - self._window_s]
        if len(recent) < self._limit:
            return 0
        return max(1, math.ceil(recent[-self._limit] + self._window_s - now))

    def failed(self, key: str, now: float) -> None:
        recent = [at for at in self._failures.pop(key, ()) if at > now - self._window_s]
        self._failures[key] = [*recent[-self._limit :], now]
        while len(self._failures) > self._most_keys:
            self._failures.popitem(last=False)

    def forget(self, key: str) -> None:
        """A success: the failures before it no longer count."""
        self._failures.pop(key, None)
