"""The bound by loss: losses that shrink when less is sent are the link's limit, others are the weather.

An interval's loss over what is inherent cuts the bound to what got through. When the loss stays although less is sent,
it has nothing to do with how much is sent: from then on it is inherent, and the cut is taken back. Little losses become
inherent by and by.
"""

from __future__ import annotations

import math

MIN_PACKETS, MIN_S, MAX_S = 60, 0.5, 3.0  # an interval
FEW_PACKETS = 10  # an interval with fewer says nothing
SETTLE_S = 1.0  # after a cut, until what is sent has followed
EXCESS, CALM = 0.03, 0.02
SIGMAS = 3.0
JUDGED_AT = 0.75  # of what was sent when it began
JUDGED_AFTER_S = 6.0
UNCHANGED = 0.8  # of the loss when it began
GROWTH_PER_S = 1.08
SMOOTHING, LEARNING = 0.3, 0.1


class LossBound:
    """``bitrate`` may be infinite; ``fraction``: smoothed, as a listener's Opus wants to know it."""

    __slots__ = ("_before", "_bytes", "_deaf_until", "_lost", "_sent", "_since", "bitrate", "fraction", "inherent")

    def __init__(self) -> None:
        self.bitrate = math.inf
        self.fraction = 0.0
        self.inherent = 0.0
        self._sent = self._lost = self._bytes = 0
        self._since: float | None = None
        self._deaf_until = -math.inf
        self._before: tuple[float, float, float, float] | None = (
            None  # when, bound, sent bit/s and loss at the first cut
        )

    @property
    def excess(self) -> float:
        """Loss over what is inherent."""
        return self.fraction - self.inherent

    def add(
        self, sent: int, lost: int, size: int, *, sent_from: float, sent_until: float, estimate: int, now: float
    ) -> None:
        """Note one report: its packets, those lost of them, their bytes, and when the first and last were sent."""
        if sent_from < self._deaf_until:
            return
        self._since = sent_from if self._since is None else self._since
        self._sent += sent
        self._lost += lost
        self._bytes += size
        elapsed = sent_until - self._since  # a long queue delays what is told of it
        if (self._sent >= MIN_PACKETS and elapsed >= MIN_S) or elapsed >= MAX_S:
            if self._sent >= FEW_PACKETS:
                self._close(elapsed, estimate, now)
            self._sent = self._lost = self._bytes = 0
            self._since = None

    def probed(self, bitrate: int) -> None:
        """A probe got through at this rate."""
        self.bitrate = max(self.bitrate, bitrate)

    def _close(self, elapsed: float, estimate: int, now: float) -> None:
        loss, rate = self._lost / self._sent, self._bytes * 8 / elapsed
        self.fraction += SMOOTHING * (loss - self.fraction)
        usual = max(self.inherent, 0.02)
        noise = SIGMAS * math.sqrt(usual * (1 - usual) / self._sent)
        if loss - self.inherent > EXCESS + noise:
            self._cut(loss, rate, estimate, now)
            return
        self.inherent += LEARNING * (loss - self.inherent)
        if loss - self.inherent < CALM + noise / 2:
            self._before = None
            self.bitrate *= GROWTH_PER_S ** min(elapsed, 1.0)
            if self.bitrate > 2 * estimate:
                self.bitrate = math.inf

    def _cut(self, loss: float, rate: float, estimate: int, now: float) -> None:
        if self._before is None:
            self._before = (now, min(self.bitrate, estimate), rate, loss)
        since, bound, sent, first_loss = self._before
        if rate <= JUDGED_AT * sent or now - since > JUDGED_AFTER_S:
            self._before = None
            if loss >= UNCHANGED * first_loss:
                self.inherent = (loss + first_loss) / 2
                self.bitrate = bound
                return
        through = 1 - (loss - self.inherent)
        self.bitrate = min(self.bitrate, max(min(estimate, rate) * through, rate * (1 - loss)))
        self._deaf_until = now + SETTLE_S
