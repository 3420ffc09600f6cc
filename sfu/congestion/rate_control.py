"""Up and down: additive increase near a known capacity, multiplicative where none is known, decrease at overuse."""

from __future__ import annotations

import math

from .trendline import Usage

DECREASE = 0.85
DECREASE_LIMITED = 0.8  # of the estimate, when what arrives says little about the link
GROWTH_PER_S = 1.08
HEADROOM, HEADROOM_BPS = 1.5, 10_000  # over what arrives: further up nothing is known
PACKET_BITS = 1200 * 8
SURE_S = 1.0
SETTLE_S, SETTLE_MAX_S = 0.2, 0.5


class RateControl:
    """``bitrate``: the bound by delay."""

    __slots__ = ("_capacity", "_changed_at", "_decreased_at", "_deviation", "_drained_from", "_is_holding", "bitrate")

    def __init__(self, bitrate: int, now: float) -> None:
        self.bitrate = bitrate
        self._capacity: float | None = None  # what arrived at overuse
        self._deviation = 0.4  # relative variance around it, in kbit/s
        self._changed_at = now
        self._decreased_at = -math.inf
        self._is_holding = False
        self._drained_from: int | None = None  # the estimate when the queue that is drained now was noticed

    def update(
        self,
        usage: Usage,
        acknowledged: int | None,
        *,
        rtt_s: float,
        is_limited: bool,
        drain: float | None,
        carried: int | None,
        now: float,
    ) -> None:
        """Once per report. ``drain``: so much of what arrives is to be sent, as a long queue stands; ``carried``: what
        came through while the last one was drained."""
        elapsed, self._changed_at = now - self._changed_at, now
        if drain is not None:
            self._drained_from = self._drained_from or self.bitrate
            acknowledged = carried or acknowledged
        elif self._drained_from is not None:
            self.bitrate = max(self.bitrate, min(self._drained_from, int(DECREASE * (carried or 0))))
            self._drained_from = None
        if usage == "over" or drain is not None:
            self._is_holding = True
            self._decrease(acknowledged, rtt_s, is_limited, drain, now)
        elif usage == "under":
            self._is_holding = True  # queues drain: let them
        elif self._is_holding:
            self._is_holding = False
        elif not is_limited:
            self._increase(acknowledged, rtt_s, min(elapsed, 1.0), now)

    def probed(self, bitrate: int) -> None:
        """A probe got through at this rate."""
        self.bitrate = bitrate
        if bitrate > self._upper():
            self._capacity = None

    def _decrease(
        self, acknowledged: int | None, rtt_s: float, is_limited: bool, drain: float | None, now: float
    ) -> None:
        arrived = self.bitrate if acknowledged is None else acknowledged
        if now - self._decreased_at < min(max(rtt_s, SETTLE_S), SETTLE_MAX_S) and arrived > self.bitrate / 2:
            return
        lower = (DECREASE if drain is None else drain) * arrived
        if is_limited and drain is None:
            lower = max(lower, DECREASE_LIMITED * self.bitrate)
        elif not is_limited:
            self._note_capacity(arrived)
        if lower < self.bitrate:
            self.bitrate = int(lower)
            self._decreased_at = now

    def _increase(self, acknowledged: int | None, rtt_s: float, elapsed: float, now: float) -> None:
        if acknowledged is not None and acknowledged > self._upper():
            self._capacity = None
        if self._capacity is None:
            wanted = self.bitrate * GROWTH_PER_S**elapsed + 1000 * elapsed
        else:
            wanted = self.bitrate + max(4000.0, PACKET_BITS / (rtt_s + 0.1)) * elapsed
        if acknowledged is not None:
            wanted = min(wanted, max(self.bitrate, HEADROOM * acknowledged + HEADROOM_BPS))
            if now - self._decreased_at > SURE_S:
                wanted = max(wanted, DECREASE * acknowledged)  # it did get through
        self.bitrate = int(wanted)

    # -- what the link was last seen to carry -----------------------------------------------------------------------

    def _note_capacity(self, arrived: int) -> None:
        if self._capacity is None or abs(arrived - self._capacity) > self._spread(self._capacity):
            self._capacity = float(arrived)
            return
        error = (arrived - self._capacity) / 1000
        self._capacity += 0.05 * (arrived - self._capacity)
        norm = max(self._capacity / 1000, 1.0)
        self._deviation = min(max(0.95 * self._deviation + 0.05 * error * error / norm, 0.4), 2.5)

    def _upper(self) -> float:
        """Of what is known; infinite when nothing is."""
        return self._capacity + self._spread(self._capacity) if self._capacity is not None else math.inf

    def _spread(self, capacity: float) -> float:
        return 3000 * math.sqrt(self._deviation * capacity / 1000)
