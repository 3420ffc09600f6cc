"""After a meeting: its recording as people watch it. Who is on air at a chapter's second is seen and heard there."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recordings.capture.layout import Rectangle, layout
from tests.media import paper, picture_code, tone
from tests.recordings.capture.media import decode_pictures, decode_sound
from web.visiting.visitor import Visitor

SIZE = (640, 360)  # of the archive, as ``Installation`` sets it
RATE = 48000
AROUND_S = 0.5


@dataclass(frozen=True, slots=True)
class Film:
    """The archive's MP4, decoded, with the chapters and shown pages that the service tells of it."""

    recording: dict[str, Any]
    pictures: list[tuple[float, NDArray[np.uint8]]]  # second, brightness
    sound: NDArray[np.float32]

    def chapters(self, kind: str) -> list[dict[str, Any]]:
        return [chapter for chapter in self.recording["chapters"] if chapter["kind"] == kind]

    def has_on_air(self, chapter: dict[str, Any], number: int) -> None:
        """Around the chapter's second stands the picture of this number, and its tone sounds."""
        begin = chapter["start_ms"] / 1000
        shown = self._numbers(begin, layout(False, *SIZE).video.fit(16, 9))
        assert number in shown, f"{chapter['title']}: pictures of {shown}"
        heard = self._tones(begin)
        assert number in heard, f"{chapter['title']}: tones {heard}"

    def shows_page(self, shown: dict[str, Any], number: int) -> None:
        """Around the second at which this page was shown it stands beside the picture."""
        exhibit = layout(True, *SIZE).exhibit
        assert exhibit is not None
        found = self._numbers(shown["start_ms"] / 1000, exhibit.fit(paper.WIDTH, paper.HEIGHT))
        assert number in found, f"page {shown['page']}: pages {found}"

    def _numbers(self, second: float, place: Rectangle) -> set[int | None]:
        rows, columns = slice(place.y, place.y + place.height), slice(place.x, place.x + place.width)
        near = (picture for at, picture in self.pictures if abs(at - second) <= AROUND_S)
        return {picture_code.read(picture[rows, columns]) for picture in near}

    def _tones(self, second: float) -> set[int]:
        """All that sound for a fifth of a second somewhere around this second."""
        starts = np.arange(max(second - AROUND_S, 0), second + AROUND_S - 0.2, 0.05)
        pieces = (self.sound[int(start * RATE) : int((start + 0.2) * RATE)] for start in starts)
        return {number for piece in pieces for number in tone.read_all(piece, RATE)}


async def film_of(recording: dict[str, Any], reader: Visitor, path: Path) -> Film:
    """Download the MP4 to this path; its hash is the sealed one."""
    path.write_bytes(await reader.download(recording["mp4"]["url"]))
    assert hashlib.sha256(path.read_bytes()).hexdigest() == recording["sha256"]
    pictures, sound = await asyncio.to_thread(lambda: (list(decode_pictures(path)), decode_sound(path)))
    return Film(recording, pictures, sound)
