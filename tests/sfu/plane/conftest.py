"""Every test of this folder that takes part in a ``Network`` runs on the reference and on the native plane."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

import pytest

from sfu.plane.native.plane import NativePlane
from sfu.plane.plane import Plane
from sfu.plane.reference import ReferencePlane

from .network import Network

PLANES: dict[str, Callable[[Random], Plane]] = {"reference": ReferencePlane, "native": NativePlane}


@pytest.fixture(params=PLANES, autouse=True)
def plane_under_test(request: pytest.FixtureRequest) -> Iterator[str]:
    """The name of the plane that ``Network`` makes."""
    before, Network.make = Network.make, staticmethod(PLANES[request.param])
    yield request.param
    Network.make = before
