"""Rooms of a linked meeting open for tests, and convene, with the room above them: here, or in another installation.

A room that its own people opened or convened before, by an agenda of their own, is left as it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from scheduler.database import Database
from scheduler.meetings.meeting import Meeting
from scheduler.proceedings import commands as c
from scheduler.proceedings import facts as f
from scheduler.proceedings import log as proceedings
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
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()  # of the room above

    def took(self, room: Room, before: State, facts: Sequence[f.Fact]) -> None:
        for fact in facts:
            found = FOLLOWING.get(type(fact.body))
            if found is not None:
                self._spawn(self._follow(room.meeting_id, *found))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name="rooms below follow")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def heard(self, node: str, facts: Sequence[f.Fact]) -> None:
        """Facts of other installations are durable here: of a meeting above, perhaps."""
        for log_id in {fact.log for fact in facts if type(fact.body) in FOLLOWING}:
            self._spawn(self._follow_above(log_id))

    def start(self) -> None:
        """After a start: what was said above while nobody here listened."""
        self._spawn(self._catch_up())

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
            # convened right after it was opened: the rooms below open first
            async with self._turns.setdefault(meeting_id, asyncio.Lock()):
                async with self._database.reading() as session:
                    query = select(Meeting.id).where(Meeting.parent_id == meeting_id, Meeting.stage == stage)
                    rooms = list((await session.scalars(query)).all())
                for room in rooms:
                    with suppress(Refused):  # its own people were quicker
                        await self._lead(room, command)
        except (LiveError, MediaError, SQLAlchemyError, OSError) as error:
            log.warning("rooms below could not follow", meeting=meeting_id, error=str(error))

    async def _catch_up(self) -> None:
        async with self._database.reading() as session:
            query = select(Meeting.remote_parent_id).where(Meeting.remote_parent_id.is_not(None))
            above = set((await session.scalars(query.where(Meeting.stage.in_(("sent", "testing"))))).all())
            heads = [head for one in above for head in await proceedings.logs_of(session, one or "")]
        for head in heads:
            await self._follow_above(head.log)

    async def _follow_above(self, log_id: f.LogId) -> None:
        """The rooms here go as far as the one above has gone, by what is known of it now."""
        try:
            async with self._database.reading() as session:
                query = select(Meeting.id, Meeting.stage).where(Meeting.remote_parent_id == log_id.meeting_id)
                rooms = list(await session.execute(query.where(Meeting.remote_parent_node_id == log_id.origin)))
                if not any(room.stage in ("sent", "testing") for room in rooms):
                    return
                above = (await proceedings.standing(session, log_id)).state.stage
            for room in rooms:
                with suppress(Refused):  # its own people were quicker
                    if above in ("testing", "convened") and room.stage == "sent":
                        await self._lead(room.id, c.OpenTesting())
                    if above == "convened" and room.stage in ("sent", "testing"):
                        await self._lead(room.id, c.Convene())
        except (LiveError, MediaError, SQLAlchemyError, OSError) as error:
            log.warning("rooms here could not follow the one above", meeting=log_id.meeting_id, error=str(error))
