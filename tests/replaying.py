"""A recording as it plays before it is archived, segment by segment: who is seen and who is heard, by numbers."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from tests.media import tone
from tests.recordings.capture.media import decode_pictures, decode_sound, read_code
from web.visiting.visitor import Visitor

RATE = 48_000
PIECE_S = 0.2  # of sound, in which a tone is told
STEP_S = 0.1
Told = list[tuple[float, int]]


@dataclass(frozen=True, slots=True)
class Replay:
    """Seconds of the recording, and the numbers in its pictures and in its sound then."""

    seen: Told
    heard: Told

    def __str__(self) -> str:
        """From which second on who is seen, and heard, until that changes."""
        return f"seen {_course(self.seen)}, heard {_course(self.heard)}"

    def has(self, number: int, begin: float, end: float) -> bool:
        """Whether it is seen and heard in this stretch."""
        return all(number in _between(told, begin, end) for told in (self.seen, self.heard))

    def who(self, begin: float = 0.0, end: float = float("inf")) -> set[int]:
        """Everybody who is seen or heard in this stretch."""
        return _between(self.seen, begin, end) | _between(self.heard, begin, end)


def _between(told: Told, begin: float, end: float) -> set[int]:
    return {number for at, number in told if begin <= at <= end}


def _course(told: Told) -> list[tuple[int, list[int]]]:
    seconds = sorted({int(at) for at, _ in told})
    by_second = [(second, sorted(_between(told, second, second + 1))) for second in seconds]
    return [next(run) for _, run in groupby(by_second, key=lambda one: one[1])]


async def replay_of(recording: dict[str, Any], reader: Visitor, path: Path) -> Replay:
    """Download and decode all segments, one after the other, at this path."""
    replay = Replay([], [])
    for segment in recording["segments"]:
        path.write_bytes(await reader.download(segment["url"]))
        part = await asyncio.to_thread(_decoded, path, segment["start_ms"] / 1000)
        replay.seen.extend(part.seen)
        replay.heard.extend(part.heard)
    return replay


def _decoded(path: Path, begin: float) -> Replay:
    seen = [(begin + at, number) for at, picture in decode_pictures(path) if (number := read_code(picture)) is not None]
    sound, piece = decode_sound(path), int(PIECE_S * RATE)
    starts = range(0, len(sound) - piece, int(STEP_S * RATE))
    heard = [(begin + at / RATE, one) for at in starts for one in tone.read_all(sound[at : at + piece], RATE)]
    return Replay(seen, heard)
