"""Files for fake cameras and microphones, and encoded samples for light peers, each with its number in it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from sfu.light_peer.sample import Frame, Sample
from tests.media import picture_code, tone


def write_camera(
    path: Path, number: int, width: int = 640, height: int = 360, fps: int = 10, seconds: int = 2, lively: bool = False
) -> Path:
    """A Y4M for ``--use-file-for-fake-video-capture``; ``lively``: noise fills what an encoder may send."""
    noise = np.random.default_rng(number)
    chroma = bytes([128]) * (width // 2 * (height // 2) * 2)
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{width} H{height} F{fps}:1 Ip A1:1 C420jpeg\n".encode())
        for moment in range(fps * seconds):
            luma = picture_code.picture(number, width, height, moment)
            if lively:
                luma[height // 2 :] = noise.integers(0, 255, (height - height // 2, width))
            file.write(b"FRAME\n" + luma.tobytes() + chroma)
    return path


def write_dark_camera(path: Path, width: int = 320, height: int = 180) -> Path:
    """Two pictures of a camera whose lid is closed."""
    dark = bytes([16]) * (width * height) + bytes([128]) * (width // 2 * (height // 2) * 2)
    path.write_bytes(f"YUV4MPEG2 W{width} H{height} F5:1 Ip A1:1 C420jpeg\n".encode() + (b"FRAME\n" + dark) * 2)
    return path


def write_silent_microphone(path: Path) -> Path:
    """Two seconds of nothing."""
    tone.write_silence(path)
    return path


def write_microphone(path: Path, number: int) -> Path:
    """A WAV for ``--use-file-for-fake-audio-capture``."""
    tone.write_wav(path, number)
    return path


def video_sample(
    number: int, name: str = "", width: int = 320, height: int = 180, fps: int = 10, seconds: int = 2
) -> Sample:
    """VP8 of the picture of ``number``: one keyframe, then differences."""
    encoder = av.CodecContext.create("libvpx", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.bit_rate, encoder.gop_size = Fraction(1, fps), 150_000, 1000
    encoder.thread_count = 1  # libvpx's threads wait spinning
    encoder.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0", "auto-alt-ref": "0"}
    packets = []
    for moment in range(fps * seconds):
        planes = np.full((height * 3 // 2, width), 128, np.uint8)
        planes[:height] = picture_code.picture(number, width, height, moment)
        frame = av.VideoFrame.from_ndarray(planes, "yuv420p")
        frame.pts = moment
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    frames = tuple(Frame(bytes(p), 90000 // fps, bool(p.is_keyframe)) for p in packets if p.size)
    return Sample(name or f"video {number}", "vp8", 90000, frames)


def audio_sample(number: int, name: str = "", seconds: int = 2, frame_ms: int = 20) -> Sample:
    """Opus of the tone of ``number``."""
    encoder = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.format, encoder.layout = 48000, "s16", "mono"
    encoder.time_base, encoder.bit_rate = Fraction(1, 48000), 24_000
    encoder.options = {"frame_duration": str(frame_ms), "application": "voip"}
    encoder.open()
    ticks = 48 * frame_ms
    pcm = tone.samples(number, seconds)
    packets = []
    for at in range(0, len(pcm) - ticks + 1, ticks):
        frame = av.AudioFrame.from_ndarray(pcm[at : at + ticks].reshape(1, -1), "s16", "mono")
        frame.sample_rate, frame.pts = 48000, at
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    frames = tuple(Frame(bytes(packet), ticks) for packet in packets if packet.size)
    return Sample(name or f"audio {number}", "opus", 48000, frames)
