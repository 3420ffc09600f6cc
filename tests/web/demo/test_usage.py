"""The processor's time by process, with those below it."""

from __future__ import annotations

import os

from web.demo.usage import Stat, cpu_seconds, read_stat, seconds_of, words


def test_a_process_counts_with_all_below_it_and_those_that_have_ended() -> None:
    stats = {1: Stat(0, 5), 2: Stat(1, 10), 3: Stat(2, 20), 4: Stat(3, 40), 9: Stat(1, 1000)}
    assert seconds_of(2, stats, 10) == 7.0
    assert seconds_of(77, stats, 10) == 0.0


def test_a_name_with_brackets_and_blanks_is_a_name() -> None:
    fields = "S 7 1 1 0 -1 0 1 2 3 4 100 20 3 1 20 0"
    assert read_stat(f"42 (postgres: a) b) {fields}") == Stat(7, 124)


def test_what_was_used_in_between_the_most_first() -> None:
    assert words({"province": 10.0, "district": 1.0}, {"district": 1.51, "province": 16.6, "central": 0.01}) == (
        "province 6.6 s, district 0.5 s"
    )


def test_our_own_time_is_there() -> None:
    assert cpu_seconds([("tests", os.getpid())])["tests"] > 0
