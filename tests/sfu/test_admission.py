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


def test_a_draining_worker_takes_no_joins() -> None:
    admission = Admission(Limits())
    admission.draining = True
    with pytest.raises(Draining):
        admission.check_join(0, 0)
