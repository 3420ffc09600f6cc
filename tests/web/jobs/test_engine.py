"""Jobs survive kill -9 between any two steps: carried out, and outside exactly once."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections import Counter
from pathlib import Path
from typing import cast

import pytest

from scheduler.database import Database
from scheduler.outbox import OutboxRow, enqueue
from scheduler.settings import DatabaseSettings
from tests.databases import opened
from tests.web.jobs.killable import STEPS, live
from web.jobs.engine import Engine, engine_url
from web.jobs.job import Job, Step
from web.jobs.perform import Performer
from web.jobs.relay import JobRunner
from web.services import Services
from web.settings import Settings

POINTS = [f"{when} {name}" for name in STEPS for when in ("before", "after")]


async def run_killable(settings: DatabaseSettings, folder: Path, die_at: str) -> int | None:
    """A life of the process, forked from one that has imported everything; its exit code."""
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["tests.web.jobs.killable"])
    process = processes.Process(target=live, args=(settings.url, folder, die_at))
    process.start()
    await asyncio.to_thread(process.join, 120)
    return process.exitcode


async def test_killed_jobs_are_finished_once(database_settings: DatabaseSettings, tmp_path: Path) -> None:
    """One job after the other is killed at the next point; all are taken up by the process after, and finished."""
    database = opened(database_settings)
    rows: dict[str, str] = {}
    for die_at in POINTS:
        async with database.transaction() as session:
            rows[die_at] = enqueue(session, "deliver", {"die_at": die_at}).id
        (tmp_path / "rows").write_text(" ".join(rows.values()))
        assert await run_killable(database_settings, tmp_path, rows[die_at]) == -9
    assert await run_killable(database_settings, tmp_path, "nobody") == 0

    attempts = Counter((tmp_path / "attempts").read_text().splitlines())
    for die_at, row_id in rows.items():
        repeated = die_at.removeprefix("after ") if die_at.startswith("after") else None
        assert {name: attempts[f"{row_id} {name}"] for name in STEPS} == {
            name: 2 if name == repeated else 1 for name in STEPS
        }, die_at
        async with database.reading() as reading:
            kept = await reading.get_one(OutboxRow, row_id)
            assert (kept.progress, kept.error, kept.done_at is not None) == (100, "", True)
    await database.dispose()


async def test_a_failed_step_says_why_and_is_tried_again(database: Database, tmp_path: Path) -> None:
    """On SQLite and PostgreSQL: the error stands in the row in words; "now" ends the wait."""
    failed, works = asyncio.Event(), False

    async def run(job: Job) -> None:
        if not works:
            failed.set()
            raise OSError("the folder is not writable")
        await job.report(50)

    services = Services(settings=Settings(data=tmp_path), database=database)
    performer = Performer(services, {"deliver": (Step("deliver", run),)})
    engine = Engine(performer, engine_url(database.settings, tmp_path), retry_s=(3600.0,))
    runner = JobRunner(services, performer, engine)
    await runner.start()
    try:
        async with database.transaction() as session:
            row = enqueue(session, "deliver", {})
            unknown = enqueue(session, "of a later version", {})
        services.outbox_changed.set()
        await asyncio.wait_for(failed.wait(), 30)
        kept = await wait_for_row(database, row.id, lambda it: bool(it.error))
        assert kept.error.startswith("Hệ thống gặp lỗi")
        works = True
        await runner.retry(row.id)
        kept = await wait_for_row(database, row.id, lambda it: it.done_at is not None)
        assert (kept.error, kept.progress) == ("", 100)
        async with database.reading() as reading:
            assert (await reading.get_one(OutboxRow, unknown.id)).started_at is None
    finally:
        await runner.stop()


async def test_a_stop_breaks_off_and_the_next_start_goes_on(database: Database, tmp_path: Path) -> None:
    """Twice stopped within a step, a job is taken up again and finished."""
    begun, may_end, runs = asyncio.Event(), asyncio.Event(), 0

    async def run(job: Job) -> None:
        nonlocal runs
        runs += 1
        begun.set()
        await may_end.wait()

    services = Services(settings=Settings(data=tmp_path), database=database)
    performer = Performer(services, {"deliver": (Step("deliver", run),)})
    async with database.transaction() as session:
        row = enqueue(session, "deliver", {})
    for _ in range(2):
        runner = JobRunner(services, performer, Engine(performer, engine_url(database.settings, tmp_path)))
        await runner.start()
        await asyncio.wait_for(begun.wait(), 60)
        begun.clear()
        await runner.stop()
    may_end.set()
    runner = JobRunner(services, performer, Engine(performer, engine_url(database.settings, tmp_path)))
    await runner.start()
    try:
        kept = await wait_for_row(database, row.id, lambda it: it.done_at is not None)
    finally:
        await runner.stop()
    assert (kept.error, runs) == ("", 3)


async def wait_for_row(database: Database, row_id: str, condition: object) -> OutboxRow:
    assert callable(condition)
    async with asyncio.timeout(60):
        while True:
            async with database.reading() as session:
                row = await session.get_one(OutboxRow, row_id)
            if condition(row):
                return row
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("gone", [False, True])
def test_who_wakes_after_a_stop_asks_nobody(monkeypatch: pytest.MonkeyPatch, gone: bool) -> None:
    def recv(topic: str, timeout_seconds: float) -> None:
        if gone:
            raise RuntimeError("accessed before launched")

    monkeypatch.setattr("web.jobs.engine.DBOS.recv", recv)
    engine = Engine(cast(Performer, None), "sqlite://")  # never started: as after a stop
    with pytest.raises(BaseException) as ended:
        engine._wait(1.0)
    assert not isinstance(ended.value, Exception), "the next start takes it up"
