"""Job 1: the files a browser plays at once. No picture is encoded again; where the codec changes a new file begins.

While a screen is shared the picture is the shared screen, else the program; each change waits for a keyframe.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from recordings.capture.mixer import Mixer
from recordings.capture.muxer import MEDIA_TYPES, SegmentWriter
from recordings.capture.playback import Picture, Sound, play
from recordings.capture.scan import Scan
from recordings.capture.timeline import Timeline
from recordings.errors import NothingRecorded

FINAL_NS = 200_000_000  # sound this much older than the newest frame is complete
STEP_NS = 200_000_000
EARLY_NS = 1_000_000_000  # a frame was shown before it arrived


@dataclass(frozen=True, slots=True)
class Segment:
    """A finished file and its place in the recording."""

    number: int
    start_ms: int
    duration_ms: int
    media_type: str
    file_name: str
    size_bytes: int

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


class PictureChoice:
    """Which of program and presentation is the picture of a browser-playable file."""

    def __init__(self, presented: list[tuple[int, int]]) -> None:
        self._presented = presented  # recording time, ns
        self._current = ""

    def takes(self, picture: Picture) -> bool:
        """Whether this frame is shown; a change of source happens at its keyframe."""
        is_shared = any(start - EARLY_NS <= picture.at_ns <= end for start, end in self._presented)
        program_waits = is_shared and self._current == "presentation"
        wanted = is_shared if picture.source == "presentation" else not program_waits
        if not wanted or (picture.source != self._current and not picture.is_key):
            return False
        self._current = picture.source
        return True


def make_playable(
    found: Scan, timeline: Timeline, folder: Path, progress: Callable[[int], None] = lambda percent: None
) -> list[Segment]:
    """Write the segments into the folder; one run replaces what another left."""
    presented = _presented(found, timeline)
    run = _Run(_emptied(folder), found.first_picture, PictureChoice(presented))
    _write(run, play(found, timeline), timeline.duration_ns, progress)
    return run.segments


def write_segments(
    items: Iterator[Picture | Sound], found: Scan, timeline: Timeline, folder: Path, end_ns: int
) -> list[Segment]:
    """The same of a part: ``items`` of it in order, which ends at this recording time. It begins with the first."""
    first = next(items, None)
    if first is None:
        raise NothingRecorded("nothing was recorded then")
    is_seen = isinstance(first, Picture) and first.codec == "vp8" and first.is_key and first.size is not None
    shape = (first.codec, *first.size) if is_seen and isinstance(first, Picture) and first.size else None
    run = _Run(_emptied(folder), shape, PictureChoice(_presented(found, timeline)), first.at_ns)
    _write(run, chain([first], items), end_ns, lambda percent: None)
    return run.segments


def _emptied(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("segment-*"):
        old.unlink()
    return folder


def _presented(found: Scan, timeline: Timeline) -> list[tuple[int, int]]:
    return [(timeline.place(shared.start_ns), timeline.place(shared.end_ns)) for shared in found.presented]


def _write(run: _Run, items: Iterator[Picture | Sound], end_ns: int, progress: Callable[[int], None]) -> None:
    for item in items:
        if isinstance(item, Picture):
            run.take_picture(item)
        else:
            run.mixer.add(item)
        if item.at_ns - run.mixed_ns > STEP_NS + FINAL_NS:
            run.mix(item.at_ns - FINAL_NS)
            progress(min(99, item.at_ns * 100 // max(1, end_ns)))
    run.end(end_ns)


class _Run:
    """The segment being written and those that are finished."""

    def __init__(
        self, folder: Path, first: tuple[str, int, int] | None, choice: PictureChoice, begin_ns: int = 0
    ) -> None:
        self.mixer = Mixer(begin_ns)
        self.mixed_ns = begin_ns
        self.segments: list[Segment] = []
        self._folder = folder
        self._choice = choice
        self._writer: SegmentWriter | None = None
        self._size: tuple[int, int] | None = None
        if first is None:
            self._writer = self._begin("", (0, 0), begin_ns)
        elif first[0] == "vp8":
            self._writer = self._begin("vp8", (first[1], first[2]), begin_ns)

    def take_picture(self, picture: Picture) -> None:
        if not self._choice.takes(picture):
            return
        if self._writer is None or self._writer.codec != picture.codec:
            self._change(picture)
        if self._writer is not None:
            self._writer.write_picture(picture.data, picture.is_key, picture.at_ns)

    def mix(self, until_ns: int) -> None:
        """Write the sound up to this recording time; without a segment yet (H.264 says its size later) it waits."""
        if self._writer is not None and until_ns > self.mixed_ns:
            self._writer.write_sound(self.mixer.take(until_ns))
            self.mixed_ns = until_ns

    def end(self, at_ns: int) -> None:
        if self._writer is None:
            self._writer = self._begin("", (0, 0), self.mixed_ns)
        self.mix(at_ns)
        self._close(at_ns)

    def _change(self, picture: Picture) -> None:
        start_ns = 0
        if self._writer is not None:
            start_ns = max(picture.at_ns, self.mixed_ns)
            self.mix(start_ns)
            self._close(start_ns)
        self._writer = self._begin(picture.codec, picture.size or (0, 0), start_ns, picture.data)

    def _begin(self, codec: str, size: tuple[int, int], start_ns: int, first_key: bytes = b"") -> SegmentWriter:
        name = f"segment-{len(self.segments):03}.{'mp4' if codec == 'h264' else 'webm'}"
        return SegmentWriter(self._folder / name, codec, size, start_ns, first_key)

    def _close(self, end_ns: int) -> None:
        writer, self._writer = self._writer, None
        if writer is None:
            return
        duration_ms = writer.close(end_ns)
        self.segments.append(
            Segment(
                len(self.segments),
                writer.start_ns // 1_000_000,
                duration_ms,
                MEDIA_TYPES[writer.codec],
                writer.path.name,
                writer.path.stat().st_size,
            )
        )
