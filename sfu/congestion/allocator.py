"""What the pictures of one viewer get of his bandwidth: which layer, or none.

Places come most important first. The first one up to its middle layer, then the smallest picture of each next one, then
what is left in order of importance; who finds no room is paused, the last first. Going up needs 15 % to spare and 5 s
without a step down (1.5 s for a paused picture to come back, small); going down happens at once. The rest of a layer's
pictures needs nothing to spare, as it comes and goes without a keyframe: it is tried, and after each trial that failed
tried half as often. Sound is taken off the budget before.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

HEADROOM, OVERSPEND = 1.15, 1.08  # going up; staying: an estimate after overuse is below what the line carries
WAIT_S, RETURN_S = 5.0, 1.5
TRIAL_S = 15.0  # what was tried and is kept so long did not fail
TRIAL_WAIT_MAX_S = 80.0
PAUSED = -1


@dataclass(frozen=True, slots=True)
class Option:
    """A picture a place could show: ``rid`` of the layer, the highest temporal layer (None: all), what it costs."""

    rid: str
    temporal: int | None
    bitrate: int


@dataclass(frozen=True, slots=True)
class Place:
    """A slot with a picture: its options from cheap to dear; ``enough``: index that the first place gets first.

    ``yields``: who finds no room here does not keep later ones out, as a large layer over a link beside small pictures.
    """

    key: int
    options: tuple[Option, ...]
    enough: int = 0
    yields: bool = False


@dataclass(frozen=True, slots=True)
class Allocation:
    """``chosen``: key → option, None: paused; ``wanted``: bits per second that everything would take."""

    chosen: dict[int, Option | None]
    wanted: int
    spent: int

    @property
    def is_deficient(self) -> bool:
        return self.spent < self.wanted


class Allocator:
    """One viewer's. ``allocate`` twice a second and whenever his places change."""

    __slots__ = ("_down_at", "_held", "_order", "_trial_wait", "_tried_at")

    def __init__(self) -> None:
        self._held: dict[int, Option | None] = {}  # what each place got last time
        self._order: list[tuple[int, int]] = []  # of importance then, and how much each could have
        self._down_at = -math.inf
        self._tried_at = -math.inf
        self._trial_wait = WAIT_S

    def allocate(self, places: Sequence[Place], budget: float, now: float) -> Allocation:
        """Divide ``budget`` (infinite: nobody limits this viewer)."""
        levels = self._levels(places, budget, now)
        chosen = {place.key: _option(place, level) for place, level in zip(places, levels, strict=True)}
        self._held = chosen
        wanted = _cost(places, [len(place.options) - 1 for place in places])
        return Allocation(chosen, wanted, _cost(places, levels))

    def _levels(self, places: Sequence[Place], budget: float, now: float) -> list[int]:
        order = [(place.key, len(place.options)) for place in places]
        is_same, self._order = order == self._order, order
        held = [self._level_of(place) for place in places]
        before = [level for level in held if level is not None]
        fits = is_same and len(before) == len(held) and _cost(places, before) <= budget * OVERSPEND
        base = before if fits else divide(places, budget)
        if any(level < had for level, had in zip(base, held, strict=True) if had is not None):
            self._fall(now)
        possible = divide(places, budget / HEADROOM)
        risen = [self._rise(*one, now) for one in zip(base, held, possible, strict=True)]
        levels = risen if _cost(places, risen) <= budget else base
        return self._try(places, levels, budget, now) if is_same and levels == held else levels

    def _fall(self, now: float) -> None:
        self._down_at = now
        if now - self._tried_at < TRIAL_S:
            self._trial_wait = min(2 * self._trial_wait, TRIAL_WAIT_MAX_S)
        else:
            self._trial_wait = WAIT_S

    def _try(self, places: Sequence[Place], levels: list[int], budget: float, now: float) -> list[int]:
        """All pictures of a layer that is shown in part, of the first place that has one, when there is just room."""
        if now - self._down_at < self._trial_wait:
            return levels
        for index, (place, level) in enumerate(zip(places, levels, strict=True)):
            above = level + 1
            if level > PAUSED and above < len(place.options) and place.options[above].rid == place.options[level].rid:
                tried = [*levels[:index], above, *levels[index + 1 :]]
                if _cost(places, tried) <= budget:
                    self._tried_at = now
                    return tried
        return levels

    def _rise(self, level: int, had: int | None, possible: int, now: float) -> int:
        """How far a place goes up: who is new at once, others when there is room to spare for a while."""
        if had is None or level < had:
            return level
        since = now - self._down_at
        if since < WAIT_S:  # a picture that is gone may come back sooner, small
            possible = min(possible, 0) if since >= RETURN_S else had
        return max(had, possible)

    def _level_of(self, place: Place) -> int | None:
        """The option the place had, by what it shows; None: the place is new."""
        if place.key not in self._held:
            return None
        held = self._held[place.key]
        if held is None:
            return PAUSED
        same = [i for i, o in enumerate(place.options) if (o.rid, o.temporal) == (held.rid, held.temporal)]
        return same[0] if same else None


def divide(places: Sequence[Place], budget: float) -> list[int]:
    """The level of each place, without memory."""
    levels = [PAUSED] * len(places)
    left = budget
    for index, place in enumerate(places):
        left -= _raise(places, levels, index, place.enough if index == 0 else 0, left)
    for index, place in enumerate(places):
        left -= _raise(places, levels, index, len(place.options) - 1, left)
    return levels


def _raise(places: Sequence[Place], levels: list[int], index: int, upto: int, left: float) -> float:
    """Raise one place as far as there is room; what it costs more than before."""
    place, before = places[index], levels[index]
    if before == PAUSED and any(
        level == PAUSED and not earlier.yields for earlier, level in zip(places[:index], levels, strict=False)
    ):
        return 0.0  # the last pauses first
    paid = _bitrate(place, before)
    for level in range(upto, before, -1):
        if (more := place.options[level].bitrate - paid) <= left:
            levels[index] = level
            return more
    return 0.0


def _option(place: Place, level: int) -> Option | None:
    return None if level == PAUSED else place.options[level]


def _bitrate(place: Place, level: int) -> int:
    return 0 if level == PAUSED else place.options[level].bitrate


def _cost(places: Sequence[Place], levels: Sequence[int]) -> int:
    return sum(_bitrate(place, level) for place, level in zip(places, levels, strict=True))
