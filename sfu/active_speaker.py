"""Who speaks: the loudest few with hold, and the dominant speaker without flapping. Sans-IO.

Levels are −dBov (RFC 6464): 0 is loudest, 127 silence. Inside, loudness is 127 − level, smoothed: quick to rise, slow
to fall, so that a pause between words is not silence and a cough is not a speech.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

SPEAKING = 75.0  # louder than −52 dBov
RISE_S = 0.15
FALL_S = 0.6
HOLD_S = 2.0  # stays among the loudest so long after the last word
LOUDER = 6.0  # dB that count as louder
TAKE_OVER_S = 0.8  # so long a louder voice must last to become dominant
TAKE_OVER_SILENCE_S = 0.3  # … when the dominant one is silent
SILENT_S = 1.0


@dataclass(slots=True)
class _Voice:
    loudness: float = 0.0
    updated_at: float = 0.0
    spoke_at: float = -math.inf
    speaking_since: float | None = None
    louder_since: float | None = None


@dataclass(slots=True)
class ActiveSpeaker:
    """Feed it ``receive_levels``; read ``dominant`` and ``loudest``."""

    count: int = 3
    dominant: str | None = None
    loudest: list[str] = field(default_factory=list)
    dominant_since: dict[str, float] = field(default_factory=dict)  # when each was last made dominant
    _voices: dict[str, _Voice] = field(default_factory=dict)

    def receive_levels(self, levels: Mapping[str, int], now: float) -> bool:
        """Take a report of levels of peers who may be heard; True when ``dominant`` or ``loudest`` changed."""
        for peer, level in levels.items():
            self._hear(self._voices.setdefault(peer, _Voice(updated_at=now - 0.1)), level, now)
        before = (self.dominant, list(self.loudest))
        self._choose_loudest(now)
        self._choose_dominant(now)
        return before != (self.dominant, self.loudest)

    def forget(self, peer: str) -> bool:
        """The peer left, or may not be heard any more; True when that changed the outcome."""
        known = self._voices.pop(peer, None) is not None
        was_loud = peer in self.loudest
        if was_loud:
            self.loudest.remove(peer)
        if self.dominant == peer:
            self.dominant = None
            return True
        return known and was_loud

    def _hear(self, voice: _Voice, level: int, now: float) -> None:
        loudness = 127.0 - min(max(level, 0), 127)
        constant = RISE_S if loudness > voice.loudness else FALL_S
        voice.loudness += (loudness - voice.loudness) * (1 - math.exp(-max(now - voice.updated_at, 0.0) / constant))
        voice.updated_at = now
        if voice.loudness >= SPEAKING:
            voice.spoke_at = now
            voice.speaking_since = now if voice.speaking_since is None else voice.speaking_since
        else:
            voice.speaking_since = None

    def _choose_loudest(self, now: float) -> None:
        held = [peer for peer in self.loudest if now - self._voices[peer].spoke_at <= HOLD_S]
        speaking = [peer for peer, voice in self._voices.items() if voice.spoke_at == now and peer not in held]
        for peer in sorted(speaking, key=self._loudness, reverse=True):
            if len(held) < self.count:
                held.append(peer)
                continue
            weakest = min(held, key=self._loudness)
            if self._loudness(peer) >= self._loudness(weakest) + LOUDER:
                held[held.index(weakest)] = peer
        self.loudest = held

    def _choose_dominant(self, now: float) -> None:
        speaking = [peer for peer, voice in self._voices.items() if voice.spoke_at == now]
        if not speaking:
            return
        best = max(speaking, key=self._loudness)
        if best == self.dominant:
            for voice in self._voices.values():
                voice.louder_since = None
            return
        if self._takes_over(best, now):
            self.dominant = best
            self.dominant_since[best] = now

    def _takes_over(self, peer: str, now: float) -> bool:
        voice = self._voices[peer]
        current = self._voices.get(self.dominant) if self.dominant is not None else None
        since = voice.speaking_since if voice.speaking_since is not None else now
        if current is None:
            return True
        if now - current.spoke_at >= SILENT_S:
            return now - since >= TAKE_OVER_SILENCE_S
        if voice.loudness < current.loudness + LOUDER:
            voice.louder_since = None
            return False
        voice.louder_since = now if voice.louder_since is None else voice.louder_since
        return now - voice.louder_since >= TAKE_OVER_S

    def _loudness(self, peer: str) -> float:
        return self._voices[peer].loudness
