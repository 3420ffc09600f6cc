"""How long packets stand in a queue: their one-way delay over the least one seen lately.

The trendline sees a queue grow, not one that stands. A long one is drained by sending less, as long as that shortens
it; one that stays is somebody else's, or the path is longer now, and it counts as the way things are.
"""

from __future__ import annotations

import math
from collections import deque

STANDING_S = 0.1  # longer than from one picture to the next
WINDOW_S = 30.0
LONG_S, SHORT_S = 0.25, 0.08  # draining begins and ends
BEGIN_S, BEGIN_LONG_S = 2.0, 0.1  # at the start nobody knows the line: a shorter queue is enough
CHECK_S, SHORTENED = 3.0, 0.8  # what is sent so long after draining began must find it shorter by so much
VERY_LONG_S = 0.8
DRAIN, DRAIN_HARD = 0.6, 0.25  # of what arrives may be sent meanwhile
CARRIED_S = 0.3  # of draining, until what comes through tells anything


class Backlog:
    """``delay_s`` of the newest packets over ``base_s``, the shortest way lately (infinite until one is known).

    ``carried``: bit/s that came through since draining began, by the receiver's clock. A line with a queue before it is
    never idle, so that is what it carries, however little is sent meanwhile. None: not drained for long enough.
    """

    __slots__ = (
        "_begun_at",
        "_checked",
        "_drained",
        "_drained_from",
        "_lately",
        "_next_base",
        "_rotate_at",
        "base_s",
        "carried",
        "delay_s",
    )

    def __init__(self) -> None:
        self.delay_s = 0.0
        self.base_s = self._next_base = math.inf
        self._rotate_at = 0.0
        self._begun_at: float | None = None
        self._lately: deque[tuple[float, float]] = deque()  # when, and the delay then
        self._checked: tuple[float, float] | None = None  # while draining: when we looked last, and how long it was
        self.carried: int | None = None
        self._drained, self._drained_from = 0, 0.0  # bytes since, by the receiver's clock

    def add(self, transit_s: float, now: float, *, sent_at: float, arrived_at: float, size: int) -> None:
        """``transit_s``: the least of (arrived − sent) among newly reported packets; clocks need not agree.

        ``sent_at``, ``arrived_at``: of the newest of them, the latter by the receiver's clock; ``size``: their bytes.
        """
        if now >= self._rotate_at:
            self.base_s, self._next_base = self._next_base, math.inf
            self._rotate_at = now + WINDOW_S
        self._next_base = min(self._next_base, transit_s)
        self.base_s = min(self.base_s, self._next_base)
        self.delay_s = transit_s - self.base_s
        self._lately.append((now, self.delay_s))
        while self._lately[0][0] < now - STANDING_S:
            self._lately.popleft()
        if self._checked is None:
            self._begun_at = now if self._begun_at is None else self._begun_at
            limit = BEGIN_LONG_S if now - self._begun_at < BEGIN_S else LONG_S
            if self.delay_s > limit:
                self._checked = (now, self.delay_s)
                self.carried, self._drained, self._drained_from = None, 0, arrived_at
            return
        self._drained += size
        if (elapsed := arrived_at - self._drained_from) > CARRIED_S:
            self.carried = int(self._drained * 8 / elapsed)
        if self.delay_s < SHORT_S:
            self._checked = None
        elif sent_at <= self._checked[0]:  # was under way already: the queue was that long
            self._checked = (self._checked[0], max(self._checked[1], self.delay_s))
        elif sent_at - self._checked[0] > CHECK_S:
            if self.delay_s < SHORTENED * self._checked[1]:
                self._checked = (sent_at, self.delay_s)
            else:
                self.base_s = self._next_base = transit_s
                self._checked = None

    @property
    def standing_s(self) -> float:
        """What stays of the queue between one picture and the next: the least delay of the last moments."""
        return min((delay for _, delay in self._lately), default=0.0)

    @property
    def drain(self) -> float | None:
        """While a long queue is there: how much of what arrives may be sent."""
        if self._checked is None:
            return None
        return DRAIN_HARD if self.delay_s > VERY_LONG_S else DRAIN
