"""The timeline: wall clock → recording time, over several parts of one recording. Pure; knows no file and no codec.

Recording time is time on air. A pause that the chair asked for is cut out: nobody wants to wait through it, and nothing
was captured. A gap (a worker that died, a full disk) is kept, as a slate, for at most ``gap_shown_ns``, so that it is
seen and heard to be missing; what it lasted longer is cut and written beside it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

Kind = Literal["recorded", "gap", "pause"]

EDGE_NS = 3_000_000_000  # a start or stop this near to what was captured is the same moment
HOLE_NS = 400_000_000  # a hole shorter than this is nothing anybody notices


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch of wall clock, in ns since 1970."""

    start_ns: int
    end_ns: int


@dataclass(frozen=True, slots=True)
class Interruption:
    """From here on nothing could be written, and why ("worker", "disk")."""

    at_ns: int
    cause: str


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of wall clock and where it lies in the recording; a pause has no length there."""

    kind: Kind
    wall_ns: int
    wall_length_ns: int
    start_ns: int
    length_ns: int
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Timeline:
    """Spans without holes between them, in order."""

    spans: tuple[Span, ...]

    @property
    def duration_ns(self) -> int:
        return self.spans[-1].start_ns + self.spans[-1].length_ns if self.spans else 0

    @property
    def duration_ms(self) -> int:
        return self.duration_ns // 1_000_000

    def span_at(self, wall_ns: int) -> Span | None:
        """The span of this moment; None before the start and from the end on."""
        index = bisect_right(self.spans, wall_ns, key=lambda span: span.wall_ns) - 1
        if index < 0 or wall_ns >= self.spans[index].wall_ns + self.spans[index].wall_length_ns:
            return None
        return self.spans[index]

    def place(self, wall_ns: int) -> int:
        """Recording time in ns of this moment; what was cut out falls together on the cut, the rest is clamped."""
        if not self.spans or wall_ns < self.spans[0].wall_ns:
            return 0
        span = self.span_at(wall_ns)
        if span is None:
            return self.duration_ns
        return span.start_ns + min(wall_ns - span.wall_ns, span.length_ns)

    def place_ms(self, wall_ns: int) -> int:
        return self.place(wall_ns) // 1_000_000

    def is_recorded(self, wall_ns: int) -> bool:
        span = self.span_at(wall_ns)
        return span is not None and span.kind == "recorded"

    def to_json(self) -> list[list[Any]]:
        return [[s.kind, s.wall_ns, s.wall_length_ns, s.start_ns, s.length_ns, s.cause] for s in self.spans]

    @classmethod
    def from_json(cls, value: Iterable[Sequence[Any]]) -> Timeline:
        return cls(tuple(Span(*fields) for fields in value))


def build(
    captured: Sequence[Interval],
    pauses: Sequence[Interval],
    interruptions: Sequence[Interruption] = (),
    begin_ns: int | None = None,
    end_ns: int | None = None,
    gap_shown_ns: int = 10_000_000_000,
) -> Timeline:
    """One timeline of everything captured between the start and the stop of the recording."""
    captured = sorted((part for part in captured if part.end_ns > part.start_ns), key=lambda part: part.start_ns)
    if not captured:
        return Timeline(())
    first, last = captured[0].start_ns, max(part.end_ns for part in captured)
    begin = first if begin_ns is None or abs(first - begin_ns) <= EDGE_NS else min(begin_ns, first)
    end = last if end_ns is None or abs(end_ns - last) <= EDGE_NS else max(end_ns, last)
    spans: list[Span] = []
    position = 0
    for kind, stretch in _stretches(begin, end, captured, pauses):
        length = stretch.end_ns - stretch.start_ns
        shown = {"recorded": length, "gap": min(length, gap_shown_ns), "pause": 0}[kind]
        cause = _cause(stretch, interruptions) if kind == "gap" else ""
        spans.append(Span(kind, stretch.start_ns, length, position, shown, cause))
        position += shown
    return Timeline(tuple(spans))


def _stretches(
    begin: int, end: int, captured: Sequence[Interval], pauses: Sequence[Interval]
) -> list[tuple[Kind, Interval]]:
    """The stretches between ``begin`` and ``end``, each of one kind; neighbours differ."""
    edges = {begin, end}
    for interval in (*captured, *pauses):
        edges |= {edge for edge in (interval.start_ns, interval.end_ns) if begin < edge < end}
    found: list[tuple[Kind, Interval]] = []
    ordered = sorted(edges)
    for start, stop in pairwise(ordered):
        kind: Kind = "pause" if _covers(pauses, start) else "recorded" if _covers(captured, start) else "gap"
        if found and found[-1][0] == kind:
            found[-1] = (kind, Interval(found[-1][1].start_ns, stop))
        else:
            found.append((kind, Interval(start, stop)))
    return _without_small_holes(found)


def _without_small_holes(stretches: list[tuple[Kind, Interval]]) -> list[tuple[Kind, Interval]]:
    joined: list[tuple[Kind, Interval]] = []
    for kind, stretch in stretches:
        kind = "recorded" if kind == "gap" and stretch.end_ns - stretch.start_ns < HOLE_NS else kind
        if joined and joined[-1][0] == kind:
            joined[-1] = (kind, Interval(joined[-1][1].start_ns, stretch.end_ns))
        else:
            joined.append((kind, stretch))
    return joined


def _covers(intervals: Sequence[Interval], at_ns: int) -> bool:
    return any(interval.start_ns <= at_ns < interval.end_ns for interval in intervals)


def _cause(gap: Interval, interruptions: Sequence[Interruption]) -> str:
    for interruption in interruptions:
        if gap.start_ns - EDGE_NS <= interruption.at_ns <= gap.end_ns:
            return interruption.cause
    return "worker"
