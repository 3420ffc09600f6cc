"""What a room reads from the tables, and how often: a province comes in within a minute."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from scheduler.database import Database
from tests.scheduler.proceedings.planted import MEETING
from tests.web.live.conftest import SECRETARY, Live, site
from web.live.planned import Reading


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """Everything said to the database meanwhile; a commit too."""
    said: list[str] = []
    engine = database.engine.sync_engine

    def say(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        said.append(statement.split("\n")[0])

    def commit(_connection: object) -> None:
        said.append("COMMIT")

    event.listen(engine, "before_cursor_execute", say)
    event.listen(engine, "commit", commit)
    yield said
    event.remove(engine, "before_cursor_execute", say)
    event.remove(engine, "commit", commit)


async def open_for_tests(live: Live) -> None:
    secretary = await live.enter(SECRETARY)
    await secretary.command("open_testing")
    await live.hub.opening.settle()


async def test_who_comes_in_asks_the_database_eight_times_and_commits_once(live: Live) -> None:
    await open_for_tests(live)
    with statements(live.database) as said:
        await live.enter(site("a"))
    assert said.count("COMMIT") == 1
    # meeting, agenda, papers, roster; the site's own; lease, end of the log, fact
    assert len(said) - 1 <= 8, said


async def test_those_who_come_in_at_the_same_time_share_one_look_at_the_plan(live: Live) -> None:
    await open_for_tests(live)
    with statements(live.database) as said:
        await asyncio.gather(*(live.enter(site(name)) for name in ("a", "b", "c")))
    assert sum("agenda_item" in one for one in said) == 1, said


async def test_a_room_that_somebody_is_about_to_enter_is_not_let_go(live: Live) -> None:
    entering = asyncio.create_task(live.enter(SECRETARY))
    while MEETING not in live.hub.rooms:  # noqa: ASYNC110 - nothing tells of it
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    await live.hub.tick()
    seat = await entering
    assert live.hub.rooms[MEETING] is seat.room


async def test_a_look_is_shared_only_by_those_who_asked_before_it_began() -> None:
    begun: list[asyncio.Event] = []

    async def look() -> None:
        begun.append(asyncio.Event())
        await begun[-1].wait()

    reading = Reading(look)
    first = asyncio.gather(reading.again(), reading.again())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert len(begun) == 1
    later = asyncio.gather(reading.again(), reading.again())
    await asyncio.sleep(0)
    begun[0].set()
    await first
    assert not later.done(), "the look that was going on may have seen what was there before they asked"
    await asyncio.sleep(0)
    begun[1].set()
    await later
    assert len(begun) == 2


async def test_a_look_that_fails_fails_for_all_who_share_it_and_the_next_one_is_new() -> None:
    tries: list[int] = []

    async def look() -> None:
        tries.append(1)
        if len(tries) == 1:
            raise OSError("the database is away")

    reading = Reading(look)
    for answer in await asyncio.gather(reading.again(), reading.again(), return_exceptions=True):
        assert isinstance(answer, OSError)
    await reading.again()
    assert len(tries) == 2


async def test_one_who_goes_away_leaves_the_look_to_the_others() -> None:
    may = asyncio.Event()
    reading = Reading(may.wait)  # type: ignore[arg-type]
    going, staying = asyncio.create_task(reading.again()), asyncio.create_task(reading.again())
    await asyncio.sleep(0)
    going.cancel()
    with pytest.raises(asyncio.CancelledError):
        await going
    may.set()
    await staying
