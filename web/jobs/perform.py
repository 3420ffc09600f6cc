"""Carries out one step of a job on the app's event loop, and writes down how it went, in words for people."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass

import structlog
from sqlalchemy import update

from scheduler.errors import MailFailed
from scheduler.outbox import OutboxRow
from web.jobs.job import Job, Kinds, Step
from web.responses import body_of, status_of
from web.services import Services

LIGHT_AT_ONCE = 8

log = structlog.get_logger("web.jobs")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a step went; ``is_permanent``: trying again by itself would not help."""

    error: str = ""
    is_permanent: bool = False


class Performer:
    """Knows the kinds of jobs; heavy steps run one at a time, light ones a few."""

    def __init__(self, services: Services, kinds: Kinds) -> None:
        self._services = services
        self.kinds = kinds
        self._heavy = asyncio.Semaphore(1)
        self._light = asyncio.Semaphore(LIGHT_AT_ONCE)

    async def perform(self, row_id: str, number: int) -> Outcome:
        """Carry out step ``number`` of the row's job; never raises: what went wrong is in the outcome and the row."""
        try:
            job, steps = await self._read(row_id)
            await self._run(job, steps[number])
            await self._write(row_id, error="", progress=100 * (number + 1) // len(steps))
        except Exception as error:
            log.warning("step failed", job=row_id, step=number, exc_info=error)
            outcome = Outcome(self.words(error), is_permanent=is_permanent(error))
            await self._write_error(row_id, outcome.error)
            return outcome
        return Outcome()

    async def finish(self, row_id: str) -> Outcome:
        """Every step is done; a database that is away is an outcome too."""
        try:
            await self._write(row_id, error="", progress=100, done_at=self._services.now())
        except Exception as error:
            log.warning("not finished", job=row_id, exc_info=error)
            return Outcome(self.words(error), is_permanent=is_permanent(error))
        return Outcome()

    def words(self, error: Exception) -> str:
        """The error for people, in the installation's language."""
        if isinstance(error, MailFailed):
            return error.reason
        return str(body_of(error, self._services.settings.language)["message"])

    async def _run(self, job: Job, step: Step) -> None:
        async with self._heavy if step.is_heavy else self._light:
            await step.run(job)

    async def _read(self, row_id: str) -> tuple[Job, tuple[Step, ...]]:
        async with self._services.database.reading() as session:
            row = await session.get_one(OutboxRow, row_id)

        async def report(percent: int) -> None:
            await self._write(row_id, progress=min(99, max(0, percent)))

        payload = json.loads(row.payload_json)
        return Job(row.id, row.kind, payload, self._services, report), self.kinds[row.kind]

    async def _write_error(self, row_id: str, words: str) -> None:
        try:
            await self._write(row_id, error=words)
        except Exception as error:
            log.error("outbox", exc_info=error)  # the database itself is away: the next attempt writes

    async def _write(self, row_id: str, **values: object) -> None:
        async with self._services.database.transaction() as session:
            await session.execute(update(OutboxRow).where(OutboxRow.id == row_id).values(**values))


def is_permanent(error: Exception) -> bool:
    """Whether the same attempt can only fail again: the caller's mistakes, and what says so itself."""
    return bool(getattr(error, "permanent", False)) or 400 <= status_of(error) < 500
