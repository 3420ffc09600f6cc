"""The ladder: how far down a weak link has brought a viewer, told in one word and undone with hysteresis."""

from __future__ import annotations

import math
from typing import Literal

Step = Literal["full", "medium", "small", "slow", "still", "slides", "audio", "text"]
STEPS: tuple[Step, ...] = ("full", "medium", "small", "slow", "still", "slides", "audio", "text")

STILL_BPS = 12_000  # a still every few seconds; sound rarely takes all that it is given
SPEECH_BPS = 20_000  # under it not even one voice gets through
SPEECH_LOSS = 0.5
DOWN_S, UP_S = 1.0, 4.0  # so long it must be so before it is told


def step_for(level: int | None, layers: int, *, is_slow: bool, has_slides: bool, spare: float) -> Step:
    """The step of a viewer whose first picture has this layer (0: the smallest) of ``layers``, None: paused.

    ``has_slides``: a presentation is shown; ``spare``: bits per second left when it was paused.
    """
    if level is None:
        return "still" if spare >= STILL_BPS else "slides" if has_slides else "audio"
    if level >= layers - 1:
        return "slow" if is_slow else "full"
    if level > 0:
        return "medium"
    return "slow" if is_slow else "small"


def is_speechless(bitrate: float, loss: float) -> bool:
    """Not even a voice gets through."""
    return bitrate < SPEECH_BPS or loss > SPEECH_LOSS


class Ladder:
    """``step`` is what the viewer has been told."""

    __slots__ = ("_since", "_waiting", "step")

    def __init__(self) -> None:
        self.step: Step = "full"
        self._waiting: Step | None = None
        self._since = -math.inf

    def update(self, step: Step, now: float) -> bool:
        """Note how it is; True when ``step`` changes."""
        if step == self.step:
            self._waiting = None
            return False
        is_worse = STEPS.index(step) > STEPS.index(self.step)
        was_worse = self._waiting is not None and STEPS.index(self._waiting) > STEPS.index(self.step)
        if self._waiting is None or is_worse != was_worse:
            self._since = now
        self._waiting = step
        if now - self._since < (DOWN_S if is_worse else UP_S):
            return False
        self.step, self._waiting = step, None
        return True
