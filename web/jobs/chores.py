"""What is done now and then without anybody asking: sessions that ended are cleared, recordings past their time go."""

from __future__ import annotations

import asyncio

import structlog

from recordings.capture.retention import take_away
from web.authentication import forget_expired
from web.services import Services

EVERY_S = 3600.0

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
