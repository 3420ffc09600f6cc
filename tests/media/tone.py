"""One tone per number (0–39), told apart by its frequency; in short bursts, so that noise suppression lets it live."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE = 48000
LOWEST_HZ = 400
STEP_HZ = 80
NUMBERS = 40
ON_S, OFF_S = 0.4, 0.1


def frequency(number: int) -> int:
    """Hz of a number's tone."""
    return LOWEST_HZ + STEP_HZ * number


def samples(number: int, seconds: float = 2.0, rate: int = RATE) -> NDArray[np.int16]:
    """Mono PCM of the tone; whole seconds loop without a click."""
    time = np.arange(int(seconds * rate)) / rate
    sound = np.sin(2 * np.pi * frequency(number) * time)
    phase = time % (ON_S + OFF_S)
    envelope = np.clip(np.minimum(phase, ON_S - phase) / 0.01, 0, 1)
    return np.asarray(sound * envelope * 12000, np.int16)


def write_wav(path: Path, number: int, seconds: float = 2.0) -> None:
    """A file for Chromium's fake microphone."""
    _write(path, samples(number, seconds))


def write_silence(path: Path, seconds: float = 2.0) -> None:
    """A microphone whose cable is out."""
    _write(path, np.zeros(int(RATE * seconds), np.int16))


def _write(path: Path, pcm: NDArray[np.int16]) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(pcm.tobytes())


def read(pcm: NDArray[np.int16], rate: int = RATE) -> int | None:
    """Whose tone is the strongest in mono PCM, or None when none stands out."""
    found = read_all(pcm, rate)
    return found[0] if found else None


def read_all(pcm: NDArray[np.int16] | NDArray[np.float32], rate: int = RATE) -> list[int]:
    """All tones that stand out, the strongest first."""
    if len(pcm) < rate // 10:
        return []
    spectrum = np.abs(np.fft.rfft(pcm.astype(np.float64) * np.hanning(len(pcm))))
    frequencies = np.fft.rfftfreq(len(pcm), 1 / rate)
    near = {n: np.abs(frequencies - frequency(n)) < STEP_HZ / 4 for n in range(NUMBERS)}
    power = {n: float(spectrum[bins].max(initial=0)) for n, bins in near.items()}
    floor = float(np.median(spectrum[(frequencies > 200) & (frequencies < 4000)])) + 1.0
    strongest = max(power.values())
    loud = [n for n, value in power.items() if value > 20 * floor and value > strongest / 10]
    return sorted(loud, key=lambda n: -power[n])


READ_JS = """
async (element) => {
  const stream = element.srcObject;
  if (!stream || !stream.getAudioTracks().length) return null;
  const context = window.__tones ||= new AudioContext();
  if (context.state !== "running") await context.resume();
  if (element.__heard !== stream) {
    element.__heard = stream;
    element.__analyser = new AnalyserNode(context, { fftSize: 8192, smoothingTimeConstant: 0.3 });
    context.createMediaStreamSource(stream).connect(element.__analyser);
  }
  const data = new Float32Array(element.__analyser.frequencyBinCount);
  element.__analyser.getFloatFrequencyData(data);
  const step = context.sampleRate / 8192;
  let best = null, level = -90;
  for (let number = 0; number < 40; number++) {
    const bin = Math.round((400 + 80 * number) / step);
    for (let i = bin - 2; i <= bin + 2; i++) if (data[i] > level) { level = data[i]; best = number; }
  }
  const around = Array.from(data.slice(Math.round(200 / step), Math.round(4000 / step))).sort((a, b) => a - b);
  return level > around[around.length >> 1] + 20 ? best : null;
}
"""
"""JavaScript function (audio or video element) → number or null; ask again until a burst is on."""
