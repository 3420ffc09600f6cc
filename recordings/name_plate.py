"""Made-up cameras for demonstrations: a plate with a site's name and a dot that goes round, and a quiet microphone.

Encoded once, to be replayed by light peers; or as frames of a Y4M, for a browser's fake camera.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from sfu.light_peer.sample import Frame, Sample

WIDTH, HEIGHT = 320, 180
SECONDS = 4
FONT = Path(__file__).parent / "minutes" / "fonts"
OPUS_SILENCE = b"\xf8\xff\xfe"  # 20 ms, as in RFC 7587's discontinuous transmission
QUIET_MS = 400
ROUND_S = 4.0


def frames(name: str, fps: int, seconds: int = SECONDS) -> Iterator[Image.Image]:
    """The plate of this name: its colour is made of it, the dot goes round once."""
    plate, colour = _plate(name)
    for moment in range(fps * seconds):
        picture = plate.copy()
        angle = 2 * math.pi * moment / (fps * ROUND_S)
        x, y = WIDTH - 30 + 14 * math.sin(angle), 30 - 14 * math.cos(angle)
        ImageDraw.Draw(picture).ellipse((x - 5, y - 5, x + 5, y + 5), fill=_lighter(colour, 120))
        yield picture


def camera_sample(name: str, fps: int = 4) -> Sample:
    """VP8, one keyframe, then differences."""
    encoder = av.CodecContext.create("libvpx", "w")
    encoder.width, encoder.height, encoder.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    encoder.time_base, encoder.bit_rate, encoder.gop_size = Fraction(1, fps), 60_000, 1000
    encoder.thread_count = 1  # libvpx's threads wait spinning
    encoder.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0", "auto-alt-ref": "0"}
    packets = []
    for moment, picture in enumerate(frames(name, fps)):
        frame = av.VideoFrame.from_ndarray(np.asarray(picture), "rgb24").reformat(format="yuv420p")
        frame.pts, frame.time_base = moment, encoder.time_base
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    made = tuple(Frame(bytes(packet), 90_000 // fps, bool(packet.is_keyframe)) for packet in packets if packet.size)
    return Sample(name, "vp8", 90_000, made)


def quiet_sample() -> Sample:
    """A microphone that is open in a quiet room: one packet now and then."""
    return Sample("quiet", "opus", 48_000, (Frame(OPUS_SILENCE, 48 * QUIET_MS),))


def write_camera(path: Path, name: str, fps: int = 10) -> Path:
    """A Y4M for ``--use-file-for-fake-video-capture``."""
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{fps}:1 Ip A1:1 C420jpeg\n".encode())
        for picture in frames(name, fps):
            planes = av.VideoFrame.from_ndarray(np.asarray(picture), "rgb24").reformat(format="yuv420p").to_ndarray()
            file.write(b"FRAME\n" + np.ascontiguousarray(planes).tobytes())
    return path


def _plate(name: str) -> tuple[Image.Image, tuple[int, int, int]]:
    hue = zlib.crc32(name.encode()) % 360
    colour = _rgb(hue)
    picture = Image.new("RGB", (WIDTH, HEIGHT), colour)
    draw = ImageDraw.Draw(picture)
    for row in range(HEIGHT):
        draw.line((0, row, WIDTH, row), fill=_lighter(colour, row // 4))
    lines = _lines(name)
    size = 30 if len(lines) == 1 else 26
    font = ImageFont.truetype(str(next(iter(sorted(FONT.glob("*Bold.*"))), next(FONT.glob("*.?tf")))), size)
    for number, line in enumerate(lines):
        draw.text((WIDTH / 2, 100 + 34 * (number - (len(lines) - 1) / 2)), line, "white", font, "mm")
    return picture, colour


def _lines(name: str) -> list[str]:
    """In two, where it is long."""
    words = name.split()
    if len(name) <= 16 or len(words) < 2:
        return [name]
    half = min(range(1, len(words)), key=lambda at: abs(len(" ".join(words[:at])) - len(name) / 2))
    return [" ".join(words[:half]), " ".join(words[half:])]


def _rgb(hue: int) -> tuple[int, int, int]:
    red, green, blue = (round(70 + 50 * math.cos(math.radians(hue - shift))) for shift in (0, 120, 240))
    return red, green, blue


def _lighter(colour: tuple[int, int, int], by: int) -> tuple[int, int, int]:
    red, green, blue = (min(255, part + by) for part in colour)
    return red, green, blue
