"""Rooms of a linked meeting open for tests, and convene, with the room above them in this installation.

A room that its own people opened or convened before, by an agenda of their own, is left as it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from scheduler.database import Database
from scheduler.meetings.meeting import Meeting
from scheduler.proceedings import commands as c
from scheduler.proceedings import facts as f
from scheduler.proceedings.errors import Refused
from web.live.errors import LiveError
from web.media.errors import MediaError

if TYPE_CHECKING:
    from scheduler.proceedings.state import State
    from web.live.room import Room

log = structlog.get_logger()
Lead = Callable[[str, c.Command], Awaitable[None]]
FOLLOWING: dict[type[f.Body], tuple[c.Command, str]] = {
    f.TestingOpened: (c.OpenTesting(), "sent"),
    f.Convened: (c.Convene(), "testing"),
}
"""What a fact above asks of the rooms below, and in which stage they must be for it."""


class Opening:
    """``took`` after every fact of a room."""

    def __init__(self, database: Database, lead: Lead) -> None:
        self._database = database
        self._lead = lead
        self._tasks: set[asyncio.Task[None]] = set()

    def took(self, room: Room, before: State, facts: Sequence[f.Fact]) -> None:
        for fact in facts:
            found = FOLLOWING.get(type(fact.body))
            if found is not None:
                task = asyncio.create_task(self._follow(room.meeting_id, *found), name="rooms below follow")
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def settle(self) -> None:
        """Wait until the rooms below have followed, and those below them."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def stop(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _follow(self, meeting_id: str, command: c.Command, stage: str) -> None:
        try:
            async with self._database.reading() as session:
                query = select(Meeting.id).where(Meeting.parent_id == meeting_id, Meeting.stage == stage)
                rooms = list((await session.scalars(query)).all())
            for room in rooms:
                with suppress(Refused):  # its own people were quicker
                    await self._lead(room, command)
        except (LiveError, MediaError, SQLAlchemyError, OSError) as error:
            log.warning("rooms below could not follow", meeting=meeting_id, error=str(error))
