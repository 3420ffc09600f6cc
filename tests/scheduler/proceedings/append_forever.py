"""A writer to be killed: appends facts for ever and tells each one, by a line, only when it is durable.

Run as ``python -m tests.scheduler.proceedings.append_forever URL``; every line is "seq hash" of a told fact.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime, timedelta

from scheduler.database import Database
from scheduler.proceedings import facts as f
from scheduler.proceedings import log, node
from scheduler.proceedings.chain import head_after
from scheduler.proceedings.lease import acquire
from scheduler.proceedings.log import LogWriter
from scheduler.settings import DatabaseSettings
from tests.scheduler.proceedings.samples import CHAIR


async def main(url: str) -> None:
    database = Database(DatabaseSettings(url))
    now = datetime.now(UTC)
    async with database.transaction() as session:
        this = await node.identify(session, now)
    writer = LogWriter(database, await acquire(database, "doomed", now, ttl=timedelta(0)))
    async with database.reading() as session:
        head = await log.head_of(session, this.log_of("meeting-1"))
    while True:
        bodies = [f.ChatPosted(f"m{head.seq}", None, "ai đó", "chào"), f.ModeChanged("discussion")]
        facts = await writer.append(head, bodies, CHAIR, datetime.now(UTC))
        head = head_after(facts[-1])
        for fact in facts:
            print(fact.seq, fact.hash, flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
