"""Limits and draining."""

from __future__ import annotations

import pytest

from sfu.admission import Admission
from sfu.errors import Draining, Full
from sfu.settings import Limits


def test_limits_are_named_in_the_refusal() -> None:
    admission = Admission(Limits(rooms=1, peers=3, peers_per_room=2))
    admission.check_room(0)
    admission.check_join(1, 2)
    with pytest.raises(Full, match="1 rooms"):
        admission.check_room(1)
    with pytest.raises(Full, match="this room has 2 peers"):
        admission.check_join(2, 2)
    with pytest.raises(Full, match="this worker has 3 peers"):
        admission.check_join(0, 3)


def test_a_draining_worker_takes_no_rooms_but_lets_peers_into_those_it_has() -> None:
    admission = Admission(Limits())
    assert admission.takes_rooms(0, 0)
    admission.draining = True
    assert not admission.takes_rooms(0, 0)
    with pytest.raises(Draining):
        admission.check_room(0)
    admission.check_join(0, 0)


def test_a_full_worker_takes_no_rooms() -> None:
    admission = Admission(Limits(rooms=2, peers=5))
    assert admission.takes_rooms(1, 4)
    assert not admission.takes_rooms(2, 4)
    assert not admission.takes_rooms(1, 5)
