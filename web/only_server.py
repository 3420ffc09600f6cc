"""One server per database: looked at before anything is started, and said in words.

The lease in the database decides in the end (``web/live/keeper.py``); this spares a second server from ending in a
traceback.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

import structlog
from sqlalchemy import inspect, select

from scheduler.database import Database
from scheduler.proceedings.errors import LeaseHeld
from scheduler.proceedings.lease import WRITER
from scheduler.proceedings.tables import LeaseRow
from web.live.keeper import is_dead

STOPPING_S = 6.0
"""Longer than the time between two renewals: a server that lives has renewed its lease by then."""
PATIENCE_S = 20.0
"""Longer than a lease runs: one that was not renewed by then is nobody's."""
LOOK_EVERY_S = 0.25

log = structlog.get_logger()


async def refuse_second_server(database: Database, now: datetime) -> None:
    """Raises :class:`LeaseHeld` while another living server writes to this database."""
    async with database.engine.connect() as connection:
        if not await connection.run_sync(lambda sync: inspect(sync).has_table(LeaseRow.__tablename__)):
            return
    async with database.reading() as session:
        row = (await session.execute(select(LeaseRow).where(LeaseRow.name == WRITER))).scalar_one_or_none()
    if row is not None and row.expires_at > now and not is_dead(row.holder):
        raise LeaseHeld(row.holder, row.expires_at)


async def wait_for_the_last(
    database: Database, clock: Callable[[], datetime], pause: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> None:
    """As above, but a server that is just stopping is given the time to, and the lease of one killed on another
    machine runs out."""
    first, waited = None, 0.0
    while True:
        try:
            return await refuse_second_server(database, clock())
        except LeaseHeld as held:
            if first is None:
                first = held
                log.warning("another server has this database; waiting whether it lives", holder=held.holder)
            is_renewed = (held.holder, held.until) != (first.holder, first.until)
            if waited >= (STOPPING_S if is_renewed else PATIENCE_S):
                raise
        await pause(LOOK_EVERY_S)
        waited += LOOK_EVERY_S


def words(held: LeaseHeld) -> str:
    """The refusal for whoever started the second server."""
    host, _, rest = held.holder.partition(" ")
    return (
        f"Một máy chủ khác đang dùng cơ sở dữ liệu này (máy {host}, tiến trình {rest.split(' ')[0]}).\n"
        f"Another server is using this database (host {host}, process {rest.split(' ')[0]}). "
        f"Stop it first; if it died, wait until {held.until:%H:%M:%S} UTC."
    )
