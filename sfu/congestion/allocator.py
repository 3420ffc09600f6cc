"""What the pictures of one viewer get of his bandwidth: which layer, or none.

Places come most important first. The first one up to its middle layer, then the smallest picture of each next one, then
what is left in order of importance; who finds no room is paused, the last first. Going up needs 15 % to spare and 5 s
without a step down (1.5 s for a paused picture to come back, small); going down happens at once. Sound is taken off the
budget before.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

HEADROOM = 1.15
WAIT_S, RETURN_S = 5.0, 1.5
PAUSED = -1


@dataclass(frozen=True, slots=True)
class Option:
    """A picture a place could show: ``rid`` of the layer, the highest temporal layer (None: all), what it costs."""

    rid: str
    temporal: int | None
    bitrate: int


@dataclass(frozen=True, slots=True)
class Place:
    """A slot with a picture: its options from cheap to dear; ``enough``: index that the first place gets first."""

    key: int
    options: tuple[Option, ...]
    enough: int = 0


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

    __slots__ = ("_down_at", "_held")

    def __init__(self) -> None:
        self._held: dict[int, Option | None] = {}  # what each place got last time
        self._down_at = -math.inf

    def allocate(self, places: Sequence[Place], budget: float, now: float) -> Allocation:
        """Divide ``budget`` (infinite: nobody limits this viewer)."""
        now_possible = divide(places, budget)
        with_headroom = divide(places, budget / HEADROOM)
        held = [self._level_of(place) for place in places]
        levels = list(now_possible)
        if any(level < before for level, before in zip(now_possible, held, strict=True) if before is not None):
            self._down_at = now
        since = now - self._down_at
        for index, before in enumerate(held):
            if before is not None and levels[index] > before:
                upto = min(with_headroom[index], levels[index])
                if since < WAIT_S:  # a picture that is gone may come back sooner, small
                    upto = min(upto, 0) if since >= RETURN_S else before
                levels[index] = max(before, upto)
        if _cost(places, levels) > budget:
            levels = now_possible
        chosen = {place.key: _option(place, level) for place, level in zip(places, levels, strict=True)}
        self._held = chosen
        wanted = _cost(places, [len(place.options) - 1 for place in places])
        return Allocation(chosen, wanted, _cost(places, levels))

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
    if before == PAUSED and any(level == PAUSED for level in levels[:index]):
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
