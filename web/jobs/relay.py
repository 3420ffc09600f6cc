"""From the outbox to the engine: every row not yet begun is begun, oldest first; woken by a change, else now and then.

The workflow is begun before the row says so: dying in between begins it again, under the same id.
"""

from __future__ import annotations

import asyncio
import contextlib

import structlog
from sqlalchemy import select, update

from scheduler.outbox import OutboxRow
from web.jobs.engine import Engine
from web.jobs.perform import Performer
from web.services import Services

LOOK_EVERY_S = 2.0
AT_ONCE = 100

log = structlog.get_logger("web.jobs")


class JobRunner:
    """Relay and engine together: what the app starts, stops and asks for a retry."""

    def __init__(self, services: Services, performer: Performer, engine: Engine) -> None:
        self._services = services
        self._performer = performer
        self._engine = engine
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self._engine.start()
        self._task = asyncio.create_task(self._run(), name="outbox relay")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self._engine.stop()

    async def retry(self, row_id: str) -> None:
        """Try a job's waiting step again now."""
        await self._engine.retry(row_id)

    async def _run(self) -> None:
        while True:
            try:
                while await self.relay_once():
                    pass
            except Exception as error:
                log.error("outbox", exc_info=error)  # a database that is away comes back
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._services.outbox_changed.wait(), LOOK_EVERY_S)
            self._services.outbox_changed.clear()

    async def relay_once(self) -> int:
        """Begin the rows not yet begun, of the kinds this version knows; how many there were."""
        async with self._services.database.reading() as session:
            found = await session.execute(
                select(OutboxRow.id, OutboxRow.kind)
                .where(OutboxRow.started_at.is_(None), OutboxRow.kind.in_(self._performer.kinds))
                .order_by(OutboxRow.id)
                .limit(AT_ONCE)
            )
            waiting = [(row_id, kind) for row_id, kind in found]
        for row_id, kind in waiting:
            await self._engine.begin(row_id, kind)
            async with self._services.database.transaction() as session:
                await session.execute(
                    update(OutboxRow).where(OutboxRow.id == row_id).values(started_at=self._services.now())
                )
        return len(waiting)
