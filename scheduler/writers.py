"""Writers of one process take turns at an SQLite database, in the order in which they come.

SQLite lets one write at a time; who finds it busy tries again now and then, and among many somebody never meets the
right moment: "database is locked". Here the first write of a transaction waits in a queue until the connection of the
one before is back in the pool. Other processes wait as before, by ``busy_timeout``.
"""

from __future__ import annotations

import asyncio
from typing import Any

from sqlalchemy import Engine, event

READS = ("SELECT", "WITH")  # what begins a statement that changes nothing
_WRITES = "writes"


class Writers:
    """``patience_s``: so long one waits; then :class:`TimeoutError`, as when somebody writes within his own writing."""

    def __init__(self, engine: Engine, patience_s: float) -> None:
        self._turn = asyncio.Lock()  # wakes who came first
        self._patience_s = patience_s
        event.listen(engine, "before_cursor_execute", self._before)
        event.listen(engine, "checkin", self._checked_in)

    def _before(
        self, connection: Any, _cursor: Any, statement: str, _parameters: Any, _context: Any, _executemany: bool
    ) -> None:
        if statement.startswith(READS) or _WRITES in connection.info:
            return
        connection.connection.dbapi_connection.run_async(lambda _: self._wait())
        connection.info[_WRITES] = True

    async def _wait(self) -> None:
        async with asyncio.timeout(self._patience_s):
            await self._turn.acquire()

    def _checked_in(self, _connection: Any, record: Any) -> None:
        if record.info.pop(_WRITES, False):
            self._turn.release()
