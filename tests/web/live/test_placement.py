"""Where a new room goes, as a table: measured load, expected peers, workers that are busy, full or draining."""

from __future__ import annotations

import pytest

from web.live.placement import Candidate, place
from web.media.messages import Load

DRAINING = Load(takes_rooms=False)


@pytest.mark.parametrize(
    ("first", "second", "chosen"),
    [
        pytest.param((Load(), 0), (Load(), 0), "media-1", id="all empty: the first"),
        pytest.param((Load(), 14), (Load(), 13), "media-2", id="nobody is there yet: by whom the rooms expect"),
        pytest.param((Load(0.3), 14), (Load(0.2), 140), "media-2", id="more is measured than expected: by measure"),
        pytest.param((Load(0.3), 14), (Load(0.2), 208), "media-1", id="more is expected than measured: by that"),
        pytest.param((Load(0.09), 13), (Load(0.02), 14), "media-1", id="below a tenth a measure says nothing"),
        pytest.param((Load(0.2, 9000), 1), (Load(0.2, 8000), 1), "media-2", id="as much work: by packets"),
        pytest.param((DRAINING, 0), (Load(0.8), 300), "media-2", id="none to one that drains"),
        pytest.param((Load(0.9), 10), (Load(0.7), 440), "media-2", id="none to a busy one, whatever is expected"),
        pytest.param((Load(0.9), 10), (Load(0.95), 10), "media-1", id="all busy: the least busy"),
        pytest.param((Load(0.99), 500), (DRAINING, 0), "media-1", id="rather busy than draining"),
        pytest.param((DRAINING, 9), (DRAINING, 5), "media-2", id="none takes rooms: one that says why"),
    ],
)
def test_a_room_goes_to_the_least_load(first: tuple[Load, int], second: tuple[Load, int], chosen: str) -> None:
    workers = [Candidate("media-1", *first), Candidate("media-2", *second)]
    assert place(workers) == place(reversed(workers)) == chosen


def test_without_a_worker_there_is_no_place() -> None:
    assert place([]) is None
