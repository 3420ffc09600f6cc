"""Job 2: the archive's MP4: H.264 at a constant bit rate and frame rate, AAC, chapters inside, index in front.

The file is written beside its place and moved there when it is whole, so a job that was killed is simply run again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from recordings.capture.chapters import Chapter, flat
from recordings.capture.compose import Composer, PageImage
from recordings.capture.mixer import RATE, Mixer, Samples
from recordings.capture.muxer import settle
from recordings.capture.playback import Picture, play
from recordings.capture.scan import Scan
from recordings.capture.scenes import Scene, scene_at
from recordings.capture.timeline import Timeline
from recordings.settings import ArchiveSettings

SETTLED_NS = 200_000_000  # frames and sound this much older than the newest are complete
STALE_NS = 3_000_000_000  # a program that stood still for so long is not sent any more
AAC_FRAME = 1024


@dataclass(frozen=True, slots=True)
class Sealed:
    """A finished archive file."""

    sha256: str
    size_bytes: int


def make_mp4(
    found: Scan,
    timeline: Timeline,
    scenes: Sequence[Scene],
    chapters: Sequence[Chapter],
    page_image: PageImage,
    path: Path,
    settings: ArchiveSettings,
    title: str = "",
    progress: Callable[[int], None] = lambda percent: None,
) -> Sealed:
    """Write the MP4 under ``path`` and say its hash; what is there already is complete and only hashed."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        encoder = _Encoder(part, settings, chapters, title)
        _Run(encoder, timeline, scenes, Composer(settings, page_image), settings).carry_out(found, progress)
        encoder.close()
        settle(part, path)
    return seal(path)


def seal(path: Path) -> Sealed:
    """Hash and size. The index is moved in front at the end, so the hash can only be taken of the finished file."""
    with path.open("rb") as file:
        return Sealed(hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size)


class _Encoder:
    """The file being written."""

    def __init__(self, part: Path, settings: ArchiveSettings, chapters: Sequence[Chapter], title: str) -> None:
        self._container: Any = av.open(part, "w", format="mp4", options={"movflags": "faststart"})
        self._container.metadata["title"] = title
        self._container.set_chapters(
            [
                {
                    "id": number,
                    "start": chapter.start_ms,
                    "end": chapter.end_ms,
                    "time_base": Fraction(1, 1000),
                    "metadata": {"title": chapter.title},
                }
                for number, chapter in enumerate(flat(chapters))
            ]
        )
        bitrate = str(settings.video_bitrate)
        constant = {"nal-hrd": "cbr", "minrate": bitrate, "maxrate": bitrate, "bufsize": bitrate}
        self._video = self._container.add_stream(
            "libx264",
            rate=settings.fps,
            width=settings.width,
            height=settings.height,
            pix_fmt="yuv420p",
            bit_rate=settings.video_bitrate,
            options={"preset": settings.preset, "threads": "1", "g": str(settings.fps * 2), **constant},
        )
        self._audio = self._container.add_stream("aac", rate=RATE, layout="mono", bit_rate=settings.audio_bitrate)
        self._fps = settings.fps
        self._samples: Samples = np.zeros(0, dtype=np.float32)
        self._sample_number = 0

    def write_picture(self, frame: av.VideoFrame, number: int) -> None:
        frame.pts, frame.time_base = number, Fraction(1, self._fps)
        frame.pict_type = av.video.frame.PictureType.NONE
        self._container.mux(self._video.encode(frame))

    def write_sound(self, samples: Samples) -> None:
        self._samples = np.concatenate((self._samples, samples))
        while len(self._samples) >= AAC_FRAME:
            self._encode(self._samples[:AAC_FRAME])
            self._samples = self._samples[AAC_FRAME:]

    def close(self) -> None:
        if len(self._samples):
            self._encode(np.pad(self._samples, (0, AAC_FRAME - len(self._samples))))
        self._container.mux(self._video.encode(None))
        self._container.mux(self._audio.encode(None))
        self._container.close()

    def _encode(self, samples: Samples) -> None:
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples[None, :]), format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, self._sample_number, Fraction(1, RATE)
        self._sample_number += AAC_FRAME
        self._container.mux(self._audio.encode(frame))


class _Eye:
    """Decodes one source and keeps its newest picture."""

    def __init__(self) -> None:
        self.frame: av.VideoFrame | None = None
        self.at_ns = 0
        self._codec = ""
        self._decoder: Any = None

    def take(self, picture: Picture) -> bool:
        """Whether there is another picture now."""
        if picture.codec != self._codec:
            self._codec, self._decoder = picture.codec, av.CodecContext.create(picture.codec, "r")
        try:
            frames = self._decoder.decode(av.Packet(picture.data))
        except av.FFmpegError:
            return False
        if frames:
            self.frame, self.at_ns = frames[-1], picture.at_ns
        return bool(frames)


class _Run:
    """Walks the recording at the archive's frame rate."""

    def __init__(
        self,
        encoder: _Encoder,
        timeline: Timeline,
        scenes: Sequence[Scene],
        composer: Composer,
        settings: ArchiveSettings,
    ) -> None:
        self._encoder = encoder
        self._timeline = timeline
        self._scenes = scenes
        self._composer = composer
        self._tick_ns = 1_000_000_000 // settings.fps
        self._number = 0
        self._eyes = {"program": _Eye(), "presentation": _Eye()}
        self._mixer = Mixer()
        self._waiting: list[Picture] = []
        self._shown: tuple[Any, ...] | None = None
        self._frame: av.VideoFrame | None = None

    def carry_out(self, found: Scan, progress: Callable[[int], None]) -> None:
        done = -1
        for item in play(found, self._timeline):
            if isinstance(item, Picture):
                self._waiting.append(item)
            else:
                self._mixer.add(item)
            self._advance(item.at_ns - SETTLED_NS)
            if (percent := min(99, item.at_ns * 100 // max(1, self._timeline.duration_ns))) > done:
                progress(done := percent)
        self._advance(self._timeline.duration_ns)

    def _advance(self, until_ns: int) -> None:
        """Write every picture due before this recording time, and the sound with it."""
        while (now_ns := self._number * self._tick_ns) < until_ns:
            while self._waiting and self._waiting[0].at_ns <= now_ns:
                picture = self._waiting.pop(0)
                self._eyes[picture.source].take(picture)
            self._encoder.write_picture(self._picture(now_ns), self._number)
            self._encoder.write_sound(self._mixer.take(now_ns + self._tick_ns))
            self._number += 1

    def _picture(self, now_ns: int) -> av.VideoFrame:
        """The composed picture; made again only when something in it changed."""
        scene = scene_at(self._scenes, now_ns // 1_000_000)
        program, presentation = self._eyes["program"], self._eyes["presentation"]
        shown = program.frame if now_ns - program.at_ns < STALE_NS else None
        key = (scene, id(shown), program.at_ns, presentation.at_ns)
        if self._frame is None or key != self._shown:
            self._shown = key
            self._frame = self._composer.compose(scene, shown, presentation.frame)
        return self._frame
