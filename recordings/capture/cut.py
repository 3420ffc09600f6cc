"""In the process with the codecs: a part of a recording, from a keyframe on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from recordings.capture.playable import Segment, write_segments
from recordings.capture.playback import Picture, Sound, play
from recordings.capture.scan import Scan
from recordings.capture.timeline import Timeline
from recordings.errors import NothingRecorded

LEAST_NS = 1_000_000_000  # less is not worth a file
BEFORE_NS = 60_000_000_000  # a picture begins at its keyframe, so long before the excerpt at most


def make_excerpt(found: Scan, timeline: Timeline, begin_ns: int, end_ns: int, folder: Path) -> list[Segment]:
    """Write what was captured between two moments of the wall clock; raises :class:`NothingRecorded`.

    The picture is there from its last keyframe before ``begin_ns`` on, the sound with it.
    """
    begin, end = timeline.place(begin_ns), timeline.place(end_ns)
    if end - begin < LEAST_NS:
        raise NothingRecorded("nothing was recorded then")
    return write_segments(_from_keyframe(play(found, timeline), begin, end), found, timeline, folder, end)


def _from_keyframe(items: Iterator[Picture | Sound], begin: int, end: int) -> Iterator[Picture | Sound]:
    """Those up to ``end``, from the last keyframe before ``begin`` on."""
    before: list[Picture | Sound] = []
    for item in items:
        if item.at_ns >= end:
            return
        if item.at_ns < begin:
            if (isinstance(item, Picture) and item.is_key) or (before and item.at_ns - before[0].at_ns > BEFORE_NS):
                before.clear()
            before.append(item)
            continue
        yield from before
        before.clear()
        yield item
