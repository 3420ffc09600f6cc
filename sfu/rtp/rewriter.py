"""One outbound stream made of pieces of several inbound ones: sequence numbers, timestamps and VP8 ids go on.

A piece of one inbound stream, forwarded with fixed offsets, is a ``Segment``. Every packet between its ends goes out,
so nothing is remembered per packet: an outbound index leads to its segment, the segment back to the inbound index.
Between segments sequence numbers and picture ids go on by one, the timestamp by the wall clock elapsed. Packets left
out (padding, temporal layers) end a segment too, one for each run of them: at 60 pictures a second of which every
other is left out there are 30 a second, so that two seconds can be asked for again.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

from .sequence import difference_16

__all__ = ["ALL_LAYERS", "Position", "Rewriter", "Segment"]

ALL_LAYERS = 3  # temporal layers are 0 … 3
MAX_SEGMENTS = 64  # older ones can no longer be asked for


@dataclass(frozen=True, slots=True)
class Position:
    """Where an inbound stream is: its newest packet, or the first of a new piece."""

    index: int
    timestamp: int
    arrived_at: float  # of the first packet with this timestamp
    picture: int | None = None
    tl0: int | None = None


@dataclass(slots=True)
class Segment:
    """Offsets from inbound to outbound; all sums are masked on the wire."""

    source: object  # the inbound stream
    first: int  # inbound index
    index_offset: int
    timestamp_offset: int
    picture_offset: int
    tl0_offset: int
    temporal: int  # higher temporal layers do not go out


class Rewriter:
    """The continuity of one outbound stream. ``begin``, forward with ``current``, ``leave``; and again."""

    __slots__ = ("_last", "_segments", "clock_rate", "current", "min_step")

    def __init__(self, clock_rate: int, min_step: int, first_index: int, first_timestamp: int) -> None:
        self.clock_rate = clock_rate
        self.min_step = min_step  # of the timestamp from one segment to the next
        self.current: Segment | None = None
        self._segments: deque[Segment] = deque(maxlen=MAX_SEGMENTS)
        self._last = Position(first_index - 1, first_timestamp, float("-inf"))

    def begin(self, source: object, start: Position, temporal: int = ALL_LAYERS) -> Segment:
        """``start`` is the next packet out. Ends no segment: ``leave`` first."""
        last = self._last
        elapsed = start.arrived_at - last.arrived_at
        step = 0 if elapsed == float("inf") else max(self.min_step, round(elapsed * self.clock_rate))
        segment = Segment(
            source,
            start.index,
            last.index + 1 - start.index,
            last.timestamp + step - start.timestamp,
            _step(last.picture, start.picture),
            _step(last.tl0, start.tl0),
            temporal,
        )
        self._segments.append(segment)
        self.current = segment
        return segment

    def leave(self, newest: Position) -> None:
        """The current segment ends with ``newest``, the last packet of its source that got a number or was skipped."""
        segment, last = self.current, self._last
        if segment is None:
            return
        self.current = None
        if newest.index + segment.index_offset <= last.index:  # began, but nothing was forwarded
            self._last = Position(
                newest.index + segment.index_offset, last.timestamp, last.arrived_at, last.picture, last.tl0
            )
            return
        self._last = Position(
            newest.index + segment.index_offset,
            newest.timestamp + segment.timestamp_offset & 0xFFFFFFFF,
            newest.arrived_at,
            last.picture if newest.picture is None else newest.picture + segment.picture_offset & 0x7FFF,
            last.tl0 if newest.tl0 is None else newest.tl0 + segment.tl0_offset & 0xFF,
        )

    def skip(self, index: int, *, picture: bool = False) -> None:
        """The source's newest packet ``index`` does not go out; the one after it takes its number, and with ``picture``
        the next picture the id of this one."""
        segment = self.current
        if segment is None or index < segment.first:
            return
        if index > segment.first:
            segment = self._split(segment, index)
        segment.first += 1
        segment.index_offset -= 1
        segment.picture_offset -= picture

    def limit(self, index: int, temporal: int) -> None:
        """From the newest packet ``index`` on only temporal layers up to this go out."""
        segment = self.current
        if segment is None or index < segment.first:
            return
        if index > segment.first:
            segment = self._split(segment, index)
        segment.temporal = temporal

    def _split(self, segment: Segment, index: int) -> Segment:
        self.current = replace(segment, first=index)
        self._segments.append(self.current)
        return self.current

    def segment_of(self, source: object, index: int) -> Segment | None:
        """The segment in which an inbound packet goes out, or None if it came too late for all of them."""
        following: Segment | None = None
        for segment in reversed(self._segments):
            if segment.source is source and index >= segment.first:
                # the numbers up to the next segment's first may be taken by it already
                if following is not None and index + segment.index_offset >= following.first + following.index_offset:
                    return None
                return segment
            following = segment
        return None

    def find(self, sequence_number: int, newest_index: int | None) -> tuple[Segment, int] | None:
        """The segment and inbound index behind an outbound sequence number; ``newest_index`` is the source's newest."""
        last = self._last.index
        if self.current is not None and newest_index is not None:
            last = newest_index + self.current.index_offset
        index = last + difference_16(sequence_number, last & 0xFFFF)
        if index > last:
            return None
        for segment in reversed(self._segments):
            inbound = index - segment.index_offset
            if inbound >= segment.first:
                return segment, inbound
        return None

    @property
    def last(self) -> Position:
        """Where the outbound stream stood when the last segment ended."""
        return self._last


def _step(last: int | None, start: int | None) -> int:
    return 0 if last is None or start is None else last + 1 - start
