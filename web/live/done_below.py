"""What a room below did while it was cut off, said in the room above once its log is here.

The lower room's own log tells it: what stands there between its losing the link and its having it again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from scheduler.database import Database
from scheduler.proceedings import facts as f
from scheduler.proceedings import log as proceedings
from scheduler.proceedings.errors import Refused
from web.live.errors import Closing
from web.live.missed import WAIT_S, summary

if TYPE_CHECKING:
    from scheduler.proceedings.state import Link, State
    from web.live.room import Room

log = structlog.get_logger()
MOST_FACTS = 20_000  # that are read; a room that was alone for weeks did more than can be said in a line
Key = tuple[str, str]  # the room and the one below it


@dataclass(slots=True)
class _Due:
    """``held``: how far the lower log was here when the link was lost."""

    held: Mapping[f.LogId, int]
    node: str
    restored_at: float | None = None  # monotonic; None: still lost


def while_alone(facts: Sequence[f.Fact], above: str) -> list[f.Fact] | None:
    """Of a lower room's facts those between its losing the link to the room above and its last return; None: it has
    not written down that it is back."""
    marks = [n for n, fact in enumerate(facts) if _is_of(fact.body, f.LinkRestored, above)]
    if not marks:
        return None
    lost = [n for n, fact in enumerate(facts[: marks[-1]]) if _is_of(fact.body, f.LinkLost, above)]
    return list(facts[lost[-1] + 1 if lost else 0 : marks[-1]])


def _is_of(body: f.Body, kind: type[f.LinkLost | f.LinkRestored], above: str) -> bool:
    return isinstance(body, kind) and body.meeting_id == above


class DoneBelow:
    """``took`` after every fact of a room, ``tick`` twice a second."""

    def __init__(self, rooms: Mapping[str, Room], database: Database, monotonic: Callable[[], float]) -> None:
        self._rooms = rooms
        self._database = database
        self._monotonic = monotonic
        self._due: dict[Key, _Due] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._looking: set[Key] = set()

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def settle(self) -> None:
        """Wait for what was begun."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def took(self, room: Room, before: State, facts: Sequence[f.Fact]) -> None:
        """A link to a room below was lost, or is back."""
        links = {link.meeting_id: link for link in (*before.links, *room.state.links) if link.side == "lower"}
        for body in (fact.body for fact in facts):
            if isinstance(body, f.LinkLost) and body.meeting_id in links:
                self._spawn(self._note(room, links[body.meeting_id]))
            elif isinstance(body, f.LinkRestored) and (due := self._due.get((room.meeting_id, body.meeting_id))):
                due.restored_at = self._monotonic()

    def tick(self) -> None:
        for key, due in list(self._due.items()):
            if key[0] not in self._rooms:
                del self._due[key]
            elif due.restored_at is not None and key not in self._looking:
                self._looking.add(key)
                self._spawn(self._tell(key, due, due.restored_at))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        async def run() -> None:
            try:
                await work
            except (Refused, Closing, SQLAlchemyError, OSError) as error:
                log.warning("what was done below could not be told", error=str(error))

        task = asyncio.create_task(run(), name="done below")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _note(self, room: Room, link: Link) -> None:
        async with self._database.reading() as session:
            heads = await proceedings.logs_of(session, link.meeting_id, link.node)
        held = {head.log: head.seq for head in heads}
        self._due[room.meeting_id, link.meeting_id] = _Due(held, link.node)

    async def _tell(self, key: Key, due: _Due, restored_at: float) -> None:
        try:
            alone = await self._read(key, due)
            is_late = self._monotonic() - restored_at >= WAIT_S  # it noticed no loss, or its log does not come
            if (alone is None and not is_late) or self._due.get(key) is not due:
                return
            del self._due[key]
            room = self._rooms.get(key[0])
            if alone is None or room is None:
                return
            async with room.lock:
                if room.is_live and any(
                    link.meeting_id == key[1] and link.status == "open" for link in room.state.links
                ):
                    await room.append([summary(key[1], alone[0], alone[1])], f.By())
        finally:
            self._looking.discard(key)

    async def _read(self, key: Key, due: _Due) -> tuple[int, list[f.Fact]] | None:
        """For how long it was alone by its own clock, in seconds, and what it did."""
        async with self._database.reading() as session:
            heads = await proceedings.logs_of(session, key[1], due.node)
            if not heads:
                return None
            facts = await proceedings.read(
                session, heads[-1].log, after=due.held.get(heads[-1].log, 0), limit=MOST_FACTS
            )
        alone = while_alone(facts, key[0])
        if alone is None:
            return None
        back = next(fact.body for fact in reversed(facts) if _is_of(fact.body, f.LinkRestored, key[0]))
        return getattr(back, "lost_s", 0), alone
