"""Who gets how much of a viewer's bandwidth."""

from __future__ import annotations

import math
from itertools import pairwise

from sfu.congestion.allocator import Allocator, Option, Place, divide

CAMERA = (
    Option("q", 0, 60_000),
    Option("q", None, 150_000),
    Option("h", None, 450_000),
    Option("f", None, 1_500_000),
)


def places(*tops: int) -> list[Place]:
    """Cameras, most important first, each wanting the options up to this one."""
    return [Place(key, CAMERA[: top + 1], enough=min(2, top)) for key, top in enumerate(tops)]


def shown(chosen: dict[int, Option | None]) -> str:
    """Like ``f h q0 -``."""
    return " ".join(f"{o.rid}{'' if o.temporal is None else o.temporal}" if o else "-" for o in chosen.values())


def test_first_the_first_then_everybodys_smallest_then_the_rest_in_order() -> None:
    tops = (3, 2, 1, 1)
    for budget, expected in [
        (math.inf, "f h q q"),
        (3_000_000, "f h q q"),
        (2_000_000, "f q q q"),
        (1_000_000, "h q q q"),
        (720_000, "h q q0 q0"),
        (570_000, "h q0 q0 -"),
        (449_000, "q q q0 q0"),
        (200_000, "q - - -"),
        (100_000, "q0 - - -"),
        (59_000, "- - - -"),
    ]:
        got = Allocator().allocate(places(*tops), budget, 0.0)
        assert shown(got.chosen) == expected, budget
        assert got.spent <= budget
        assert got.is_deficient == (expected != "f h q q")
    assert got.wanted == 1_500_000 + 450_000 + 2 * 150_000


def test_the_last_pauses_first_even_when_it_would_be_cheaper() -> None:
    dear = Place(1, (Option("", None, 400_000),))
    cheap = Place(2, (Option("q", 0, 60_000),))
    assert divide([*places(1), dear, cheap], 300_000) == [1, -1, -1]


def test_up_only_with_fifteen_percent_to_spare_and_five_seconds_after_a_step_down() -> None:
    allocator = Allocator()

    def at(now: float, budget: float) -> str:
        return shown(allocator.allocate(places(3), budget, now).chosen)

    assert at(0.0, 1_600_000) == "f"  # who is new gets what there is
    assert at(0.5, 1_400_000) == "f"  # a little too dear: an estimate errs as much
    assert at(1.0, 1_380_000) == "h"  # down at once
    assert at(2.0, 2_000_000) == "h"  # not so soon
    assert at(5.9, 2_000_000) == "h"
    assert at(6.0, 1_600_000) == "h"  # too close
    assert at(6.1, 1_730_000) == "f"
    assert at(6.2, 1_510_000) == "f"  # it keeps what it has


def test_a_layer_that_grows_dearer_is_paid_or_left() -> None:
    allocator = Allocator()
    allocator.allocate(places(3), 1_550_000, 0.0)
    dearer = [Place(0, (*CAMERA[:3], Option("f", None, 1_700_000)), 2)]
    assert shown(allocator.allocate(dearer, 1_550_000, 0.5).chosen) == "h"


def test_a_place_comes_and_nobody_is_given_what_is_not_there() -> None:
    allocator = Allocator()
    allocator.allocate(places(3), 1_550_000, 0.0)
    two = allocator.allocate(places(3, 1), 1_550_000, 1.0)
    assert two.spent <= 1_550_000
    assert shown(two.chosen) == "h q"
    assert allocator.allocate([], 100, 2.0).chosen == {}


def test_a_picture_that_is_gone_comes_back_small_after_a_moment() -> None:
    allocator = Allocator()

    def at(now: float, budget: float) -> str:
        return shown(allocator.allocate(places(3), budget, now).chosen)

    assert at(0.0, 600_000) == "h"
    assert at(1.0, 50_000) == "-"
    assert at(2.4, 600_000) == "-"
    assert at(2.5, 600_000) == "q0"
    assert at(5.9, 600_000) == "q0"
    assert at(6.0, 600_000) == "h"


def test_who_becomes_more_important_does_not_wait_for_others_to_give_up() -> None:
    allocator = Allocator()
    assert shown(allocator.allocate(places(2, 2), 700_000, 0.0).chosen) == "h q"
    turned = [Place(1, CAMERA[:3], 2), Place(0, CAMERA[:3], 2)]
    for moment in range(1, 60):
        got = allocator.allocate(turned, 700_000, moment / 10)
    assert shown({key: got.chosen[key] for key in (0, 1)}) == "q h"


SLOW_TOP = (*CAMERA[:3], Option("f", 1, 900_000), Option("f", None, 1_500_000))


def test_all_pictures_of_a_layer_are_tried_and_after_each_failure_half_as_often() -> None:
    allocator = Allocator()
    place = [Place(0, SLOW_TOP, 2)]
    tried: list[float] = []
    before = ""
    for now in (moment / 2 for moment in range(600)):
        is_too_much = before == "f" and now - tried[-1] >= 2.0  # the queue has grown by then
        before, earlier = shown(allocator.allocate(place, 1_300_000 if is_too_much else 1_550_000, now).chosen), before
        if before == "f" != earlier:
            tried.append(now)
        assert not is_too_much or before == "f1"
    waits = [later - earlier for earlier, later in pairwise(tried)]
    assert waits == [7.0, 12.0, 22.0, 42.0, 82.0, 82.0]  # whoever is new gets what there is: no trial


def test_a_trial_needs_room_for_all_of_it() -> None:
    allocator = Allocator()
    place = [Place(0, SLOW_TOP, 2)]
    assert shown(allocator.allocate(place, 1_200_000, 0.0).chosen) == "f1"
    assert shown(allocator.allocate(place, 1_499_000, 0.5).chosen) == "f1"
    assert shown(allocator.allocate(place, 1_501_000, 1.0).chosen) == "f"
    assert shown(allocator.allocate(place, 1_400_000, 60.0).chosen) == "f"  # an estimate errs as much


def test_no_larger_layer_is_tried() -> None:
    allocator = Allocator()
    allocator.allocate(places(3), 1_300_000, 0.0)
    assert shown(allocator.allocate(places(3), 1_510_000, 60.0).chosen) == "h"
