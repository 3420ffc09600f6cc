"""The lease in a process's hands: a living server is respected, a killed one on this machine is succeeded at once."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime, timedelta

import pytest

from scheduler.database import Database
from scheduler.proceedings.errors import LeaseHeld, LeaseLost
from scheduler.proceedings.lease import TTL
from tests.scheduler.proceedings.samples import START
from web.live.keeper import (
    LOOK_EVERY_S,
    PATIENCE_S,
    RENEW_S,
    Keeper,
    holder_name,
    is_dead,
    started,
    take,
    wait_and_take,
)
from web.live.rate import TokenBucket


def dead_holder() -> str:
    """The name of a server on this machine that was killed."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        name = " ".join((holder_name().split()[0], str(process.pid), started(process.pid)))
        assert not is_dead(name)
        process.kill()
    return name


def test_who_is_dead() -> None:
    assert not is_dead(holder_name())
    assert is_dead(dead_holder())
    host, pid, _ = holder_name().split()
    assert is_dead(f"{host} {pid} 1")  # the number was given to another process since
    assert not is_dead(f"elsewhere {pid} 1")
    assert not is_dead("test")


async def test_a_killed_predecessor_is_succeeded_at_once(database: Database) -> None:
    killed = await take(database, dead_holder(), START)
    mine = await take(database, holder_name(), START + timedelta(seconds=1))
    assert mine.token == killed.token + 1
    with pytest.raises(LeaseLost):
        await Keeper(database, killed, lambda: START).renew()


async def test_a_living_server_is_respected(database: Database) -> None:
    lease = await take(database, holder_name(), START)
    with pytest.raises(LeaseHeld):
        await take(database, "elsewhere 1 1", START + timedelta(seconds=1))
    keeper = Keeper(database, lease, lambda: START + timedelta(seconds=2))
    await keeper.renew()
    await keeper.give_back()
    assert (await take(database, "elsewhere 1 1", START + timedelta(seconds=3))).token == lease.token + 1


class Waiting:
    """A server that waits for the lease: its clock moves only while it waits."""

    def __init__(self, pace: float = 1.0) -> None:
        self.now, self.waited, self._pace = START, 0.0, pace
        self.renews: Keeper | None = None

    def clock(self) -> datetime:
        return self.now

    async def pause(self, seconds: float) -> None:
        self.waited += seconds
        self.now += timedelta(seconds=seconds * self._pace)
        if self.renews is not None and self.waited > RENEW_S:
            await self.renews.renew()


async def test_a_server_killed_on_another_machine_is_waited_out(database: Database) -> None:
    killed = await take(database, "elsewhere 1 1", START)
    waiting = Waiting()
    mine = await wait_and_take(database, holder_name(), waiting.clock, waiting.pause)
    assert mine.token == killed.token + 1
    assert TTL.total_seconds() <= waiting.waited <= TTL.total_seconds() + LOOK_EVERY_S


async def test_a_server_that_renews_its_lease_is_not_waited_for_longer(database: Database) -> None:
    waiting = Waiting()
    waiting.renews = Keeper(database, await take(database, "elsewhere 1 1", START), waiting.clock)
    with pytest.raises(LeaseHeld):
        await wait_and_take(database, holder_name(), waiting.clock, waiting.pause)
    assert waiting.waited <= RENEW_S + LOOK_EVERY_S


async def test_a_clock_that_stands_still_is_no_reason_to_wait_for_ever(database: Database) -> None:
    await take(database, "elsewhere 1 1", START)
    waiting = Waiting(pace=0.0)
    with pytest.raises(LeaseHeld):
        await wait_and_take(database, holder_name(), waiting.clock, waiting.pause)
    assert waiting.waited == PATIENCE_S


def test_a_token_bucket_allows_bursts_and_a_rate() -> None:
    bucket = TokenBucket(rate=2.0, burst=3.0, now=0.0)
    assert [bucket.take(0.0) for _ in range(4)] == [True, True, True, False]
    assert [bucket.take(0.5), bucket.take(0.5)] == [True, False]
    assert [bucket.take(100.0) for _ in range(4)] == [True, True, True, False]
