"""Keeps this process's lease of the logs: takes it at start, renews it, notices its loss, gives it back.

The holder's name tells host, process and the process's start, so that a successor on the same machine sees that a
killed predecessor is gone and need not wait for the lease to run out.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import structlog
from sqlalchemy.exc import SQLAlchemyError

from scheduler.database import Database
from scheduler.proceedings.errors import LeaseHeld, LeaseLost
from scheduler.proceedings.lease import TTL, Lease, acquire, release, renew, usurp

log = structlog.get_logger()
RENEW_S = TTL.total_seconds() / 3


def holder_name() -> str:
    return f"{socket.gethostname()} {os.getpid()} {started(os.getpid())}"


def started(pid: int) -> str:
    """When a process began, in the kernel's ticks; empty when there is no such process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    state, *rest = stat.rpartition(")")[2].split()
    return "" if state in "ZX" else rest[18]


def is_dead(holder: str) -> bool:
    """A holder on this machine whose process is gone."""
    host, _, rest = holder.partition(" ")
    pid, _, began = rest.partition(" ")
    return host == socket.gethostname() and pid.isdigit() and bool(began) and started(int(pid)) != began


async def take(database: Database, holder: str, now: datetime) -> Lease:
    """The lease; :class:`LeaseHeld` when another server that may still live has it."""
    try:
        return await acquire(database, holder, now)
    except LeaseHeld as held:
        if not is_dead(held.holder):
            raise
        return await usurp(database, held, holder, now)


class Keeper:
    """``on_lost`` is called once when another server has taken over."""

    def __init__(self, database: Database, lease: Lease, clock: Callable[[], datetime]) -> None:
        self.lease = lease
        self._database = database
        self._clock = clock

    async def keep(self, on_lost: Callable[[], None]) -> None:
        """Renew until cancelled; a database that does not answer is asked again."""
        while True:
            await asyncio.sleep(RENEW_S)
            try:
                await self.renew()
            except LeaseLost as lost:
                log.critical("another server has taken over the meetings", error=str(lost))
                on_lost()
                return
            except (SQLAlchemyError, OSError) as error:
                log.warning("the lease could not be renewed", error=str(error))

    async def renew(self) -> None:
        self.lease = await renew(self._database, self.lease, self._clock())

    async def give_back(self) -> None:
        await release(self._database, self.lease, self._clock())
