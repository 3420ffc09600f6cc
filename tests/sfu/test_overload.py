"""When a step of overload is taken, and when it is taken back."""

from __future__ import annotations

from sfu.overload import Overload, Shed
from sfu.settings import OverloadRule


def steps(overload: Overload, level: float, begin: float, seconds: float) -> list[tuple[float, Shed]]:
    """Measure every half second; the changes."""
    moments = [begin + half / 2 for half in range(int(seconds * 2))]
    return [(now, overload.step) for now in moments if overload.receive(level, now)]


def test_a_step_every_two_seconds_while_it_stays_busy() -> None:
    overload = Overload(OverloadRule())
    assert steps(overload, 0.95, 100, 20) == [
        (102, Shed.OTHERS),
        (104, Shed.ALL_BUT_ONE),
        (106, Shed.JOINS),
        (108, Shed.PICTURES),
    ]


def test_a_moment_of_calm_begins_the_wait_anew() -> None:
    overload = Overload(OverloadRule())
    assert steps(overload, 1.0, 100, 1.5) == []
    assert steps(overload, 0.7, 101.5, 0.5) == []
    assert steps(overload, 1.0, 102, 2) == []
    assert steps(overload, 1.0, 104, 1) == [(104, Shed.OTHERS)]


def test_steps_come_back_one_by_one_when_it_is_calm() -> None:
    overload = Overload(OverloadRule())
    steps(overload, 1.0, 100, 5)
    assert overload.step == Shed.ALL_BUT_ONE
    assert steps(overload, 0.75, 105, 60) == []  # neither busy nor calm: it stays
    assert steps(overload, 0.5, 165, 60) == [(175, Shed.OTHERS), (185, Shed.NOTHING)]


def test_what_came_back_too_early_stays_away_longer() -> None:
    overload, now, waits = Overload(OverloadRule()), 100.0, []
    for _ in range(7):
        now = steps(overload, 1.0, now, 2.5)[0][0]
        back = steps(overload, 0.1, now + 0.5, 400)[0][0]
        waits.append(back - now - 0.5)
        now = back + 0.5
    assert waits == [10, 20, 40, 80, 160, 160, 160]
    steps(overload, 0.1, now, 1000)
    now = steps(overload, 1.0, now + 1000, 2.5)[0][0]
    assert steps(overload, 0.1, now + 0.5, 30)[0][0] == now + 10.5
