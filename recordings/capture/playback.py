"""The second pass: whole frames of a recording in order of recording time, with bounded memory.

Frames come out of the logs in order of arrival; a heap holds them for three seconds so that they leave it in order of
the time they were said and shown. What was captured during a pause is never given out.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from recordings.capture.clock import Offsets
from recordings.capture.depacketizer import Depacketizer, depacketizer
from recordings.capture.jitter import Reorder, RtpPacket
from recordings.capture.packet_log import Stream
from recordings.capture.scan import Scan, replay
from recordings.capture.timeline import Timeline

HELD_NS = 3_000_000_000
EXPIRE_EVERY_NS = 250_000_000


@dataclass(frozen=True, slots=True)
class Picture:
    """An encoded frame of the program or the presentation."""

    at_ns: int  # recording time
    source: str  # "program" or "presentation"
    codec: str
    data: bytes
    is_key: bool
    size: tuple[int, int] | None
    label: str | None


@dataclass(frozen=True, slots=True)
class Sound:
    """An Opus packet of one voice."""

    at_ns: int
    voice: tuple[int, int]  # part, stream
    data: bytes
    label: str | None


@dataclass(slots=True)
class _Line:
    """One stream of one part on its way from packets to frames."""

    stream: Stream
    reorder: Reorder
    depacketizer: Depacketizer


def play(found: Scan, timeline: Timeline) -> Iterator[Picture | Sound]:
    """All frames, in order of recording time (a frame later than ``HELD_NS`` comes when it comes)."""
    for number, path in enumerate(found.paths):
        yield from _play_part(path, number, found.offsets, timeline)


def _play_part(path: Path, number: int, offsets: Offsets, timeline: Timeline) -> Iterator[Picture | Sound]:
    lines: dict[int, _Line] = {}
    heap: list[tuple[int, int, Picture | Sound]] = []
    order = count()
    expired_ns = 0
    for tapped in replay(path, number, offsets):
        packet = tapped.packet
        if not timeline.is_recorded(packet.arrival_ns):
            continue
        line = _line(lines, tapped.stream)
        for frame in _frames(line, line.reorder.push(packet), number, timeline):
            heapq.heappush(heap, (frame.at_ns, next(order), frame))
        if packet.arrival_ns - expired_ns > EXPIRE_EVERY_NS:
            expired_ns = packet.arrival_ns
            for other in lines.values():
                for frame in _frames(other, other.reorder.expire(expired_ns), number, timeline):
                    heapq.heappush(heap, (frame.at_ns, next(order), frame))
            until = timeline.place(expired_ns) - HELD_NS
            while heap and heap[0][0] < until:
                yield heapq.heappop(heap)[2]
    for line in lines.values():
        for frame in _frames(line, line.reorder.flush(), number, timeline):
            heapq.heappush(heap, (frame.at_ns, next(order), frame))
    while heap:
        yield heapq.heappop(heap)[2]


def _line(lines: dict[int, _Line], stream: Stream) -> _Line:
    line = lines.get(stream.stream)
    if line is None or line.stream.codec != stream.codec:
        line = lines[stream.stream] = _Line(stream, Reorder(), depacketizer(stream.codec))
    line.stream = stream
    return line


def _frames(line: _Line, packets: list[RtpPacket], part: int, timeline: Timeline) -> Iterator[Picture | Sound]:
    stream = line.stream
    for packet in packets:
        for frame in line.depacketizer.push(packet):
            at_ns = timeline.place(frame.wall_ns)
            if stream.kind == "audio":
                yield Sound(at_ns, (part, stream.stream), frame.data, frame.label)
            else:
                yield Picture(at_ns, stream.source, stream.codec, frame.data, frame.is_key, frame.size, frame.label)
