"""Bandwidth: one viewer's line, what his slots get of it, and the step of the ladder he is on. Sans-IO.

A line begins with what is known of it, or low: a first keyframe larger than a thin line's queue costs the sound. Who
has never sent feedback though packets go to him (a foreign client, a load test) is not limited from then on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from sfu.congestion.allocator import Allocation, Allocator, Option, Place
from sfu.congestion.estimator import START_BPS, Estimator, Packet
from sfu.congestion.ladder import Ladder, Step, is_speechless, step_for
from sfu.congestion.prober import Probe
from sfu.prices import Prices
from sfu.slot import Slot

PACE, PACE_LEAST = 1.5, 300_000  # of the estimate; a keyframe on a thin line must not take for ever
PACE_LEAST_DRAINING = 100_000
PACE_CHANGED = 0.1
SUDDEN, RISEN = 0.85, 1.4  # of the estimate that the slots were last divided by: divide again at once
UNKNOWN_BPS = 300_000  # a line of which nobody knows anything begins with this: a voice and a small picture
KNOWN_SHARE = 0.75  # of what a line is said to carry
FIRST_LEAST_BPS, FIRST_MOST_BPS = 60_000, 2_000_000
UNHEARD_S = 1.5  # packets go out for so long without any feedback: there will be none
STUCK_S = 3.0  # nothing goes out, so no feedback can come, while pictures wait for it
SPARE_WANTED = 1.7  # probe until the line carries this much more than everything wished for: then it is left in peace
SOUND_BPS, SOUND_HEADERS_BPS = 32_000, 12_000  # at most, of one voice; and what wraps it


class Bandwidth:
    """``first``: what the line is taken to carry before there is any feedback; None: everything."""

    def __init__(self, first: int | None = None, now: float = 0.0) -> None:
        self.estimator = None if first is None else Estimator(now, first)
        self.is_heard = False  # feedback has come
        self.ladder = Ladder()
        self.wanted = 0
        self._is_deficient = False  # not everything wished for is sent
        self.sent_packets: int | None = None  # when we last looked, while feedback was overdue
        self._allocator = Allocator()
        self._divided_by = math.inf
        self._pace: int | None = None
        self._sending_since: float | None = None  # unheard
        self._silent_since: float | None = None  # unheard as well, as nothing goes out
        self._is_stuck = False

    @property
    def bitrate(self) -> float:
        """The estimate; infinite when nobody limits this viewer."""
        return self.estimator.bitrate if self.estimator is not None else math.inf

    @property
    def lasting(self) -> int | None:
        """What the line carried at last, before it fell silent if it did; None: nobody knows."""
        return self.estimator.lasting if self.estimator is not None and self.is_heard else None

    @property
    def loss(self) -> float:
        return self.estimator.loss.fraction if self.estimator is not None else 0.0

    def receive_feedback(self, packets: Sequence[Packet], now: float) -> bool:
        """Take what a viewer's feedback tells; True when the slots are to be divided anew at once."""
        if self.estimator is None:
            self.estimator = Estimator(now)
        self.sent_packets = None
        self.is_heard = True
        self.estimator.receive(packets, now)
        return not SUDDEN * self._divided_by <= self.bitrate <= RISEN * self._divided_by

    def change_path(self, now: float) -> None:
        """An ICE restart: packets take another way from now on. That those before were lost says nothing of it, and
        the best guess is what the line carried before."""
        if self.estimator is not None and self.is_heard:
            self.estimator = Estimator(now, first_bitrate(self.estimator.lasting), since=now)
            self.sent_packets = None

    def is_overdue(self, now: float) -> bool:
        """No feedback yet, or none for a while: look whether anything goes out."""
        return self.estimator is not None and (not self.is_heard or self.estimator.is_overdue(now))

    def gives_up(self, now: float, *, is_sending: bool) -> bool:
        """Several times a second; True once, when packets go out and feedback has never come: no limits then."""
        if self.estimator is None or self.is_heard or not is_sending:
            return False
        self._sending_since = now if self._sending_since is None else self._sending_since
        if now - self._sending_since < UNHEARD_S:
            return False
        self.estimator = self._pace = None
        return True

    def gets_stuck(self, now: float, *, is_sending: bool) -> bool:
        """Several times a second; True once, when all pictures wait for feedback that nothing sent can bring."""
        if self.estimator is None or self.is_heard or is_sending or not self.wanted or self._is_stuck:
            self._silent_since = None
            return False
        self._silent_since = now if self._silent_since is None else self._silent_since
        self._is_stuck = now - self._silent_since >= STUCK_S
        return self._is_stuck

    def handle_timeout(self, now: float, *, is_sending: bool) -> Probe | None:
        """Several times a second; the probe to send, if any."""
        if self.estimator is None or not self.is_heard:
            return None
        wanted = int(self.wanted * SPARE_WANTED) if self.wanted else None
        if not self._is_deficient and not self.estimator.is_limited:
            wanted = None  # what is sent tells enough, and a probe on top would fill a line that is just wide enough
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
        places = [self._place(prices.place_of(s, s.producer), s) for s in pictures if s.producer]
        budget = max(0.0, self.bitrate * (1 - self.loss) - sound)
        allocation = self._allocator.allocate(places, budget, now)
        self.wanted = sound + allocation.wanted
        self._is_deficient = allocation.is_deficient
        chosen = allocation.chosen
        if not self.is_heard and (not sound or self._is_stuck):
            chosen = _at_least_one(places, chosen)
        for slot in pictures:
            slot.grant = chosen[slot.consumer.handle]
            slot.is_starved = slot.grant is None
        return self.ladder.update(self._step(pictures, allocation, budget), now)

    def _place(self, place: Place, slot: Slot) -> Place:
        """Slides too large to begin with come after the first feedback; until then small pictures need not wait."""
        return place if self.is_heard or slot.line.kind != "presentation" else replace(place, yields=True)

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


def _at_least_one(places: Sequence[Place], chosen: dict[int, Option | None]) -> dict[int, Option | None]:
    """The cheapest picture of all when none was chosen: without it nobody will ever know what the line carries."""
    if not places or any(option is not None for option in chosen.values()):
        return chosen
    least = min(places, key=lambda place: place.options[0].bitrate)
    return chosen | {least.key: least.options[0]}


def first_bitrate(carries: int | None) -> int:
    """What to begin with on a line that is said to carry so much; None: nobody knows."""
    first = UNKNOWN_BPS if carries is None else int(carries * KNOWN_SHARE)
    return min(max(first, FIRST_LEAST_BPS), FIRST_MOST_BPS)


def sound_cost(measured: int, redundancy: int) -> int:
    """Of a voice, in bits per second. What comes in may be RED already, and is no measure of what goes out then."""
    return min(measured or SOUND_BPS, SOUND_BPS) * (1 + redundancy) + SOUND_HEADERS_BPS
