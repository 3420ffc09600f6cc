"""A room: one meeting while people are in it. Everything that changes it goes through here one at a time.

A command is judged against the state, its facts become durable, then the state moves and everybody is told. Presence
is facts too; who is connected right now, and how well, is not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from scheduler.database import Database, new_id
from scheduler.organization.person import Person
from scheduler.organization.unit import Unit
from scheduler.proceedings import commands as c
from scheduler.proceedings import facts as f
from scheduler.proceedings import log
from scheduler.proceedings.chain import head_after
from scheduler.proceedings.errors import LeaseLost, Refused, WrongSequence
from scheduler.proceedings.fold import fold
from scheduler.proceedings.judge import by_of, check_may, judge
from scheduler.proceedings.log import LogWriter, Standing
from scheduler.proceedings.node import Node
from scheduler.proceedings.plan import Participant, Plan, Sitter
from scheduler.proceedings.state import State
from web.live.connection import Connection, ConnectionIds, PagesSaid, to_text
from web.live.errors import Closing, NoEntry
from web.live.media_driver import Media, MediaDriver
from web.live.planned import Planned, Reading, load_planned
from web.live.presence import Presence
from web.live.room_media import RoomMedia
from web.live.telling import Telling
from web.live.view import are_known
from web.turn import TurnServers

Json = dict[str, Any]
LIVE = ("testing", "convened", "suspended")
SESSION_CHANGED = 4001  # close code
RELOADS = (c.OpenTesting, c.Convene, c.AmendAgenda, c.ShowPaper)
"""Commands for which the plan is read again: it may have changed since."""


async def nobody_below(room: Room, site_id: str) -> Sitter:
    raise Refused("unknown_site", detail=site_id)


@dataclass(slots=True)
class Belongings:
    """What all rooms of a process share."""

    database: Database
    node: Node
    writer: LogWriter
    captures: Path
    ids: ConnectionIds
    clock: Callable[[], datetime]
    monotonic: Callable[[], float]
    on_lease_lost: Callable[[], None]
    another_worker: Callable[[Room], Media | None] = lambda room: None
    tell_every_s: float = 0.0
    said: PagesSaid = field(default_factory=PagesSaid)
    turn: TurnServers = field(default_factory=TurnServers)
    names_of: Callable[[Room, Iterable[str]], Json | None] = lambda room, labels: None
    stills_elsewhere: Callable[[Room, str, str, bool], None] = lambda room, site_id, worker, wanted: None
    on_taken: Callable[[Room, State, Sequence[f.Fact]], None] = lambda room, before, facts: None
    sitter: Callable[[Room, str], Awaitable[Sitter]] = nobody_below


def as_planned(state: State, plan: Plan) -> State:
    """A meeting postponed after tests is not open, though its log ends in testing: it opens again on the new day."""
    if state.stage == "testing" and plan.stage not in LIVE:
        return replace(state, stage="waiting", queue=(), floor=None, paper=None, presentation_site_id=None)
    return state


class Room:
    def __init__(self, meeting_id: str, has: Belongings, standing: Standing, planned: Planned) -> None:
        self.meeting_id = meeting_id
        self.has = has
        self.state = as_planned(standing.state, planned.plan)
        self.head = standing.head
        self.planned = planned
        self.has_break_above = False  # the room above, which this one follows, or one over it
        self._tables = Reading(self._read_plan)
        self.connections: dict[str, Connection] = {}
        self.telling = Telling(self.connections, has.tell_every_s)
        self.lock = asyncio.Lock()
        self._entering = 0
        self._is_stale = False  # an append ended in the dark: read the log again first
        self.presence = Presence(self)
        self.media = RoomMedia(self)
        self.driver = MediaDriver(meeting_id, has.captures, self.media.wanted)
        self.driver.also = self.media.spread.trigger
        self.driver.start()

    @property
    def plan(self) -> Plan:
        return self.planned.plan

    @property
    def is_live(self) -> bool:
        return self.state.stage in LIVE

    @property
    def is_deserted(self) -> bool:
        """Nobody is here or on the way in, and nothing goes on."""
        return not (self.connections or self.is_live or self.lock.locked() or self._entering)

    @contextmanager
    def kept(self) -> Iterator[None]:
        """For somebody on the way in."""
        self._entering += 1
        try:
            yield
        finally:
            self._entering -= 1

    # -- commands ---------------------------------------------------------------------------------------------------

    async def command(
        self, connection: Connection, name: Any, args: Any, answer: Callable[[int], None] = lambda seq: None
    ) -> int:
        """Carry out a participant's command; the seq of the last fact it made, or :class:`Refused`.

        ``answer`` is called with it before anything follows: who ends the meeting hears so before he is sent home.
        """
        return await self.obey(connection.participant, c.parse(name, args), answer)

    async def obey(
        self,
        actor: Participant,
        command: c.Command,
        answer: Callable[[int], None] = lambda seq: None,
        still: Callable[[], object] = lambda: None,
    ) -> int:
        """The same for anybody who takes part; ``still`` raises when he does not any more, in his turn."""
        below = {command.site_id: await self._ask_below(command, actor)} if isinstance(command, c.LendChair) else {}
        async with self.lock:
            still()
            if isinstance(command, RELOADS):
                await self.reload_plan()
            await self._check_references(command)
            plan = replace(self.plan, below=below) if below else self.plan
            bodies = judge(self.state, command, actor, self.has.clock(), plan, new_id)
            by = by_of(self.state, command, actor, plan)
            facts = await self.append(bodies, by)
            answer(facts[-1].seq)
            await self.presence.follow(facts)
        return facts[-1].seq

    async def _ask_below(self, command: c.LendChair, actor: Participant) -> Sitter:
        """Who sits at the site that is to have the chair; nobody is asked for one who may not lend it."""
        check_may(self.state, command, actor, self.has.clock(), self.plan, new_id)
        return await self.has.sitter(self, command.site_id)

    async def _check_references(self, command: c.Command) -> None:
        """Persons and units named in a command are those of the directory."""
        if isinstance(command, c.HandOverChair | c.AppointSecretary):
            known = await self._known(Person, {command.person_id})
        elif isinstance(command, c.AssignTask):
            known = await self._known(Unit, {command.lead_unit_id, *command.with_unit_ids})
        else:
            return
        if not known:
            raise Refused("bad_arguments", detail="not in the directory")

    async def _known(self, model: type[Person] | type[Unit], ids: set[str]) -> bool:
        async with self.has.database.reading() as session:
            return await are_known(session, model, ids)

    # -- facts ------------------------------------------------------------------------------------------------------

    async def append(self, bodies: Sequence[f.Body], by: f.By) -> list[f.Fact]:
        """Make facts durable, then take them in and tell everybody. The lock is held by the caller."""
        if self._is_stale:
            await self.reload()
        self._is_stale = True
        try:
            facts = await self.has.writer.append(self.head, bodies, by, self.has.clock())
        except Refused:
            self._is_stale = False
            raise
        except LeaseLost as lost:
            self.has.on_lease_lost()
            raise Closing from lost
        except (WrongSequence, SQLAlchemyError, OSError) as error:
            raise Refused("busy", detail=type(error).__name__) from error
        self._is_stale = False
        self.take(facts)
        return facts

    def take(self, facts: Sequence[f.Fact]) -> None:
        """Durable facts move the state; everybody is told."""
        if not facts:
            return
        before = self.state
        self.state = fold(facts, self.state)
        self.head = head_after(facts[-1])
        self.telling.take(facts)
        self.driver.trigger()
        self.has.on_taken(self, before, facts)

    async def reload(self) -> None:
        """Read what the log has beyond what we know."""
        async with self.has.database.reading() as session:
            facts = await log.read(session, self.head.log, after=self.head.seq)
        self._is_stale = False
        self.take(facts)

    async def reload_plan(self) -> None:
        """What the tables say of the meeting, read after this was called; many who ask at a time share it."""
        with self.kept():
            await self._tables.again()

    async def _read_plan(self) -> None:
        async with self.has.database.reading() as session:
            planned = await load_planned(session, self.meeting_id)
        if planned is None:
            raise NoEntry(4404, "no such meeting")
        self.planned = planned

    # -- telling ----------------------------------------------------------------------------------------------------

    def tell(self, message: Json) -> None:
        """Say it to everybody here."""
        text = to_text(message)
        for connection in self.connections.values():
            if connection.is_open:
                connection.outgoing.send_text(text)

    def tell_plan(self) -> None:
        """What the welcome said of the meeting is new: a paper came in, say."""
        self.tell({"type": "plan", "meeting": self.planned.meeting})

    def say_break_above(self, is_on: bool) -> None:
        """The room above has a break, or goes on."""
        if is_on != self.has_break_above:
            self.has_break_above = is_on
            self.tell({"type": "break_above", "is_on": is_on})

    def ask_again(self, person_id: str | None, site_id: str | None) -> None:
        """Sockets of this person or site close: whose session still stands comes back under its id, at once."""
        for connection in self.connections.values():
            is_theirs = (connection.actor.person_id, connection.actor.site_id) == (person_id, site_id)
            if is_theirs and connection.is_open and connection.on_peer is None:  # a door asks for tickets, not sessions
                connection.outgoing.close(SESSION_CHANGED, "session changed")

    async def tick(self, now: float) -> None:
        """Whatever time brings: graces that end, lines to report."""
        await self.presence.tick(now)
        await self.media.tick(now)

    async def close(self, reason: str) -> None:
        """Say goodbye to everybody; facts stay as they are."""
        for connection in list(self.connections.values()):
            connection.outgoing.send({"type": "goodbye", "reason": reason})
            connection.outgoing.close(1012 if reason == "restarting" else 1000, reason)
        self.connections.clear()
        self.telling.stop()
        await self._tables.stop()
        await self.driver.stop()
        await self.media.spread.stop()
