"""A request for the floor on its way up: each level's secretary forwards it, the uppermost one gives the floor."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from contextlib import suppress

from web.visiting.seat import Refused, Seat


async def bring_on_air(seats: Sequence[Seat], site_id: str) -> float:
    """The site has asked, or will; its room's secretary first in ``seats``. Returns when the floor was given above."""
    asked = await seats[0].fact("FloorRequested", lambda body: body["site_id"] == site_id)
    request_id = asked["body"]["request_id"]
    for lower, upper in itertools.pairwise(seats):
        await lower.command("forward_request", request_ids=[request_id])
        await upper.fact("FloorClimbed", lambda body: body["request_id"] == request_id)
    at = time.monotonic()
    await seats[-1].command("grant_floor", site_id=site_id, request_id=request_id)
    await seats[0].fact("FloorGranted", lambda body: body["site_id"] == site_id)
    return at


async def take_back(seats: Sequence[Seat]) -> None:
    """By the uppermost one, from whoever has it."""
    with suppress(Refused):
        await seats[-1].command("revoke_floor")
