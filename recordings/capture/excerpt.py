"""An excerpt of a recording, also of one that goes on: what a room missed, as files a browser plays.

The packet logs are read as they are on the disk at that moment; a tail that is being written is left out.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from recordings.capture.chapters import Names, chapters
from recordings.capture.course import course_of
from recordings.capture.job import run
from recordings.capture.scan import Seen
from recordings.capture.timeline import Timeline
from recordings.errors import JobFailed
from recordings.settings import CaptureSettings
from scheduler.proceedings.facts import Fact

ABOUT = "excerpt.json"


async def excerpt(
    settings: CaptureSettings, recording_id: str, facts: Sequence[Fact], names: Names, begin_ns: int, end_ns: int
) -> Path:
    """The folder of the excerpt, with its segments and, once all is there, ``excerpt.json``; made when it is not.

    ``excerpt.json`` is ``{"segments": […], "chapters": […]}``, times in ms from the excerpt's beginning on; no segments
    when nothing was recorded then. Raises :class:`~recordings.errors.JobFailed`.
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
    write_about(folder, _about(done, facts, names))
    return folder


def _about(done: dict[str, Any], facts: Sequence[Fact], names: Names) -> dict[str, Any]:
    """Times of a recording become times of the excerpt."""
    segments = done["segments"]
    begin = segments[0]["start_ms"] if segments else 0
    end = segments[-1]["start_ms"] + segments[-1]["duration_ms"] if segments else 0
    seen = [Seen(*fields) for fields in done["seen"]]
    found = chapters(facts, Timeline.from_json(done["timeline"]), seen, names) if segments else []
    return {
        "segments": [segment | {"start_ms": segment["start_ms"] - begin} for segment in segments],
        "chapters": [
            {"start_ms": max(0, one.start_ms - begin), "kind": one.kind, "title": one.title}
            for one in found
            if one.start_ms < end and one.end_ms > begin
        ],
    }


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
