"""What is done now and then without anybody asking: sessions that ended are cleared, recordings past their time go,
sites are reminded of meetings that begin soon."""

from __future__ import annotations

import asyncio

import structlog

from recordings.capture.retention import take_away
from scheduler.meetings.remind import enqueue_reminders
from web.authentication import forget_expired
from web.services import Services

EVERY_S = 3600.0
REMIND_EVERY_S = 30.0

log = structlog.get_logger("web.jobs")


async def do_chores(services: Services) -> list[str]:
    """Once; the ids of the recordings that were taken away."""
    async with services.database.transaction() as session:
        await forget_expired(session, services.now())
        return await take_away(session, services.captures, services.now())


async def chores_forever(services: Services) -> None:
    """Every hour until cancelled; a database that is away is asked again."""
    while True:
        await asyncio.sleep(EVERY_S)
        try:
            taken = await do_chores(services)
            if taken:
                log.info("recordings past their time taken away", recordings=taken)
        except Exception as error:
            log.warning("chores", exc_info=error)


async def remind(services: Services) -> int:
    """Once; how many reminders were written down."""
    async with services.database.transaction() as session:
        written = await enqueue_reminders(session, services.now())
    if written:
        services.outbox_changed.set()
    return written


async def remind_forever(services: Services) -> None:
    """Twice a minute until cancelled; a database that is away is asked again."""
    while True:
        try:
            if written := await remind(services):
                log.info("sites are reminded", letters=written)
        except Exception as error:
            log.warning("reminders", exc_info=error)
        await asyncio.sleep(REMIND_EVERY_S)
