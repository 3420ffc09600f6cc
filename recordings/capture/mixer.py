"""Decodes the loudest voices and mixes them to one mono track at 48 kHz, sample-exact on the recording's time."""

from __future__ import annotations

from dataclasses import dataclass

import av
import numpy as np
from numpy.typing import NDArray

from recordings.capture.playback import Sound

RATE = 48_000
SLACK = RATE * 60 // 1000  # a voice keeps its own rhythm until it is this far from its place

Samples = NDArray[np.float32]


@dataclass(slots=True)
class _Voice:
    decoder: av.AudioCodecContext
    label: str | None
    next_sample: int | None = None


class Mixer:
    """Sounds in, in order of recording time from ``begin_ns`` on; mixed samples out."""

    def __init__(self, begin_ns: int = 0) -> None:
        self._voices: dict[tuple[int, int], _Voice] = {}
        self._start = begin_ns * RATE // 1_000_000_000  # sample number of the buffer's first sample
        self._buffer: Samples = np.zeros(RATE * 2, dtype=np.float32)

    def add(self, sound: Sound) -> None:
        """Mix a packet in at its place; what cannot be decoded is silence."""
        voice = self._voices.get(sound.voice)
        if voice is None or voice.label != sound.label:
            voice = self._voices[sound.voice] = _Voice(_decoder(), sound.label)
        samples = _decode(voice.decoder, sound.data)
        wanted = sound.at_ns * RATE // 1_000_000_000
        if voice.next_sample is None or abs(wanted - voice.next_sample) > SLACK:
            voice.next_sample = wanted
        self._add(voice.next_sample, samples)
        voice.next_sample += len(samples)

    def take(self, until_ns: int) -> Samples:
        """The mixed samples from where the last call ended up to this recording time; they are final."""
        count = until_ns * RATE // 1_000_000_000 - self._start
        if count <= 0:
            return np.zeros(0, dtype=np.float32)
        self._reserve(count)
        mixed = np.clip(self._buffer[:count], -1.0, 1.0)
        self._buffer = np.concatenate((self._buffer[count:], np.zeros(count, dtype=np.float32)))
        self._start += count
        return mixed

    def _add(self, position: int, samples: Samples) -> None:
        begin = position - self._start
        if begin < 0:
            samples, begin = samples[-begin:], 0
        self._reserve(begin + len(samples))
        self._buffer[begin : begin + len(samples)] += samples

    def _reserve(self, length: int) -> None:
        if length > len(self._buffer):
            self._buffer = np.concatenate((self._buffer, np.zeros(length + RATE, dtype=np.float32)))


def _decoder() -> av.AudioCodecContext:
    context = av.AudioCodecContext.create("libopus", "r")
    context.sample_rate = RATE
    context.layout = "mono"
    return context


def _decode(decoder: av.AudioCodecContext, data: bytes) -> Samples:
    try:
        frames = decoder.decode(av.Packet(data))
    except av.FFmpegError:
        return np.zeros(RATE // 50, dtype=np.float32)
    parts = [_mono(frame) for frame in frames]
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.float32)


def _mono(frame: av.AudioFrame) -> Samples:
    array = frame.to_ndarray()
    scale = np.float32(1 / 32768 if array.dtype == np.int16 else 1)
    channels = frame.layout.nb_channels
    mono = array.reshape(-1) if channels == 1 else array.reshape(-1, channels).mean(axis=1)
    return np.asarray(mono * scale, dtype=np.float32)
