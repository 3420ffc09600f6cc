"""The look before the start: who is waited for, and for how long."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from scheduler.database import Database
from scheduler.proceedings.errors import LeaseHeld
from scheduler.proceedings.lease import TTL, acquire, release
from tests.scheduler.proceedings.samples import START
from web.live.keeper import RENEW_S, Keeper
from web.only_server import LOOK_EVERY_S, PATIENCE_S, STOPPING_S, wait_for_the_last

ELSEWHERE = "elsewhere 1 1"


class Waiting:
    """A server that waits; its clock moves only while it does. ``other`` is what the first server does meanwhile."""

    def __init__(self, pace: float = 1.0) -> None:
        self.now, self.waited, self._pace = START, 0.0, pace
        self.other: Keeper | None = None

    def clock(self) -> datetime:
        return self.now

    async def pause(self, seconds: float) -> None:
        self.waited += seconds
        self.now += timedelta(seconds=seconds * self._pace)
        if self.other is not None and self.waited % RENEW_S == 0:
            await self.other.renew()


async def test_a_server_killed_on_another_machine_is_waited_out(database: Database) -> None:
    await acquire(database, ELSEWHERE, START)
    waiting = Waiting()
    await wait_for_the_last(database, waiting.clock, waiting.pause)
    assert waiting.waited == TTL.total_seconds()
    await acquire(database, "here 1 1", waiting.now)


async def test_a_server_that_renews_its_lease_lives_and_is_not_waited_for_longer(database: Database) -> None:
    waiting = Waiting()
    waiting.other = Keeper(database, await acquire(database, ELSEWHERE, START), waiting.clock)
    with pytest.raises(LeaseHeld):
        await wait_for_the_last(database, waiting.clock, waiting.pause)
    assert waiting.waited == STOPPING_S


async def test_a_server_that_is_stopping_is_succeeded_when_it_has_stopped(database: Database) -> None:
    lease = await acquire(database, ELSEWHERE, START)
    waiting = Waiting()

    async def stops(seconds: float) -> None:
        await waiting.pause(seconds)
        if waiting.waited == 1.0:
            await release(database, lease, waiting.now)

    await wait_for_the_last(database, waiting.clock, stops)
    assert waiting.waited == 1.0


async def test_a_clock_that_is_behind_is_no_reason_to_wait_for_ever(database: Database) -> None:
    await acquire(database, ELSEWHERE, START)
    waiting = Waiting(pace=0.0)
    with pytest.raises(LeaseHeld):
        await wait_for_the_last(database, waiting.clock, waiting.pause)
    assert PATIENCE_S <= waiting.waited <= PATIENCE_S + LOOK_EVERY_S
