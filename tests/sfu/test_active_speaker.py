"""Loudest three with hold, dominant speaker without flapping; levels are −dBov every 100 ms."""

from __future__ import annotations

import random

from sfu.active_speaker import ActiveSpeaker

LOUD, SOFT, SILENT = 20, 45, 127


def hear(speaker: ActiveSpeaker, seconds: float, start: float, **levels: int) -> float:
    """Levels for a while; when it ends."""
    now = start
    while now < start + seconds:
        now += 0.1
        speaker.receive_levels(levels, now)
    return now


def test_the_first_voice_is_dominant_within_half_a_second() -> None:
    speaker = ActiveSpeaker()
    hear(speaker, 0.5, 0.0, an=LOUD, binh=SILENT)
    assert speaker.dominant == "an" and speaker.loudest == ["an"]


def test_a_cough_does_not_take_over() -> None:
    speaker = ActiveSpeaker()
    now = hear(speaker, 2.0, 0.0, an=SOFT, binh=SILENT)
    now = hear(speaker, 0.3, now, an=SOFT, binh=5)
    hear(speaker, 2.0, now, an=SOFT, binh=SILENT)
    assert speaker.dominant == "an"


def test_a_louder_voice_takes_over_after_a_while() -> None:
    speaker = ActiveSpeaker()
    now = hear(speaker, 2.0, 0.0, an=SOFT)
    hear(speaker, 2.5, now, an=SOFT, binh=LOUD)
    assert speaker.dominant == "binh"


def test_the_next_speaker_follows_a_silence_quickly() -> None:
    speaker = ActiveSpeaker()
    now = hear(speaker, 2.0, 0.0, an=LOUD, binh=SILENT)
    now = hear(speaker, 1.5, now, an=SILENT, binh=SILENT)
    hear(speaker, 1.0, now, an=SILENT, binh=SOFT)
    assert speaker.dominant == "binh"


def test_everybody_silent_keeps_the_last_speaker() -> None:
    speaker = ActiveSpeaker()
    now = hear(speaker, 1.0, 0.0, an=LOUD)
    hear(speaker, 10.0, now, an=SILENT)
    assert speaker.dominant == "an" and speaker.loudest == []


def test_two_equal_voices_do_not_flap() -> None:
    speaker, noise, changes, now = ActiveSpeaker(), random.Random(4), 0, 0.0
    before = None
    for _ in range(600):
        now += 0.1
        speaker.receive_levels({"an": 30 + noise.randint(-6, 6), "binh": 30 + noise.randint(-6, 6)}, now)
        changes += speaker.dominant != before
        before = speaker.dominant
    assert changes <= 3


def test_three_at_most_and_a_much_louder_fourth_pushes_the_weakest_out() -> None:
    speaker = ActiveSpeaker()
    now = hear(speaker, 1.0, 0.0, an=40, binh=38, chi=44)
    assert sorted(speaker.loudest) == ["an", "binh", "chi"]
    now = hear(speaker, 1.0, now, an=40, binh=38, chi=44, dung=43)
    assert sorted(speaker.loudest) == ["an", "binh", "chi"]
    hear(speaker, 1.0, now, an=40, binh=38, chi=44, dung=20)
    assert sorted(speaker.loudest) == ["an", "binh", "dung"]


def test_a_pause_between_words_keeps_the_place() -> None:
    speaker = ActiveSpeaker()
    now = hear(speaker, 1.0, 0.0, an=LOUD, binh=SILENT)
    hear(speaker, 1.0, now, an=SILENT, binh=SILENT)
    assert speaker.loudest == ["an"]


def test_who_leaves_is_forgotten() -> None:
    speaker = ActiveSpeaker()
    hear(speaker, 1.0, 0.0, an=LOUD)
    assert speaker.forget("an") and speaker.dominant is None and speaker.loudest == []
    assert not speaker.forget("an")


def test_levels_out_of_range_are_taken_as_the_nearest() -> None:
    speaker = ActiveSpeaker()
    hear(speaker, 1.0, 0.0, an=-5, binh=400)
    assert speaker.dominant == "an"
