"""A process with a real engine whose three steps write to a file and can die of SIGKILL at a chosen point.

``live(URL, FOLDER, JOB)`` in a process of its own: JOB dies where its payload says.
"""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

from scheduler.database import Database
from scheduler.outbox import OutboxRow
from scheduler.settings import DatabaseSettings
from web.jobs.engine import Engine, engine_url
from web.jobs.job import Job, Step
from web.jobs.perform import Performer
from web.jobs.relay import JobRunner
from web.services import Services
from web.settings import Settings

STEPS = ("first", "second", "third")


class Dying:
    """The job that takes its process with it; only when the others are finished, whose steps it would break off."""

    def __init__(self, services: Services, folder: Path, job_id: str) -> None:
        self._services = services
        self._folder = folder
        self._job_id = job_id

    async def at(self, job: Job, point: str) -> None:
        if job.id == self._job_id and job.text("die_at") == point:
            await all_done(self._services, self._folder, but=job.id)
            os.kill(os.getpid(), signal.SIGKILL)


async def all_done(services: Services, folder: Path, but: str = "") -> None:
    while True:
        async with services.database.reading() as session:
            ids = [row_id for row_id in (folder / "rows").read_text().split() if row_id != but]
            rows = [await session.get(OutboxRow, row_id) for row_id in ids]
        if all(row and row.done_at for row in rows):
            return
        await asyncio.sleep(0.05)


def steps(folder: Path, dying: Dying) -> tuple[Step, ...]:
    def step(name: str) -> Step:
        async def run(job: Job) -> None:
            await dying.at(job, f"before {name}")
            with (folder / "attempts").open("a") as log:
                log.write(f"{job.id} {name}\n")
            await dying.at(job, f"after {name}")

        return Step(name, run)

    return tuple(step(name) for name in STEPS)


async def main(url: str, folder: Path, dies: str) -> None:
    services = Services(settings=Settings(data=folder), database=Database(DatabaseSettings(url)))
    performer = Performer(services, {"deliver": steps(folder, Dying(services, folder, dies))})
    runner = JobRunner(services, performer, Engine(performer, engine_url(services.database.settings, folder)))
    await runner.start()
    await all_done(services, folder)
    os._exit(0)


def live(url: str, folder: Path, dies: str) -> None:
    asyncio.run(main(url, folder, dies))
