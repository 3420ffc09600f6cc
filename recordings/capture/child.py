"""The process that holds the codecs: ``python -m recordings.capture.child``. It reads one job and says how far it is.

In: one line of JSON on standard input, which then stays open; when it closes, the one who asked has died, and so does
this process. Out: lines ``{"progress": percent}``, at the end ``{"done": …}`` or ``{"error": …}``.
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av

from recordings.capture.chapters import Chapter
from recordings.capture.course import Course
from recordings.capture.cut import make_excerpt
from recordings.capture.mp4 import make_mp4
from recordings.capture.playable import make_playable
from recordings.capture.scan import Scan, scan
from recordings.capture.scenes import Scene
from recordings.capture.timeline import Timeline, build
from recordings.errors import NothingRecorded, RecordingsError
from recordings.settings import ArchiveSettings

Job = dict[str, Any]
Progress = Callable[[int], None]


def prepare(job: Job, progress: Progress) -> Job:
    """Job 1: segments, and what the packet logs know of the recording."""
    found, timeline = _read(job)
    segments = make_playable(found, timeline, Path(job["files"]), progress)
    return {
        "timeline": timeline.to_json(),
        "segments": [segment.to_json() for segment in segments],
        "seen": [[one.at_ns, one.source, one.label] for one in found.seen],
        "presented": [[share.start_ns, share.end_ns] for share in found.presented],
        "damaged_bytes": found.damaged_bytes,
        "left_out": found.left_out,
    }


def excerpt(job: Job, progress: Progress) -> Job:
    """A part of a recording that may go on; no segments when nothing was recorded then."""
    try:
        found, timeline = _read(job)
        segments = make_excerpt(found, timeline, job["begin_ns"], job["end_ns"], Path(job["files"]))
    except NothingRecorded:
        return {"segments": [], "timeline": [], "seen": []}
    return {
        "segments": [segment.to_json() for segment in segments],
        "timeline": timeline.to_json(),
        "seen": [[one.at_ns, one.source, one.label] for one in found.seen],
    }


def _read(job: Job) -> tuple[Scan, Timeline]:
    """The packet logs, and their timeline by what the proceedings tell of pauses."""
    found = scan(Path(job["captures"]))
    course = Course.from_json(job["course"])
    timeline = build(
        found.captured,
        [*course.pauses, *found.pauses],
        course.interruptions,
        course.begin_ns,
        course.end_ns,
        job["gap_shown_ms"] * 1_000_000,
    )
    return found, timeline


def archive(job: Job, progress: Progress) -> Job:
    """Job 2: the MP4."""
    path = Path(job["mp4"])
    found = Scan() if path.exists() else scan(Path(job["captures"]))
    pages = {(paper, page): Path(file) for paper, page, file in job["pages"]}

    def page_image(paper_id: str, page: int) -> bytes | None:
        file = pages.get((paper_id, page))
        return None if file is None else file.read_bytes()

    settings = job["settings"]
    settings |= {name: Path(settings[name]) for name in ("font", "bold_font")}
    sealed = make_mp4(
        found,
        Timeline.from_json(job["timeline"]),
        [Scene(**scene) for scene in job["scenes"]],
        [Chapter(**chapter) for chapter in job["chapters"]],
        page_image,
        path,
        ArchiveSettings(**settings),
        job["title"],
        progress,
    )
    return {"sha256": sealed.sha256, "size_bytes": sealed.size_bytes}


def main() -> None:
    """Carry out the one job."""
    job = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_die_with_asker, daemon=True).start()
    os.nice(10)  # meetings that go on come first
    folder = Path(job["files"])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # one left over from a web process that was killed is about to die
            work = {"prepare": prepare, "archive": archive, "excerpt": excerpt}[job["do"]]
            done = work(job, lambda percent: _say({"progress": percent}))
        _say({"done": done})
    except (RecordingsError, OSError, av.FFmpegError) as error:
        for unfinished in folder.glob("*.part"):  # on a full disk its room is needed
            unfinished.unlink()
        _say({"error": str(error)})
        sys.exit(1)


def _say(message: Job) -> None:
    print(json.dumps(message), flush=True)


def _die_with_asker() -> None:
    while os.read(0, 4096):
        pass
    os._exit(2)


if __name__ == "__main__":
    main()
