"""The lease in a process's hands: a living server is respected, a killed one on this machine is succeeded at once."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta

import pytest

from scheduler.database import Database
from scheduler.proceedings.errors import LeaseHeld, LeaseLost
from tests.scheduler.proceedings.samples import START
from web.live.keeper import Keeper, holder_name, is_dead, started, take
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


def test_a_token_bucket_allows_bursts_and_a_rate() -> None:
    bucket = TokenBucket(rate=2.0, burst=3.0, now=0.0)
    assert [bucket.take(0.0) for _ in range(4)] == [True, True, True, False]
    assert [bucket.take(0.5), bucket.take(0.5)] == [True, False]
    assert [bucket.take(100.0) for _ in range(4)] == [True, True, True, False]
