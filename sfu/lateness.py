"""Lateness: how much later a picture may come because it is repaired on its way to this room. Sans-IO.

A browser waits for what it has asked for again itself. Of repairs further up – between the sender and its worker, or on
a link – it knows nothing: there a packet comes out of the blue a round trip late, and the picture stands still so long.
So viewers are told by how much to play it later (``jitterBufferTarget`` of WebRTC Extensions).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

FROM, UNTIL = 0.003, 0.0005  # share of packets that were repaired
LEAST_PACKETS = 50.0
FORGETTING = 0.95  # at each look, two a second: the last ten seconds count
HOLD_S = 15.0
ROUND_TRIPS, NOTICED_MS = 1.5, 100  # until a hole is seen, which may take until the next picture
STEP_MS, MOST_MS = 50, 500
MOST_TOLD_MS = 2000  # over several links


@dataclass(slots=True)
class Lateness:
    """Of what comes in over one connection."""

    ms: int = 0
    _totals: tuple[int, int] = (0, 0)
    _packets: float = 0.0
    _repaired: float = 0.0
    _lossy_at: float = -math.inf

    def measure(self, counted: Iterable[tuple[int, int]], rtt_s: float | None, now: float) -> None:
        """Twice a second; ``counted``: (packets, repaired ones) of each stream of pictures so far."""
        streams = list(counted)
        totals = sum(packets for packets, _ in streams), sum(repaired for _, repaired in streams)
        self._packets = FORGETTING * self._packets + max(0, totals[0] - self._totals[0])
        self._repaired = FORGETTING * self._repaired + max(0, totals[1] - self._totals[1])
        self._totals = totals
        if self._packets >= LEAST_PACKETS and self._repaired / self._packets >= (UNTIL if self.ms else FROM):
            self._lossy_at = now
        if now - self._lossy_at > HOLD_S:
            self.ms = 0
        elif rtt_s is not None:
            wanted = NOTICED_MS + math.ceil(1000 * ROUND_TRIPS * rtt_s / STEP_MS) * STEP_MS
            if not self.ms - 2 * STEP_MS < wanted <= self.ms:  # round trips come and go
                self.ms = min(wanted, MOST_MS)
