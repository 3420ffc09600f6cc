"""Rooms of a linked meeting open and convene with the one above them."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from scheduler.meetings.meeting import Meeting
from scheduler.proceedings import commands as c
from scheduler.proceedings import facts as f
from scheduler.settings import DatabaseSettings
from tests.databases import opened
from tests.scheduler.proceedings.planted import MEETING, a_meeting, plant_meeting
from web.live.opening import Opening

CHILD = "meeting-2"
AFTER: dict[type[c.Command], str] = {c.OpenTesting: "testing", c.Convene: "convened"}


async def test_a_meeting_convened_right_after_it_was_opened_takes_its_rooms_along(
    tmp_path: Path, sqlite_template: Path
) -> None:
    """Somebody calls a meeting for this moment: both facts are there before any room below has opened."""
    shutil.copy(sqlite_template, tmp_path / "one.db")
    database = opened(DatabaseSettings(f"sqlite+aiosqlite:///{tmp_path / 'one.db'}"))
    await plant_meeting(database)
    async with database.transaction() as session:
        child = a_meeting("sent", record=True)
        child.id, child.parent_id = CHILD, MEETING
        session.add(child)

    async def lead(meeting_id: str, command: c.Command) -> None:
        if command == c.OpenTesting():  # slow: whoever does not wait for it is done by then
            await asyncio.wait(opening._tasks - {asyncio.current_task()}, timeout=0.3)
        async with database.transaction() as session:
            (await session.get_one(Meeting, meeting_id)).stage = AFTER[type(command)]

    opening_fact = f.TestingOpened((), "", "", "", "one_speaker", ())
    opening, above = Opening(database, lead), cast(Any, SimpleNamespace(meeting_id=MEETING))
    facts: list[Any] = [SimpleNamespace(body=opening_fact), SimpleNamespace(body=f.Convened())]
    try:
        opening.took(above, above, facts)
        await opening.settle()
        async with database.reading() as looking:
            assert (await looking.get_one(Meeting, CHILD)).stage == "convened"
    finally:
        await opening.stop()
        await database.dispose()
