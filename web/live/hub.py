"""The hub: all rooms of this process, the lease that lets it write, and the media workers that carry the rooms."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from recordings.capture.begin import PREPARE
from scheduler.database import Database, WriteSession, new_id
from scheduler.meetings.meeting import LIVE_STAGES, Meeting
from scheduler.nodes.registry import note_error, note_over
from scheduler.outbox import enqueue
from scheduler.permissions import Actor
from scheduler.proceedings import commands as c
from scheduler.proceedings import facts as f
from scheduler.proceedings import log as facts_log
from scheduler.proceedings import node
from scheduler.proceedings.errors import Refused
from scheduler.proceedings.judge import by_of, judge
from scheduler.proceedings.lease import Lease
from scheduler.proceedings.log import LogWriter
from scheduler.proceedings.plan import Participant
from scheduler.proceedings.state import State
from web.link.channel import LinkChannel
from web.live.breaks import Breaks
from web.live.chairing import Chairing
from web.live.climbing import Climbing
from web.live.connection import Connection, ConnectionIds, PagesSaid
from web.live.done_below import DoneBelow
from web.live.errors import Closing, NoEntry
from web.live.far_stills import FarStills
from web.live.keeper import Keeper, holder_name, take
from web.live.links import Links
from web.live.media_driver import Media
from web.live.naming import Naming
from web.live.opening import Opening
from web.live.planned import load_planned
from web.live.presence import Hello
from web.live.reaching import Reaching
from web.live.room import Belongings, Room
from web.live.support import Support
from web.live.view import sites_below
from web.live.workers import Workers
from web.media.errors import MediaError
from web.media.messages import MediaEvent
from web.turn import TurnServers

log = structlog.get_logger()
TICK_S = 0.5
MEDIA_REFUSED = "media_refused"  # at the operator's page


async def follow_recordings(session: WriteSession, fact: f.Fact) -> None:
    """A recording that stopped is to be finished: the job is written down in the transaction of the fact."""
    if isinstance(fact.body, f.RecordingStopped):
        payload = {"meeting_id": fact.log.meeting_id, "recording_id": fact.body.recording_id}
        enqueue(session, PREPARE, payload, datetime.fromisoformat(fact.at))


LEAVES_WORK = (f.RecordingStopped,)
"""Facts with which a job is written down; all others wake nobody."""


class Hub:
    """``start`` once, ``stop`` once; ``lost`` is set when another server has taken over."""

    def __init__(
        self,
        database: Database,
        media: Sequence[Media],
        captures: Path,
        key: bytes,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
        on_committed: Callable[[], None] = lambda: None,
        holder: str | None = None,
        turn: TurnServers | None = None,
        channel: LinkChannel | None = None,
        on_facts: Callable[[Sequence[f.Fact]], None] = lambda facts: None,
        tell_every_s: float = 0.0,
    ) -> None:
        self.lost = asyncio.Event()
        self.said = PagesSaid()
        self.rooms: dict[str, Room] = {}
        channel = channel or LinkChannel()
        self.links = Links(self.rooms, channel, monotonic)
        self.climbing = Climbing(self.rooms, channel, database, clock, monotonic)
        self.reaching = Reaching(self.rooms, channel, database, self.climbing, monotonic)
        self.chairing = Chairing(self.rooms, channel, database, monotonic)
        self.done_below = DoneBelow(self.rooms, database, monotonic)
        self.naming = Naming(self.rooms, channel, database, monotonic)
        self.far_stills = FarStills(self.rooms, channel, database, clock, monotonic)
        self.opening = Opening(database, self._lead)
        self.breaks = Breaks(self.rooms, database)
        self.support = Support(captures.parent / "support", database, clock)
        self.workers = Workers(media, self.rooms, self.support.ended)
        self._database = database
        self._captures = captures
        self._key = key
        self._clock = clock
        self._monotonic = monotonic
        self._on_committed = on_committed
        self._holder = holder or holder_name()
        self._turn = turn or TurnServers()
        self._on_facts = on_facts
        self._tell_every_s = tell_every_s
        self._has: Belongings
        self._keeper: Keeper
        self._events: asyncio.Queue[tuple[Media, MediaEvent]] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []
        self._loading = asyncio.Lock()
        self._is_closing = False

    # -- life -------------------------------------------------------------------------------------------------------

    async def start(self, *, run: bool = True) -> None:
        """Take the lease (:class:`LeaseHeld` when another server lives) and open the rooms that are going on."""
        now = self._clock()
        self._keeper = Keeper(self._database, await take(self._database, self._holder, now), self._clock)
        async with self._database.transaction() as session:
            this = await node.identify(session, now)
        self._has = Belongings(
            database=self._database,
            node=this,
            writer=LogWriter(self._database, self._keeper.lease, follow_recordings, self._durable),
            captures=self._captures,
            ids=ConnectionIds(self._key),
            clock=self._clock,
            monotonic=self._monotonic,
            on_lease_lost=self._lose,
            another_worker=self.workers.another,
            tell_every_s=self._tell_every_s,
            said=self.said,
            turn=self._turn,
            names_of=self.naming.of,
            stills_elsewhere=self.far_stills.want,
            on_taken=self._took,
            sitter=self.chairing.sitter,
        )
        self.climbing.start()
        self.reaching.start()
        self.chairing.start()
        self.naming.start()
        self.far_stills.start()
        self.links.answer_others(self._may_link)
        self.links.note_refusal = self._note_refusal
        for meeting_id in await self._live_meetings():
            await (await self.room(meeting_id)).presence.close_after_restart()
        self.breaks.start()
        if run:
            work = (self._keeper.keep(self._lose), self._tick_forever(), self._handle_events())
            self._tasks = [asyncio.create_task(one) for one in work]

    async def stop(self) -> None:
        """Say goodbye to everybody: they come back to the next process by themselves."""
        self._is_closing = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.links.stop()
        await self.climbing.stop()
        await self.chairing.stop()
        await self.done_below.stop()
        await self.naming.stop()
        await self.far_stills.stop()
        await self.opening.stop()
        await self.breaks.stop()
        for room in self.rooms.values():
            await room.close("restarting")
        if not self.lost.is_set():
            with suppress(SQLAlchemyError, OSError):
                await self._keeper.give_back()

    def _lose(self) -> None:
        self._is_closing = True
        self.lost.set()

    async def _live_meetings(self) -> list[str]:
        async with self._database.reading() as session:
            live = await session.scalars(select(Meeting.id).where(Meeting.stage.in_(LIVE_STAGES)))
            return list(live.all())

    @property
    def node(self) -> node.Node:
        """This installation, as an origin of facts."""
        return self._has.node

    @property
    def lease(self) -> Lease:
        """Under which this process writes."""
        return self._has.writer.lease

    def set_clock_offset(self, offset_ms: int) -> None:
        """How far our clock is from the one above: noted in every fact from now on."""
        self._has.writer.clock_offset_ms = offset_ms

    # -- rooms ------------------------------------------------------------------------------------------------------

    async def room(self, meeting_id: str) -> Room:
        """The meeting's room, folded from its log when nobody is in it yet."""
        if self._is_closing:
            raise Closing
        async with self._loading:
            if meeting_id not in self.rooms:
                self.rooms[meeting_id] = await self._load(meeting_id)
            return self.rooms[meeting_id]

    async def _load(self, meeting_id: str) -> Room:
        async with self._database.reading() as session:
            planned = await load_planned(session, meeting_id)
            if planned is None:
                raise NoEntry(4404, "no such meeting")
            standing = await facts_log.standing(session, self._has.node.log_of(meeting_id))
        return Room(meeting_id, self._has, standing, planned)

    async def enter(self, meeting_id: str, actor: Actor, language: str, hello: Hello) -> tuple[Room, Connection]:
        """Somebody comes in."""
        room = await self.room(meeting_id)
        with room.kept():
            await self.workers.place(room)
            return room, await room.presence.enter(actor, language, hello)

    async def open_testing(self, meeting_id: str, person_id: str | None) -> None:
        """Open the room for tests without a socket ("họp khẩn"); refused as the command would be."""
        room = await self.room(meeting_id)
        await self.workers.place(room)
        async with room.lock:
            await room.reload_plan()
            actor = Participant("secretary", person_id)
            command = c.OpenTesting()
            bodies = judge(room.state, command, actor, self._clock(), room.plan, new_id)
            facts = await room.append(bodies, by_of(room.state, command, actor, room.plan))
            await room.presence.follow(facts)

    async def _lead(self, meeting_id: str, command: c.Command) -> None:
        """In the place of a room's secretary, because the room above has done so: the service says it."""
        room = await self.room(meeting_id)
        await self.workers.place(room)
        async with room.lock:
            await room.reload_plan()
            secretary = Participant("secretary", room.state.secretary_person_id or room.plan.secretary_person_id)
            bodies = judge(room.state, command, secretary, self._clock(), room.plan, new_id)
            await room.presence.follow(await room.append(bodies, f.By()))

    def _durable(self, facts: Sequence[f.Fact]) -> None:
        self._on_facts(facts)
        if any(isinstance(fact.body, LEAVES_WORK) for fact in facts):
            self._on_committed()

    def _took(self, room: Room, before: State, facts: Sequence[f.Fact]) -> None:
        self.climbing.took(room, before, facts)
        self.chairing.took(room, before, facts)
        self.done_below.took(room, before, facts)
        self.opening.took(room, before, facts)
        self.breaks.took(room, before, facts)

    async def append(self, meeting_id: str, bodies: Sequence[f.Body], by: f.By) -> list[f.Fact]:
        """Facts made outside the room (a correction, the archive's hash), also after the meeting."""
        room = await self.room(meeting_id)
        async with room.lock:
            return await room.append(bodies, by)

    def ask_again(self, *, person_id: str | None = None, site_id: str | None = None) -> None:
        """The sessions of this person or site may have ended, or what they may: in every room it shows anew."""
        for room in self.rooms.values():
            room.ask_again(person_id, site_id)

    async def plan_changed(self, meeting_id: str) -> None:
        """The plan or its papers changed: everybody is told; postponed or cancelled while open for tests, sent home."""
        room = self.rooms.get(meeting_id)
        if room is None:
            return
        await room.reload_plan()
        await self.links.told(meeting_id)
        if room.state.stage == "testing" and room.plan.stage != "testing":
            del self.rooms[meeting_id]
            with suppress(Refused, Closing):
                await room.presence.close_testing()
            await room.close("ended")
            with suppress(MediaError):
                await room.media.close()
        else:
            room.tell_plan()

    async def _may_link(self, node_id: str, meeting_id: str, child_id: str) -> tuple[bool, list[str] | None]:
        async with self._database.reading() as session:
            return await sites_below(session, node_id, meeting_id, child_id)

    async def _note_refusal(self, node_id: str, why: str) -> None:
        with suppress(SQLAlchemyError, OSError):
            async with self._database.transaction() as session:
                if why:
                    await note_error(session, node_id, MEDIA_REFUSED, why, self._clock())
                else:
                    await note_over(session, node_id, MEDIA_REFUSED)

    # -- workers and time -------------------------------------------------------------------------------------------

    def on_media_event(self, worker: Media, event: MediaEvent) -> None:
        """Called by a worker's client; handled in order by a task of ours."""
        self._events.put_nowait((worker, event))

    async def _handle_events(self) -> None:
        while True:
            worker, event = await self._events.get()
            try:
                await self.workers.handle(worker, event)
            except (Refused, Closing, MediaError) as error:
                log.warning("an event of a media worker could not be followed", worker=worker.name, error=str(error))

    async def _tick_forever(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            try:
                await self.tick()
            except (Refused, MediaError) as error:
                log.warning("a room could not be looked after; it is tried again", error=str(error))

    async def tick(self) -> None:
        """Whatever time brings to the rooms; empty rooms of meetings that are over are let go."""
        now = self._monotonic()
        await self.workers.tick()
        self.links.tick()
        self.climbing.tick()
        self.chairing.desk.tick()
        self.far_stills.tick()
        self.done_below.tick()
        for room in list(self.rooms.values()):
            await room.tick(now)
            if room.is_deserted:
                await self._let_go(room)

    async def _let_go(self, room: Room) -> None:
        del self.rooms[room.meeting_id]
        with suppress(MediaError):
            await room.driver.settle()
            await room.media.spread.settle()
        await room.driver.stop()
        await room.media.spread.stop()
