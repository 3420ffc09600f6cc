"""Writes one segment a browser plays: the picture as it was sent, the mixed voices as one Opus track.

VP8 goes into WebM with its cues in front (seeking needs nothing of the rest), H.264 into MP4 with its index in front.
"""

from __future__ import annotations

import io
import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from recordings.capture.mixer import RATE, Samples

MILLISECOND = Fraction(1, 1000)
FRAME = 960  # samples in 20 ms
MEDIA_TYPES = {"vp8": 'video/webm; codecs="vp8,opus"', "h264": 'video/mp4; codecs="avc1,opus"', "": "audio/webm"}


class SegmentWriter:
    """One file; times are recording time in ns, ``start_ns`` is its zero."""

    def __init__(self, path: Path, codec: str, size: tuple[int, int], start_ns: int, first_key: bytes = b"") -> None:
        self.path = path
        self.codec = codec
        self.start_ns = start_ns
        self._part = path.with_name(path.name + ".part")
        self._container: Any
        if codec == "h264":
            self._container = av.open(self._part, "w", format="mp4", options={"movflags": "faststart", "strict": "-2"})
        else:
            self._container = av.open(self._part, "w", format="webm", options={"cues_to_front": "1"})
        self._video = self._add_video(codec, size, first_key)
        quick = {"compression_level": "3"}
        self._audio = self._container.add_stream("libopus", rate=RATE, layout="mono", bit_rate=64_000, options=quick)
        self._last_ms = -1
        self._samples: Samples = np.zeros(0, dtype=np.float32)
        self._sample_number = 0

    def write_picture(self, data: bytes, is_key: bool, at_ns: int) -> None:
        """A frame as it was sent; two frames never share a millisecond."""
        self._last_ms = max((at_ns - self.start_ns) // 1_000_000, self._last_ms + 1)
        packet = av.Packet(data)
        packet.stream, packet.is_keyframe = self._video, is_key
        packet.pts = packet.dts = self._last_ms
        packet.time_base = MILLISECOND
        self._container.mux_one(packet)

    def write_sound(self, samples: Samples) -> None:
        """The next mixed samples."""
        self._samples = np.concatenate((self._samples, samples)) if len(self._samples) else samples
        while len(self._samples) >= FRAME:
            self._encode(self._samples[:FRAME])
            self._samples = self._samples[FRAME:]

    def close(self, end_ns: int) -> int:
        """Finish the file under its name, on the disk; returns its duration in ms."""
        if len(self._samples):
            self._encode(np.pad(self._samples, (0, FRAME - len(self._samples))))
        self._container.mux(self._audio.encode(None))
        self._container.close()
        settle(self._part, self.path)
        return (end_ns - self.start_ns) // 1_000_000

    def _encode(self, samples: Samples) -> None:
        frame = av.AudioFrame.from_ndarray((samples * 32767).astype(np.int16)[None, :], format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, self._sample_number, Fraction(1, RATE)
        self._sample_number += FRAME
        self._container.mux(self._audio.encode(frame))

    def _add_video(self, codec: str, size: tuple[int, int], first_key: bytes) -> Any:
        if codec == "h264":
            with av.open(io.BytesIO(first_key), format="h264") as parsed:
                return self._container.add_stream_from_template(parsed.streams.video[0], opaque=True)
        if codec == "vp8":
            return self._container.add_mux_stream("vp8", width=size[0], height=size[1], time_base=MILLISECOND)
        return None


def settle(part: Path, path: Path) -> None:
    """Have a finished file on the disk under its name, all at once."""
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
