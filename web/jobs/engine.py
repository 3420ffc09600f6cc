"""DBOS around the jobs: remembers which steps are done, and goes on after ``kill -9`` where it was.

A workflow runs in a thread of DBOS and hands every step to the app's event loop. A step that fails does not end its
workflow: it waits durably, longer each time, for the next attempt or for somebody's "now".
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError, Future, wait
from functools import partial
from pathlib import Path
from typing import Any

from dbos import DBOS, DBOSConfig, SetWorkflowID
from sqlalchemy import make_url

from scheduler.settings import DatabaseSettings
from web.jobs.perform import Outcome, Performer

RETRY_S = (5.0, 15.0, 60.0, 300.0, 900.0, 3600.0)
PERMANENT_S = 30 * 86_400.0
RETRY_TOPIC = "retry"
GRACE_S = 1.0  # short steps come to their end before a stop breaks off
VERSION = "1"  # of the workflow's shape: other versions' workflows would not be taken up again


class _Stopped(BaseException):
    """Ends a workflow's thread and leaves its records as they are, so that the next start takes it up. Not an
    ``Exception``: DBOS would record that as how the workflow ended, for good."""


class Engine:
    """One per process (DBOS is one per process); ``start`` it inside the app's event loop."""

    def __init__(self, performer: Performer, database_url: str, retry_s: tuple[float, ...] = RETRY_S) -> None:
        self._performer = performer
        self._database_url = database_url
        self._retry_s = retry_s
        self._loop: asyncio.AbstractEventLoop | None = None
        self._workflow: Any = None
        self._going_on: set[Future[Any]] = set()

    async def start(self) -> None:
        """Open the engine's database and take up what was not finished."""
        self._loop = asyncio.get_running_loop()
        await asyncio.to_thread(self._launch)

    async def stop(self) -> None:
        """Stop; what is going on is broken off, and taken up at the next start."""
        loop, self._loop = self._loop, None
        if loop is not None:
            _, long = await asyncio.to_thread(wait, tuple(self._going_on), GRACE_S)
            for work in long:
                work.cancel()
            await asyncio.to_thread(DBOS.destroy, destroy_registry=True)

    def _launch(self) -> None:
        logging.getLogger("dbos").setLevel(logging.WARNING)
        config: DBOSConfig = {
            "name": "giaoban",
            "system_database_url": self._database_url,
            "application_version": VERSION,
            "executor_id": "giaoban",
            "log_level": "WARNING",
            "sys_db_pool_size": 5,
        }
        DBOS(config=config)

        def carry_out(row_id: str, steps: int) -> None:  # DBOS marks what it wraps: a method cannot be marked
            self._carry_out(row_id, steps)

        self._workflow = DBOS.workflow(name="carry_out")(carry_out)
        DBOS.launch()

    async def begin(self, row_id: str, kind: str) -> None:
        """Start the row's workflow; a second start under the same id is the same workflow."""
        await asyncio.to_thread(self._begin, row_id, kind)

    def _begin(self, row_id: str, kind: str) -> None:
        with SetWorkflowID(row_id):
            DBOS.start_workflow(self._workflow, row_id, len(self._performer.kinds[kind]))

    async def retry(self, row_id: str) -> None:
        """Try a waiting step again now."""
        await asyncio.to_thread(DBOS.send, row_id, "now", RETRY_TOPIC)

    def _carry_out(self, row_id: str, steps: int) -> None:
        for number in range(steps):
            self._until_done(f"step {number}", partial(self._performer.perform, row_id, number))
        self._until_done("finish", partial(self._performer.finish, row_id))

    def _until_done(self, name: str, work: Callable[[], Coroutine[Any, Any, Outcome]]) -> None:
        attempt = 0
        while True:
            error, is_permanent = DBOS.run_step({"name": name}, lambda: self._on_loop(work()))
            if not error:
                return
            wait_s = PERMANENT_S if is_permanent else self._retry_s[min(attempt, len(self._retry_s) - 1)]
            self._wait(wait_s)
            attempt += 1

    def _wait(self, wait_s: float) -> None:
        """Until then, or until somebody says "now". Who wakes after a stop must not ask DBOS, which is gone."""
        try:
            DBOS.recv(RETRY_TOPIC, timeout_seconds=wait_s)
        except Exception:
            if self._loop is not None:
                raise
        if self._loop is None:
            raise _Stopped

    def _on_loop(self, work: Coroutine[Any, Any, Outcome]) -> tuple[str, bool]:
        if self._loop is None:
            work.close()
            raise _Stopped
        going_on = asyncio.run_coroutine_threadsafe(work, self._loop)
        self._going_on.add(going_on)
        try:
            outcome = going_on.result()
        except CancelledError:
            raise _Stopped from None
        finally:
            self._going_on.discard(going_on)
        return outcome.error, outcome.is_permanent


def engine_url(database: DatabaseSettings, data: Path) -> str:
    """Where DBOS keeps its state: a file beside SQLite's, or a schema of its own in the same PostgreSQL."""
    if database.is_sqlite:
        return f"sqlite:///{(data / 'jobs.sqlite').absolute()}"
    url = make_url(database.url).set(drivername="postgresql+psycopg")
    return url.render_as_string(hide_password=False)
