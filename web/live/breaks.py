"""Breaks of the rooms above, for the pages of a room that follows them: nothing is on air there meanwhile.

The log of each room above says so; of those in other installations a copy is here. A room that is cut off, or has left
the program, or whose room above has, has its own breaks only.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import SQLAlchemyError

from scheduler.database import Database, ReadSession
from scheduler.nodes.edges import Edge, load_edges, way_up
from scheduler.proceedings import facts as f
from scheduler.proceedings import log as proceedings
from scheduler.proceedings.climbing import link_above
from scheduler.proceedings.fold import fold
from scheduler.proceedings.state import State

if TYPE_CHECKING:
    from web.live.room import Room

log = structlog.get_logger()
STAGES = (f.Suspended, f.Resumed, f.Adjourned)
LINKS = (f.LinkOpened, f.LinkLost, f.LinkRestored, f.LinkClosed, f.ProgramLeft, f.ProgramRejoined)


class Breaks:
    """``took`` after every fact of a room, ``heard`` after those of other installations; ``start`` with what holds."""

    def __init__(self, rooms: Mapping[str, Room], database: Database) -> None:
        self._rooms = rooms
        self._database = database
        self._above: set[str] = set()  # meetings over ours, as of the last look
        self._is_due = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._look_soon()

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def settle(self) -> None:
        """Wait for what was begun."""
        if self._task is not None:
            await self._task

    def took(self, room: Room, before: State, facts: Sequence[f.Fact]) -> None:
        above = room.planned.above
        ours = {above.meeting_id} if above is not None else set()
        if any(self._concerns(room.meeting_id, fact.body, ours) for fact in facts):
            self._look_soon()

    def heard(self, node: str, facts: Sequence[f.Fact]) -> None:
        if any(self._concerns(fact.log.meeting_id, fact.body, set()) for fact in facts):
            self._look_soon()

    def _concerns(self, meeting_id: str, body: f.Body, ours: set[str]) -> bool:
        """Of links only those upwards: others come and go by the dozen."""
        if isinstance(body, LINKS):
            return body.meeting_id in ours or {body.meeting_id, meeting_id} <= self._above
        return isinstance(body, STAGES) and meeting_id in self._above

    # -- looking ----------------------------------------------------------------------------------------------------

    def _look_soon(self) -> None:
        self._is_due = True
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._look(), name="breaks above")

    async def _look(self) -> None:
        while self._is_due:  # what is said meanwhile is looked at again
            self._is_due = False
            try:
                await self._look_at_all()
            except (SQLAlchemyError, OSError) as error:
                log.warning("breaks of the rooms above could not be read", error=str(error))

    async def _look_at_all(self) -> None:
        rooms = [room for room in self._rooms.values() if room.is_live and room.planned.above is not None]
        states: dict[str, State] = {}
        ways: dict[str, list[Edge]] = {}
        async with self._database.reading() as session:
            for room in rooms:
                edges = await load_edges(session, room.head.log.origin)
                ways[room.meeting_id] = way_up(edges, room.meeting_id)
                for edge in ways[room.meeting_id]:
                    await self._read(session, edge, states)
        self._above = set(states)
        for room in rooms:
            above = [states[edge.parent_meeting_id] for edge in ways[room.meeting_id]]
            room.say_break_above(has_break([room.state, *above]))

    async def _read(self, session: ReadSession, edge: Edge, states: dict[str, State]) -> None:
        """The room above of this edge, as far as it is known here."""
        meeting_id = edge.parent_meeting_id
        if meeting_id not in states:
            here = self._rooms.get(meeting_id)
            facts = [] if here is not None else await proceedings.facts_of(session, meeting_id, edge.parent_node)
            states[meeting_id] = here.state if here is not None else fold(facts)


def has_break(upwards: Sequence[State]) -> bool:
    """Whether the room of the first state follows one that has a break; the others are of the rooms above it."""
    for room, above in pairwise(upwards):
        link = link_above(room)
        if link is None or link.status != "open":
            return False
        if above.stage == "suspended":
            return True
    return False
