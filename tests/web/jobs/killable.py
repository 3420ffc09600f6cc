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


def die_if(job: Job, dies: str, point: str) -> None:
    if job.id == dies and job.text("die_at") == point:
        os.kill(os.getpid(), signal.SIGKILL)


def steps(folder: Path, dies: str) -> tuple[Step, ...]:
    def step(name: str) -> Step:
        async def run(job: Job) -> None:
            die_if(job, dies, f"before {name}")
            with (folder / "attempts").open("a") as log:
                log.write(f"{job.id} {name}\n")
            die_if(job, dies, f"after {name}")

        return Step(name, run)

    return tuple(step(name) for name in STEPS)


async def main(url: str, folder: Path, dies: str) -> None:
    services = Services(settings=Settings(data=folder), database=Database(DatabaseSettings(url)))
    performer = Performer(services, {"deliver": steps(folder, dies)})
    runner = JobRunner(services, performer, Engine(performer, engine_url(services.database.settings, folder)))
    await runner.start()
    while True:
        async with services.database.reading() as session:
            rows = [await session.get(OutboxRow, row_id) for row_id in (folder / "rows").read_text().split()]
        if all(row and row.done_at for row in rows):
            break
        await asyncio.sleep(0.05)
    os._exit(0)


def live(url: str, folder: Path, dies: str) -> None:
    asyncio.run(main(url, folder, dies))
