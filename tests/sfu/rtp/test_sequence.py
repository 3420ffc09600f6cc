from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.rtp.sequence import Unwrapper, difference_16, difference_32, is_newer_16, is_newer_32, roc


@pytest.mark.parametrize(
    ("a", "b", "distance"),
    [(1, 0, 1), (0, 1, -1), (0, 65535, 1), (65535, 0, -1), (32767, 0, 32767), (32768, 0, -32768), (7, 7, 0)],
)
def test_difference_16(a: int, b: int, distance: int) -> None:
    assert difference_16(a, b) == distance
    assert is_newer_16(a, b) == (distance > 0)


@pytest.mark.parametrize(("a", "b", "distance"), [(0, 0xFFFFFFFF, 1), (0xFFFFFFFF, 0, -1), (2**31, 0, -(2**31))])
def test_difference_32(a: int, b: int, distance: int) -> None:
    assert difference_32(a, b) == distance
    assert is_newer_32(a, b) == (distance > 0)


def test_roll_over_counter_counts_cycles() -> None:
    assert [roc(index) for index in (65535, 65536, 131071, 131072)] == [0, 1, 1, 2]


def test_unwrapper_over_the_edge_and_back() -> None:
    unwrapper = Unwrapper()
    assert [unwrapper.unwrap(value) for value in (65534, 65535, 0, 65533, 1)] == [
        131070,
        131071,
        131072,
        131069,
        131073,
    ]
    assert unwrapper.highest == 131073


@given(st.integers(0, 65535), st.lists(st.integers(-300, 3000), max_size=200), st.sampled_from([15, 16, 32]))
def test_unwrapper_follows_any_walk(start: int, steps: list[int], bits: int) -> None:
    unwrapper = Unwrapper(bits)
    true = unwrapper.unwrap(start % (1 << bits))
    highest = true
    for step in steps:
        true = highest + step
        assert unwrapper.unwrap(true % (1 << bits)) == true
        highest = max(highest, true)
