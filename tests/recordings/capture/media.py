"""Packet logs of meetings that never were: cameras that show a code, microphones with a tone, RTP as a sink gets it."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from recordings.capture.packet_log import SUFFIX, End, Header, Label, Mark, Packet, Stream, encode, encode_header
from tests.media import picture_code

BASE_S = 1_700_000_000
SECOND = 1_000_000_000
PROGRAM, PRESENTATION, VOICE = 0, 1, 2  # stream numbers; voices are 2, 3, 4
FPS = 15
NTP_EPOCH_S = 2_208_988_800


def wall_ns(second: float) -> int:
    """Second of the test → CLOCK_REALTIME."""
    return BASE_S * SECOND + round(second * SECOND)


def read_code(picture: NDArray[np.uint8]) -> int | None:
    """The code of a grey picture of any size."""
    return picture_code.read(picture)


def tone_of(samples: NDArray[Any], rate: int) -> float:
    """The strongest frequency, in Hz."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * rate / len(samples))


class Camera:
    """Encodes the code pictures as VP8 or H.264, as a browser would."""

    def __init__(self, code: int, codec: str = "vp8", size: tuple[int, int] = (320, 180)) -> None:
        self.code, self.codec, self.size = code, codec, size
        name, options = {
            "vp8": ("libvpx", {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}),
            "h264": ("libx264", {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline"}),
        }[codec]
        encoder: Any = av.CodecContext
        self._encoder: Any = encoder.create(name, "w")
        self._encoder.width, self._encoder.height, self._encoder.pix_fmt = *size, "yuv420p"
        self._encoder.time_base, self._encoder.bit_rate = Fraction(1, FPS), 300_000
        self._encoder.gop_size = 100_000
        self._encoder.options = options
        self._encoder.thread_count = 1  # libvpx's threads wait spinning
        self._number = 0

    def frame(self, key: bool) -> bytes:
        image = picture_code.picture(self.code, *self.size, self._number)
        frame = av.VideoFrame.from_ndarray(image, format="gray").reformat(format="yuv420p")
        frame.pts, frame.time_base = self._number, Fraction(1, FPS)
        frame.pict_type = av.video.frame.PictureType.I if key else av.video.frame.PictureType.NONE
        self._number += 1
        return b"".join(bytes(packet) for packet in self._encoder.encode(frame))


class Microphone:
    """Encodes a tone as Opus, 20 ms a packet."""

    def __init__(self, hertz: float, volume: float = 0.3) -> None:
        self._hertz, self._volume, self._number = hertz, volume, 0
        self._encoder: Any = av.CodecContext.create("libopus", "w")
        self._encoder.sample_rate, self._encoder.layout, self._encoder.format = 48000, "mono", "s16"
        self._encoder.bit_rate = 24_000

    def packet(self) -> bytes:
        times = (np.arange(960) + self._number * 960) / 48000
        samples = (np.sin(2 * np.pi * self._hertz * times) * self._volume * 32767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(samples[None, :], format="s16", layout="mono")
        frame.sample_rate, frame.pts = 48000, self._number * 960
        self._number += 1
        return b"".join(bytes(packet) for packet in self._encoder.encode(frame))


class LogBuilder:
    """Collects what arrives when and writes one part."""

    def __init__(self, directory: Path, part: str, start_s: float, recording_id: str = "rec-1") -> None:
        self.path = directory / f"{part}{SUFFIX}"
        self._header = Header(recording_id, part, wall_ns(start_s), 77)
        self._events: list[tuple[int, int, bytes]] = []
        self._streams: dict[int, Stream] = {}
        self._sequences = dict.fromkeys(range(8), 65_500)  # they wrap early
        self._random = random.Random(part)

    def video(
        self,
        camera: Camera,
        label: str,
        start_s: float,
        end_s: float,
        *,
        stream: int = PROGRAM,
        delay_s: float = 0.03,
        sender_ahead_s: float | None = None,
        lose: Callable[[int], bool] = lambda packet: False,
        key_every: int = 10_000,
    ) -> None:
        """A camera in a stream, from its keyframe on."""
        self._declare(stream, camera.codec, start_s)
        self._put(start_s + delay_s, Label(stream, wall_ns(start_s + delay_s), label))
        packet_number = 0
        for number in range(round((end_s - start_s) * FPS)):
            at = start_s + number / FPS
            payloads = packetize(camera.codec, camera.frame(number % key_every == 0), number)
            for index, payload in enumerate(payloads):
                last = index == len(payloads) - 1
                lost = lose(packet_number)
                packet_number += 1
                self._rtp(stream, payload, at, 90_000, last, delay_s, sender_ahead_s, lost)

    def audio(
        self,
        microphone: Microphone,
        label: str,
        start_s: float,
        end_s: float,
        *,
        stream: int = VOICE,
        delay_s: float = 0.02,
        sender_ahead_s: float | None = None,
    ) -> None:
        self._declare(stream, "opus", start_s)
        self._put(start_s + delay_s, Label(stream, wall_ns(start_s + delay_s), label))
        for number in range(round((end_s - start_s) * 50)):
            self._rtp(stream, microphone.packet(), start_s + number / 50, 48_000, False, delay_s, sender_ahead_s)

    def mark(self, at_s: float, event: str) -> None:
        self._put(at_s, Mark(wall_ns(at_s), {"event": event}))

    def nobody(self, at_s: float, stream: int) -> None:
        self._put(at_s, Label(stream, wall_ns(at_s), None))

    def write(self, end_s: float | None) -> Path:
        """Write the part; without ``end_s`` it was cut off."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        data = [encode_header(self._header)]
        data += [encode(stream, self._header.salt) for stream in self._streams.values()]
        data += [body for _, _, body in sorted(self._events, key=lambda event: event[:2])]
        if end_s is not None:
            data.append(encode(End(wall_ns(end_s)), self._header.salt))
        self.path.write_bytes(b"".join(data))
        return self.path

    def _declare(self, stream: int, codec: str, at_s: float) -> None:
        kind, source = {0: ("video", "program"), 1: ("video", "presentation")}.get(stream, ("audio", "voice"))
        rate = 48_000 if codec == "opus" else 90_000
        declared = Stream(stream, kind, source, codec, rate, 96 + stream)  # type: ignore[arg-type]
        before = self._streams.setdefault(stream, declared)
        if before.codec != codec:
            self._put(at_s, declared)

    def _put(self, at_s: float, record: Stream | Packet | Label | Mark) -> None:
        self._events.append((wall_ns(at_s), len(self._events), encode(record, self._header.salt)))

    def _rtp(
        self,
        stream: int,
        payload: bytes,
        at_s: float,
        rate: int,
        marker: bool,
        delay_s: float,
        sender_ahead_s: float | None,
        lost: bool = False,
    ) -> None:
        sequence = self._sequences[stream]
        self._sequences[stream] = (sequence + 1) % 65_536
        if lost:
            return
        timestamp = (round(at_s * rate) + 4_294_900_000) % (1 << 32)
        header = bytes([0x80, marker << 7 | 96 + stream]) + sequence.to_bytes(2) + timestamp.to_bytes(4) + bytes(4)
        ntp = None
        if sender_ahead_s is not None:
            seconds = Fraction(at_s + sender_ahead_s + BASE_S + NTP_EPOCH_S)
            ntp = int(seconds * (1 << 32))
        arrival_s = at_s + delay_s + self._random.random() * 0.01
        self._put(arrival_s, Packet(stream, wall_ns(arrival_s), ntp, header + payload))


def packetize(codec: str, data: bytes, number: int, size: int = 400) -> list[bytes]:
    """RTP payloads of a frame: VP8 with a 15-bit picture id, H.264 as single NAL units and FU-A."""
    if codec == "vp8":
        pieces = [data[at : at + size] for at in range(0, len(data), size)]
        tail = (0x8000 | number & 0x7FFF).to_bytes(2)
        return [bytes([0x90 if index == 0 else 0x80, 0x80]) + tail + piece for index, piece in enumerate(pieces)]
    payloads: list[bytes] = []
    for unit in annex_b_units(data):
        if len(unit) <= size:
            payloads.append(unit)
            continue
        pieces = [unit[at : at + size] for at in range(1, len(unit), size)]
        for index, piece in enumerate(pieces):
            flags = (index == 0) << 7 | (index == len(pieces) - 1) << 6
            payloads.append(bytes([unit[0] & 0xE0 | 28, flags | unit[0] & 0x1F]) + piece)
    return payloads


def annex_b_units(data: bytes) -> list[bytes]:
    units = data.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")
    return [unit for unit in units if unit]


def decode_pictures(path: Path) -> list[tuple[float, NDArray[np.uint8]]]:
    """(second, grey picture) of every frame."""
    with av.open(str(path)) as container:
        frames = [(float(frame.time or 0.0), frame.to_ndarray(format="gray")) for frame in container.decode(video=0)]
    return [(at, np.asarray(picture, np.uint8)) for at, picture in frames]


def decode_sound(path: Path, rate: int = 48_000) -> NDArray[np.float32]:
    """All sound as mono samples, the first at second 0."""
    resampler = av.AudioResampler(format="flt", layout="mono", rate=rate)
    parts: list[NDArray[np.float32]] = []
    start: float | None = None
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            start = float(frame.time or 0.0) if start is None else start
            parts += [np.asarray(piece.to_ndarray(), np.float32).reshape(-1) for piece in resampler.resample(frame)]
    parts += [np.asarray(piece.to_ndarray(), np.float32).reshape(-1) for piece in resampler.resample(None)]
    samples = np.concatenate(parts)
    lead = round((start or 0.0) * rate)
    return samples[-lead:] if lead < 0 else np.pad(samples, (lead, 0))
