"""Steps down and up again."""

from __future__ import annotations

import pytest

from sfu.congestion.ladder import STEPS, Ladder, Step, is_speechless, step_for


@pytest.mark.parametrize(
    ("level", "is_slow", "has_slides", "spare", "step"),
    [
        (2, False, False, 0, "full"),
        (1, False, False, 0, "medium"),
        (0, False, False, 0, "small"),
        (0, True, True, 0, "slow"),
        (None, False, True, 40_000, "still"),
        (None, False, True, 9_000, "slides"),
        (None, False, False, 9_000, "audio"),
    ],
)
def test_each_step(level: int | None, is_slow: bool, has_slides: bool, spare: float, step: Step) -> None:
    assert step_for(level, 3, is_slow=is_slow, has_slides=has_slides, spare=spare) == step
    assert step in STEPS


def test_speech_needs_a_little() -> None:
    assert is_speechless(10_000, 0.0)
    assert is_speechless(1_000_000, 0.6)
    assert not is_speechless(30_000, 0.3)


def test_down_is_told_after_a_second_and_up_after_four() -> None:
    ladder = Ladder()
    assert not ladder.update("small", 0.0)
    assert not ladder.update("slow", 0.9)
    assert ladder.update("slow", 1.0)
    steps = [ladder.step]
    assert not ladder.update("medium", 2.0)
    assert not ladder.update("slow", 3.0)  # not yet well
    assert not ladder.update("medium", 4.0)
    assert not ladder.update("full", 7.9)
    assert ladder.update("full", 8.0)
    assert [*steps, ladder.step] == ["slow", "full"]
