"""Bandwidth: one viewer's line, what his slots get of it, and the step of the ladder he is on. Sans-IO.

Nobody is limited before his first feedback: who sends none (a foreign client, a load test) gets everything.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from sfu.congestion.allocator import Allocation, Allocator
from sfu.congestion.estimator import START_BPS, Estimator, Packet
from sfu.congestion.ladder import Ladder, Step, is_speechless, step_for
from sfu.congestion.prober import Probe
from sfu.prices import Prices
from sfu.slot import Slot

PACE, PACE_LEAST = 1.5, 300_000  # of the estimate; a keyframe on a thin line must not take for ever
PACE_LEAST_DRAINING = 100_000
PACE_CHANGED = 0.1
SUDDEN = 0.85  # of the estimate that the slots were last divided by: divide again at once
SPARE_WANTED = 1.7  # probe until the line carries this much more than everything wished for: then it is left in peace
SOUND_BPS, SOUND_HEADERS_BPS = 32_000, 12_000  # at most, of one voice; and what wraps it


class Bandwidth:
    """``redundancy``: how many earlier packets of sound ride along in each."""

    def __init__(self) -> None:
        self.estimator: Estimator | None = None
        self.ladder = Ladder()
        self.wanted = 0
        self.sent_packets: int | None = None  # when we last looked, while feedback was overdue
        self._allocator = Allocator()
        self._divided_by = math.inf
        self._pace: int | None = None

    @property
    def bitrate(self) -> float:
        """The estimate; infinite when nobody limits this viewer."""
        return self.estimator.bitrate if self.estimator is not None else math.inf

    @property
    def loss(self) -> float:
        return self.estimator.loss.fraction if self.estimator is not None else 0.0

    def receive_feedback(self, packets: Sequence[Packet], now: float) -> bool:
        """Take what a viewer's feedback tells; True when the slots are to be divided anew at once."""
        if self.estimator is None:
            self.estimator = Estimator(now)
        self.sent_packets = None
        self.estimator.receive(packets, now)
        return self.bitrate < SUDDEN * self._divided_by

    def is_overdue(self, now: float) -> bool:
        """No feedback for a while: look whether anything goes out."""
        return self.estimator is not None and self.estimator.is_overdue(now)

    def handle_timeout(self, now: float, *, is_sending: bool) -> Probe | None:
        """Several times a second; the probe to send, if any."""
        if self.estimator is None:
            return None
        wanted = int(self.wanted * SPARE_WANTED) if self.wanted else None
        return self.estimator.handle_timeout(now, is_sending=is_sending, wanted=wanted)

    def pace(self) -> int | None:
        """The rate pictures are to leave at, when it is another one than before; else None."""
        estimate = START_BPS if self.estimator is None else self.estimator.bitrate
        is_draining = self.estimator is not None and self.estimator.backlog.drain is not None
        rate = max(int(estimate), PACE_LEAST_DRAINING) if is_draining else max(int(estimate * PACE), PACE_LEAST)
        if self._pace is not None and abs(rate - self._pace) <= PACE_CHANGED * self._pace:
            return None
        self._pace = rate
        return rate

    def divide(self, slots: Sequence[Slot], sound: int, prices: Prices, now: float) -> bool:
        """Give each slot with a picture its layer, or none; True when the step of the ladder changed."""
        self._divided_by = self.bitrate
        pictures = sorted((s for s in slots if s.line.kind != "audio" and s.is_wanted), key=lambda slot: slot.rank)
        if self.estimator is None:
            for slot in pictures:
                slot.grant = None
                slot.is_starved = False
            return False
        places = [prices.place_of(s, s.producer) for s in pictures if s.producer]
        budget = max(0.0, self.bitrate * (1 - self.loss) - sound)
        allocation = self._allocator.allocate(places, budget, now)
        self.wanted = sound + allocation.wanted
        for slot in pictures:
            slot.grant = allocation.chosen[slot.consumer.handle]
            slot.is_starved = slot.grant is None
        return self.ladder.update(self._step(pictures, allocation, budget), now)

    def _step(self, pictures: Sequence[Slot], allocation: Allocation, budget: float) -> Step:
        if is_speechless(self.bitrate, self.loss):
            return "text"
        cameras = [slot for slot in pictures if slot.producer is not None and slot.producer.source == "camera"]
        slides = any(slot.producer is not None and slot.producer.source == "presentation" for slot in pictures)
        shown = any(not slot.is_starved for slot in pictures if slot not in cameras)
        if not pictures:
            return "full"
        first = (cameras or pictures)[0]
        producer, grant = first.producer, first.grant
        if producer is None:
            return "full"
        layers = producer.rids.index(producer.ideal_rid(first.wish)) + 1
        level = producer.rids.index(grant.rid) if grant is not None else None
        is_slow = grant is not None and grant.temporal == 0
        return step_for(level, layers, is_slow=is_slow, has_slides=slides and shown, spare=budget - allocation.spent)


def sound_cost(measured: int, redundancy: int) -> int:
    """Of a voice, in bits per second. What comes in may be RED already, and is no measure of what goes out then."""
    return min(measured or SOUND_BPS, SOUND_BPS) * (1 + redundancy) + SOUND_HEADERS_BPS
