"""What is made of the looks at a viewer behind a weak line."""

from __future__ import annotations

from bench.weak_line.rows import Row
from bench.weak_line.seen import PAUSED, PICTURES, SOUNDS, Look, Seen

ROW = Row("5 → 0.5 → 5 Mbit/s", ((5_000_000, 2), (500_000, 4), (5_000_000, 2)))


def looks(*told: tuple[float, int, int]) -> list[Look]:
    """One a second: seconds frozen by then as the browser counts them, packets refused by then, step."""
    nothing = dict.fromkeys((*PICTURES, *SOUNDS), 0.0)
    return [
        Look(float(at), nothing | {"frozen": frozen, "decoded": at}, 480, refused, None, step)
        for at, (frozen, refused, step) in enumerate(told)
    ]


def test_a_pause_that_was_told_is_no_freeze_and_hides_none() -> None:
    seen = Seen(ROW, looks((0, 0, 0), (0.5, 0, 0), (0.5, 0, PAUSED), (0.5, 0, PAUSED), (3.0, 0, 0), (3.4, 0, 0)))
    assert round(seen.frozen_s(), 1) == 0.5 + 0.5 + 0.4  # before, what the pause was longer than told, after
    assert round(Seen(ROW, looks((0, 0, 0), (0.5, 0, PAUSED), (0.5, 0, PAUSED))).frozen_s(), 1) == 0.0


def test_how_long_the_queue_was_too_full() -> None:
    told = [(0.0, refused, 0) for refused in (0, 0, 0, 3, 9, 9, 9, 12, 12)]
    seen = Seen(ROW, looks(*told), changes=[0.0, 2.0, 6.0])
    assert seen.turns()["overfull until"] == (2.0, "s"), "what is refused in the good phase is another matter"
