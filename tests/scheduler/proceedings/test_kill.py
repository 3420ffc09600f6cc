"""kill -9 in the middle of appending: what was told is there, nothing is there by halves, and the log goes on."""

from __future__ import annotations

import random
import subprocess
import sys

from scheduler.proceedings import log
from scheduler.proceedings.chain import verify
from scheduler.settings import DatabaseSettings
from tests.databases import opened


def append_until_killed(url: str, seeded: random.Random) -> list[str]:
    """Start the writer, let it tell some facts, kill it; the lines it told."""
    command = [sys.executable, "-m", "tests.scheduler.proceedings.append_forever", url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(seeded.randint(5, 40))]
        process.kill()
        lines += process.stdout.readlines()
    return [line.strip() for line in lines if line.endswith("\n")]


async def test_killed_again_and_again_no_told_fact_is_lost(database_settings: DatabaseSettings) -> None:
    seeded = random.Random(11)
    told: list[str] = []
    for _ in range(3):
        told += append_until_killed(database_settings.url, seeded)
    database = opened(database_settings)
    async with database.reading() as session:
        (head,) = await log.logs_of(session, "meeting-1")
        facts = await log.read(session, head.log)
    await database.dispose()
    assert len(told) > 15
    assert verify(facts, head.log, head) == []
    assert len(facts) % 2 == 0  # each append was of two facts: whole or not at all
    durable = {f"{fact.seq} {fact.hash}" for fact in facts}
    assert set(told) <= durable
    assert len(facts) - len(told) <= 2 * 3  # at most one append per kill was durable but not yet told
