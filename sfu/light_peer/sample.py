"""Pre-encoded frames to replay in a loop, the file they are kept in, and made-up ones that nobody needs to decode.

File: ``GBS1``, codec (1 byte length + name), clock rate (4), number of frames (4); per frame: duration in clock ticks
(4), keyframe (1), length (4), bytes. Big-endian.
"""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass
from pathlib import Path

MAGIC = b"GBS1"


@dataclass(frozen=True, slots=True)
class Frame:
    """One encoded frame; ``duration`` in ticks of the sample's clock."""

    data: bytes
    duration: int
    keyframe: bool = True


@dataclass(frozen=True, slots=True)
class Sample:
    """A loop of frames; ``name`` tells whose it is when it is received somewhere. The first frame is a keyframe."""

    name: str
    codec: str
    clock_rate: int
    frames: tuple[Frame, ...]

    def write(self, path: Path) -> None:
        """Keep it in a file."""
        codec = self.codec.encode()
        parts = [MAGIC, bytes([len(codec)]), codec, struct.pack("!II", self.clock_rate, len(self.frames))]
        for frame in self.frames:
            parts += [struct.pack("!IBI", frame.duration, frame.keyframe, len(frame.data)), frame.data]
        path.write_bytes(b"".join(parts))

    @classmethod
    def read(cls, path: Path, name: str | None = None) -> Sample:
        """The sample in a file. Raises ValueError when it is none."""
        data = path.read_bytes()
        if data[:4] != MAGIC:
            raise ValueError(f"{path} is no sample")
        at = 5 + data[4]
        codec = data[5:at].decode()
        clock_rate, count = struct.unpack_from("!II", data, at)
        at += 8
        frames: list[Frame] = []
        for _ in range(count):
            duration, keyframe, length = struct.unpack_from("!IBI", data, at)
            at += 9
            frames.append(Frame(data[at : at + length], duration, bool(keyframe)))
            at += length
        return cls(name or path.stem, codec, clock_rate, tuple(frames))


def synthetic_video(name: str, fps: int = 10, frames: int = 30, size: int = 900) -> Sample:
    """VP8 by its headers only: the rest is noise that belongs to ``name`` alone. No decoder will show it."""
    noise = random.Random(f"video {name}")
    made = [_vp8_frame(noise, index == 0, size * 3 if index == 0 else size) for index in range(frames)]
    return Sample(name, "vp8", 90000, tuple(Frame(data, 90000 // fps, index == 0) for index, data in enumerate(made)))


def synthetic_audio(name: str, frame_ms: int = 60, frames: int = 50) -> Sample:
    """Opus by its size only."""
    noise = random.Random(f"audio {name}")
    ticks = 48 * frame_ms
    return Sample(name, "opus", 48000, tuple(Frame(b"\x18" + noise.randbytes(90), ticks) for _ in range(frames)))


def _vp8_frame(noise: random.Random, keyframe: bool, size: int) -> bytes:
    """RFC 6386 9.1: frame tag, and for keyframes the start code and 320x180."""
    tag = ((size - 10) << 5 | 0x10 | (0 if keyframe else 1)).to_bytes(3, "little")
    head = tag + (b"\x9d\x01\x2a" + struct.pack("<HH", 320, 180) if keyframe else b"")
    return head + noise.randbytes(size - len(head))
