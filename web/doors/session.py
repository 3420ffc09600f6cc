"""Who is in a room by a door: a connection without a socket, from its offer until something ends it.

An encoder is its site, seen by everybody as if it had come by the site's link; a player is a guest that only looks on.
What the room says to it is read and dropped, but for the end. A ticket lets one encoder in, the latest; of players
several, up to a limit. The media worker keeps what a session needs, so that it goes on in the next process.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from scheduler.database import Database
from scheduler.errors import TicketRefused
from scheduler.meetings.media_ticket import MediaTicket, ticket_by_id
from scheduler.permissions import Actor
from scheduler.proceedings.errors import Refused
from web.doors.fragment import Credentials, credentials_of, fragment_of, with_credentials
from web.doors.note import BadNote, Note, read_note
from web.errors import NotFound
from web.live.connection import Close, Connection
from web.live.errors import Closing, NoEntry, Occupied
from web.live.hub import Hub
from web.live.presence import Hello
from web.live.room import Room
from web.media.errors import MediaError
from web.media.messages import PeerConnected, PeerDisconnected

log = structlog.get_logger("web.doors")

MOST_PLAYERS = 20  # of one ticket
VANISHED_S = 60.0  # as long as the worker keeps the state of a peer that is silent
WORKER_CHANGED = '{"type":"media",'  # our keys died with the old one


@dataclass(slots=True)
class DoorSession:
    """One encoder or player."""

    room: Room
    connection: Connection
    note: Note
    watching: asyncio.Task[None] | None = None
    deadline: asyncio.TimerHandle | None = None

    @property
    def id(self) -> str:
        """The secret part of its address."""
        return self.note.session

    @property
    def ticket_id(self) -> str:
        return self.note.ticket

    @property
    def etag(self) -> str:
        return self.note.etag


class Joining:
    """Its offer to the worker, while it enters; then the ``answer``."""

    def __init__(self, ticket: MediaTicket, room: Room, offer: str, language: str) -> None:
        self.note = Note(ticket.id, offer, language)
        self.answer = ""
        self._room = room

    async def __call__(self, connection: Connection) -> None:
        connection.note = self.note.text()
        self.answer = str((await self._room.media.join(connection, self.note.offer))["sdp"])


class Doors:
    """All sessions of this process."""

    def __init__(self, hub: Hub, database: Database, clock: Callable[[], datetime]) -> None:
        self._hub = hub
        self._database = database
        self._clock = clock
        self._sessions: dict[str, DoorSession] = {}
        self._ending: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Find who was in when the last process ended, now and on workers that come later."""
        self._hub.workers.on_found = self._find_again
        for room in list(self._hub.rooms.values()):
            await self._find_again(room)

    async def stop(self) -> None:
        """This process ends: nothing becomes a fact, and who is in is found again by the next one."""
        tasks = [session.watching for session in self._sessions.values() if session.watching is not None]
        for session in self._sessions.values():
            if session.deadline is not None:
                session.deadline.cancel()
        for task in (*tasks, *self._ending):
            task.cancel()
        await asyncio.gather(*tasks, *self._ending, return_exceptions=True)

    def count(self, ticket_id: str) -> int:
        """How many are in by this ticket."""
        return len(self._of(ticket_id))

    def find(self, ticket: MediaTicket, session_id: str) -> DoorSession:
        """A session is found only with the ticket it was made by."""
        session = self._sessions.get(session_id)
        if session is None or session.ticket_id != ticket.id:
            raise NotFound
        return session

    # -- coming in --------------------------------------------------------------------------------------------------

    async def ingest(self, ticket: MediaTicket, offer: str, language: str) -> tuple[DoorSession, str]:
        """An encoder comes in as its site; the answer to its offer."""
        room = await self._room(ticket.meeting_id)
        for earlier in self._of(ticket.id):  # it lost its session and begins anew
            await self.end(earlier, cleanly=False)
        actor = Actor(site_id=ticket.site_id, bound_meeting_id=ticket.meeting_id)
        joining = Joining(ticket, room, offer, language)
        try:
            connection = await room.presence.enter(actor, language, Hello(role="site"), joining)
        except Occupied as occupied:
            raise Refused("occupied", detail="the site is open in a browser or by another encoder") from occupied
        except NoEntry as refused:
            raise Refused("wrong_stage", detail=refused.reason) from refused
        return self._begin(ticket, room, connection, joining.note), joining.answer

    async def play(self, ticket: MediaTicket, offer: str, language: str) -> tuple[DoorSession, str]:
        """A player gets the program."""
        room = await self._room(ticket.meeting_id)
        if self.count(ticket.id) >= MOST_PLAYERS:
            raise Refused("too_many_players", detail=f"a ticket lets {MOST_PLAYERS} players in")
        joining = Joining(ticket, room, offer, language)
        connection = await room.presence.admit(ticket.label, language, joining)
        return self._begin(ticket, room, connection, joining.note), joining.answer

    async def _room(self, meeting_id: str) -> Room:
        room = await self._hub.room(meeting_id)
        room.presence.check_live()
        await self._hub.workers.place(room)
        return room

    def _begin(self, ticket: MediaTicket, room: Room, connection: Connection, note: Note) -> DoorSession:
        session = DoorSession(room, connection, note)
        self._sessions[session.id] = session
        connection.on_peer = lambda event: self._peer_changed(session, event)
        session.watching = asyncio.create_task(self._watch(session), name=f"door of {connection.id}")
        log.info("came in by a door", kind=ticket.kind, ticket_id=ticket.id, room=room.meeting_id, peer=connection.id)
        return session

    def _of(self, ticket_id: str) -> list[DoorSession]:
        return [session for session in self._sessions.values() if session.ticket_id == ticket_id]

    # -- after a restart of this process ----------------------------------------------------------------------------

    async def _find_again(self, room: Room) -> None:
        """Whom the worker has kept: the same session, the same streams. Who cannot be had is sent away as others are
        that never come back."""
        for peer in room.media.noted:
            if peer in room.connections or not room.is_live:
                continue
            try:
                note = read_note(await room.media.note_of(peer))
                await self._enter_again(room, peer, note)
            except (MediaError, BadNote, TicketRefused, Occupied, NoEntry, Closing) as error:
                log.warning("a session by a door is lost", peer=peer, room=room.meeting_id, error=repr(error))

    async def _enter_again(self, room: Room, peer: str, note: Note) -> None:
        async with self._database.reading() as session:
            ticket = await ticket_by_id(session, note.ticket, room.meeting_id, self._clock())
        if ticket.kind == "ingest":
            actor = Actor(site_id=ticket.site_id, bound_meeting_id=ticket.meeting_id)
            hello = Hello(role="site", previous=peer)
            connection = await room.presence.enter(actor, note.language, hello)
        else:
            connection = await room.presence.admit(ticket.label, note.language, previous=peer)
        connection.note = note.text()
        self._begin(ticket, room, connection, note)

    # -- while in ---------------------------------------------------------------------------------------------------

    async def restart(self, session: DoorSession, fresh: Credentials) -> str:
        """New ICE credentials, the same keys and streams; the fragment with ours."""
        note = replace(session.note, offer=with_credentials(session.note.offer, fresh), etag=secrets.token_hex(8))
        session.connection.note = note.text()
        answer = await session.room.media.restart_ice(session.connection, note.offer)
        session.note = note
        return fragment_of(str(answer["sdp"]))

    def is_restart(self, session: DoorSession, fresh: Credentials | None) -> bool:
        """These are another generation's credentials."""
        return fresh is not None and fresh != credentials_of(session.note.offer)

    async def _watch(self, session: DoorSession) -> None:
        """Read what the room says until it says the end."""
        while True:
            item = await session.connection.outgoing.next()
            if isinstance(item, Close) or item.startswith(WORKER_CHANGED):
                break
        session.watching = None
        await self.end(session, cleanly=False)

    def _peer_changed(self, session: DoorSession, event: PeerConnected | PeerDisconnected) -> None:
        """Silence may be a network that changes: it has as long as the worker keeps its state. Else it is gone."""
        if session.deadline is not None:
            session.deadline.cancel()
            session.deadline = None
        if isinstance(event, PeerDisconnected):
            wait_s = VANISHED_S if event.reason == "consent" else 0.0
            session.deadline = asyncio.get_running_loop().call_later(wait_s, self._end_soon, session, event.reason)

    def _end_soon(self, session: DoorSession, reason: str) -> None:
        task = asyncio.create_task(self.end(session, cleanly=reason == "left"))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    # -- going ------------------------------------------------------------------------------------------------------

    async def end(self, session: DoorSession, *, cleanly: bool = True) -> None:
        """It is gone, and its place in the room is free."""
        if self._sessions.pop(session.id, None) is None:
            return
        if session.deadline is not None:
            session.deadline.cancel()
        if session.watching is not None:
            session.watching.cancel()
        session.connection.outgoing.close(1000, "ended")
        await session.room.presence.depart(session.connection, cleanly=cleanly)
        log.info("left by a door", ticket_id=session.ticket_id, peer=session.connection.id)

    async def revoke(self, ticket_id: str) -> None:
        """The ticket opens nothing any more: whoever is in by it leaves at once."""
        for session in self._of(ticket_id):
            await self.end(session)
