"""An excerpt of a recording, also of one that goes on: what a room missed, as files a browser plays.

The packet logs are read as they are on the disk at that moment; a tail that is being written is left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from recordings.capture.course import course_of
from recordings.capture.job import run
from recordings.capture.playable import Segment, write_segments
from recordings.capture.playback import Picture, Sound, play
from recordings.capture.scan import Scan
from recordings.capture.timeline import Timeline
from recordings.errors import JobFailed, NothingRecorded
from recordings.settings import CaptureSettings
from scheduler.proceedings.facts import Fact

LEAST_NS = 1_000_000_000  # less is not worth a file
BEFORE_NS = 60_000_000_000  # a picture begins at its keyframe, so long before the excerpt at most
ABOUT = "excerpt.json"


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


async def excerpt(settings: CaptureSettings, recording_id: str, facts: list[Fact], begin_ns: int, end_ns: int) -> Path:
    """The folder of the excerpt, with its segments and, once all is there, ``excerpt.json``; made when it is not.

    Raises :class:`~recordings.errors.JobFailed`, also when nothing was recorded then.
    """
    folder = settings.files_of(recording_id) / "excerpts" / f"{begin_ns}-{end_ns}"
    if (folder / ABOUT).is_file():
        return folder
    job = {
        "do": "excerpt",
        "captures": str(settings.captures_of(recording_id)),
        "files": str(folder),
        "course": course_of(facts, recording_id).to_json(),
        "gap_shown_ms": settings.gap_shown_ms,
        "begin_ns": begin_ns,
        "end_ns": end_ns,
    }
    if not settings.captures_of(recording_id).is_dir():
        raise JobFailed("its packet logs are not here any more")
    done = await run(job, _in_silence)
    write_about(folder, done)
    return folder


def write_about(folder: Path, about: dict[str, Any]) -> None:
    """Last: where this file is, the segments are whole."""
    partial = folder / f"{ABOUT}.part"
    partial.write_text(json.dumps(about))
    partial.replace(folder / ABOUT)


def read_about(folder: Path) -> dict[str, Any] | None:
    """What ``excerpt.json`` says; None while there is none."""
    try:
        found: dict[str, Any] = json.loads((folder / ABOUT).read_text())
    except FileNotFoundError:
        return None
    return found


async def _in_silence(percent: int) -> None:
    """Nobody is told how far it is: it takes seconds."""
