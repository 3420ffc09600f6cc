"""Who is in a room: entering, taking over, a lost socket's grace, leaving; and the facts each of these makes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from scheduler.database import new_id
from scheduler.linked.readiness import Readiness, readiness_of
from scheduler.permissions import Actor, MeetingAccess, room_role, room_site, runs
from scheduler.proceedings import facts as f
from scheduler.proceedings.chain import instant
from scheduler.proceedings.encoding import to_plain
from scheduler.proceedings.errors import Refused
from scheduler.proceedings.floor import given_up
from scheduler.proceedings.fold import to_json
from scheduler.proceedings.judge import may
from scheduler.proceedings.plan import Participant, Role
from web.live.connection import MESSAGES_BURST, MESSAGES_PER_S, Connection, Outgoing
from web.live.errors import MeetingOver, NoEntry, Occupied
from web.live.rate import TokenBucket
from web.live.view import Own, load_own, name_of, shape_people

if TYPE_CHECKING:
    from web.live.room import Room

GRACE_S = 8.0
"""A socket that broke has so long to come back before the site counts as gone."""
FLOOR_KEPT_S = 10.0
"""Who speaks and is cut off has so long more, from when his absence is a fact, before the floor is free again."""
SERVICE = f.By()
Json = dict[str, Any]
Joining = Callable[[Connection], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Hello:
    """What a page says first."""

    role: str | None = None
    previous: str | None = None  # its connection id before the socket broke
    take_over: bool = False


class Presence:
    def __init__(self, room: Room) -> None:
        self._room = room
        self._silent_since: tuple[str, float] | None = None  # a speech whose site is gone, and since when we know

    # -- entering ---------------------------------------------------------------------------------------------------

    async def enter(self, actor: Actor, language: str, hello: Hello, joining: Joining | None = None) -> Connection:
        """Let somebody in, and put his welcome first in what he is sent.

        ``joining``: what must succeed before he is there for the others: the offer of an encoder.
        """
        room = self._room
        stage = room.state.stage
        await room.reload_plan()  # before the lock: those who wait for it have shared one look
        async with room.lock:
            if room.state.stage != stage:
                await room.reload_plan()
            access = self._access()
            self._check_stage(actor, access)
            previous = self._previous(actor, hello)
            role, site_id = self._seat(actor, access, hello, previous)
            await self._make_place(site_id if role in ("chair", "site") else None, previous, hello)
            connection, own = await self._connection(actor, language, role, site_id, previous)
            is_new_page = previous is None
            if joining is not None:
                await joining(connection)
            people = await self._arrive(connection, own, is_new_page)
            media_kept = not is_new_page and connection.in_media
            self._welcome(connection, access, people, media_kept=media_kept)
        if media_kept:
            await room.media.tell_again(connection)
        room.driver.trigger()
        room.media.is_changed = True
        return connection

    async def admit(
        self, name: str, language: str, joining: Joining | None = None, previous: str | None = None
    ) -> Connection:
        """Let a guest in that only looks on and has no account: a player with a ticket. Nothing becomes a fact.

        ``previous``: its connection id before a restart of this process."""
        room = self._room
        async with room.lock:
            self.check_live()
            actor = Actor()
            connection = Connection(
                id=self._previous(actor, Hello(previous=previous)) or room.has.ids.new(room.meeting_id, actor),
                actor=actor,
                participant=Participant("hall", None, None, name),
                language=language,
                outgoing=Outgoing(),
                limit=TokenBucket(MESSAGES_PER_S, MESSAGES_BURST, room.has.monotonic()),
            )
            if joining is not None:
                await joining(connection)
            connection.in_media = connection.id in room.media.peers
            room.connections[connection.id] = connection
            room.telling.add(connection, room.head.seq)
        room.driver.trigger()
        return connection

    def _access(self) -> MeetingAccess:
        """The meeting with its live chair and secretary."""
        state, access = self._room.state, self._room.planned.access
        return replace(
            access,
            chair_person_id=state.chair_person_id or access.chair_person_id,
            chair_site_id=state.chair_site_id or access.chair_site_id,
            secretary_person_id=state.secretary_person_id or access.secretary_person_id,
        )

    def _check_stage(self, actor: Actor, access: MeetingAccess) -> None:
        stage = self._room.plan.stage
        if self._room.state.stage == "adjourned":
            raise MeetingOver
        if stage in ("testing", "convened", "suspended"):
            return
        if stage not in ("draft", "sent") or not runs(actor, access):
            raise NoEntry(4403, f"stage {stage}")

    def _previous(self, actor: Actor, hello: Hello) -> str | None:
        if hello.previous and self._room.has.ids.belongs(hello.previous, self._room.meeting_id, actor):
            return hello.previous
        return None

    def _seat(self, actor: Actor, access: MeetingAccess, hello: Hello, previous: str | None) -> tuple[Role, str | None]:
        """The role and the site: as asked for if one may, else the highest one has."""
        own_role, own_site = room_role(actor, access), room_site(actor, access)
        before = self._room.connections.get(previous) if previous else None
        if own_role in (None, "hall") and before is not None and before.publishes:
            own_role, own_site = "site", before.participant.site_id  # the chair until he handed it over
        if own_role is None:
            raise NoEntry(4403, "not invited")
        allowed: set[Role] = {own_role, "hall"}
        if own_site is not None:
            allowed.add("site")
        role = next((role for role in allowed if role == hello.role), own_role)
        if hello.role is not None and role != hello.role and previous is None:
            raise NoEntry(4403, f"not invited as {hello.role}")
        return role, own_site if role in ("chair", "site") else None

    async def _make_place(self, site_id: str | None, previous: str | None, hello: Hello) -> None:
        """A site has one machine in the room: another one is asked about, a lost one is replaced."""
        for other in self._room.connections.values():
            if site_id is None or other.id == previous or not other.publishes or other.participant.site_id != site_id:
                continue
            if other.is_open and not hello.take_over:
                raise Occupied(site_id)
            reason: f.LeaveReason = "moved" if other.is_open else "lost"
            other.outgoing.send({"type": "taken_over"})
            other.outgoing.close(4410, "taken over")
            await self._forget(other, reason)
            return

    async def _connection(
        self, actor: Actor, language: str, role: Role, site_id: str | None, previous: str | None
    ) -> tuple[Connection, Own]:
        room = self._room
        before = room.connections.get(previous) if previous else None
        if before is not None:
            before.outgoing.close(4000, "replaced")
        name, own = await self._who(actor, site_id)
        now = room.has.monotonic()
        connection = Connection(
            id=previous or room.has.ids.new(room.meeting_id, actor),
            actor=actor,
            participant=Participant(role, actor.person_id, site_id, name),
            language=language,
            outgoing=Outgoing(),
            limit=TokenBucket(MESSAGES_PER_S, MESSAGES_BURST, now),
        )
        connection.in_media = connection.id in room.media.peers
        if before is not None:
            connection.line, connection.view = before.line, before.view
            if before.may_send != connection.may_send:
                await room.media.leave(connection)
        return connection, own

    async def _who(self, actor: Actor, site_id: str | None) -> tuple[str, Own]:
        """What he is called, and what is known of his site."""
        room = self._room
        name = room.planned.title_of(site_id or actor.site_id) if actor.person_id is None else None
        if name is not None and site_id is None:
            return name, Own()
        async with room.has.database.reading() as session:
            return (
                name if name is not None else await name_of(session, actor, site_id),
                await load_own(session, room.meeting_id, site_id) if site_id is not None else Own(),
            )

    async def _arrive(self, connection: Connection, own: Own, is_new_page: bool) -> Json | None:
        """Presence becomes a fact; a page opened anew shares no screen any more. Who sat there last, by now."""
        room, site_id, people = self._room, connection.participant.site_id, own.people
        bodies: list[f.Body] = []
        if connection.publishes and site_id and room.is_live:
            site = room.state.sites.get(site_id)
            if site is None or site.connection_id != connection.id:
                counted = self._signed_off(site_id, own.check)
                bodies += [f.SiteJoined(site_id, connection.id), *counted]
                if counted:
                    people = shape_people(counted[0].head_count, to_plain(counted[0].people))
            if is_new_page and room.state.presentation_site_id == site_id:
                bodies.append(f.PresentationStopped(site_id))
        if bodies:
            await room.append(bodies, SERVICE)
        room.connections[connection.id] = connection
        return people

    def _signed_off(self, site_id: str, check: Readiness | None) -> list[f.HeadCountReported]:
        """Who is there, as the site said in its check before the meeting: the roll call need not ask again."""
        site = self._room.state.sites.get(site_id)
        if site is not None and site.head_count is not None:
            return []
        if check is None or not check.is_ready or check.head_count is None:
            return []
        return [f.HeadCountReported(site_id, check.head_count, check.people)]

    def _welcome(self, connection: Connection, access: MeetingAccess, people: Json | None, *, media_kept: bool) -> None:
        room, participant = self._room, connection.participant
        now = room.has.clock()
        head = room.head
        welcome: dict[str, Any] = {
            "type": "welcome",
            "version": 1,
            "connection_id": connection.id,
            "role": participant.role,
            "site_id": participant.site_id,
            "person_id": participant.person_id,
            "now": instant(now),
            "boot_id": room.media.boot_id,
            "snapshot": to_json(room.state),
            "cursor": {f"{head.log.origin}/{head.log.epoch}": head.seq},
            "roster": room.planned.roster_for(connection.actor, access),
            "meeting": room.planned.meeting,
            "may": may(room.state, participant, room.plan, now, new_id),
            "ice_servers": room.has.turn.for_(connection.id.partition(".")[0], now),
            "media_kept": media_kept,
            "people": people,
            "break_above": room.has_break_above,
        }
        room.telling.add(connection, head.seq)
        connection.outgoing.send_first(welcome)  # what was said to all meanwhile comes after
        connection.outgoing.send(room.media.connections_message())

    # -- leaving ----------------------------------------------------------------------------------------------------

    async def leave(self, connection: Connection, *, cleanly: bool) -> None:
        """Its socket is gone: it may come back for a while before that becomes a fact."""
        room = self._room
        if room.connections.get(connection.id) is not connection:
            return
        connection.lost_at = room.has.monotonic()
        connection.left_cleanly = cleanly
        room.media.is_changed = True

    async def depart(self, connection: Connection, *, cleanly: bool) -> None:
        """Gone at once, without the grace of a broken socket: a foreign client has said or shown that it ends."""
        room = self._room
        async with room.lock:
            if room.connections.get(connection.id) is connection:
                await self._forget(connection, "left" if cleanly else "lost")

    async def tick(self, now: float) -> None:
        room = self._room
        overdue = [c for c in room.connections.values() if c.lost_at is not None and now - c.lost_at >= GRACE_S]
        for connection in overdue:
            async with room.lock:
                if room.connections.get(connection.id) is connection and not connection.is_open:
                    await self._forget(connection, "left" if connection.left_cleanly else "lost")
        await self._free_the_floor(now)

    async def _free_the_floor(self, now: float) -> None:
        """A speaker cut off for good does not hold up the meeting: the service returns the floor in his place."""
        room, speech_id = self._room, self._silent_speech()
        if speech_id is None:
            self._silent_since = None
        elif self._silent_since is None or self._silent_since[0] != speech_id:
            self._silent_since = speech_id, now
        elif now - self._silent_since[1] >= FLOOR_KEPT_S:
            async with room.lock:
                if self._silent_speech() == speech_id:
                    await room.append([f.FloorReturned(speech_id)], SERVICE)

    def _silent_speech(self) -> str | None:
        state = self._room.state
        if state.floor is None or not self._room.is_live:
            return None
        if state.floor.origin is not None:
            through = state.floor.origin.meeting_id
            is_linked = any(link.meeting_id == through and link.status != "lost" for link in state.links)
            return None if is_linked else state.floor.speech_id
        site = state.sites.get(state.floor.site_id)
        return state.floor.speech_id if site is None or site.connection_id is None else None

    async def _forget(self, connection: Connection, reason: f.LeaveReason) -> None:
        """Gone for good. A site that left gives the floor back; one that was cut off keeps it a little longer."""
        room, site_id = self._room, connection.participant.site_id
        if connection.publishes and site_id and room.is_live:
            site = room.state.sites.get(site_id)
            if site is not None and site.connection_id == connection.id:
                held = given_up(room.state, site_id) if reason == "left" else []
                kept = [body for body in held if not isinstance(body, f.FloorWithdrawn)]
                await room.append([f.SiteLeft(site_id, connection.id, reason), *kept], SERVICE)
        room.connections.pop(connection.id, None)
        await room.media.leave(connection)
        room.driver.trigger()
        room.media.is_changed = True

    # -- what follows from facts ------------------------------------------------------------------------------------

    async def follow(self, facts: Sequence[f.Fact]) -> None:
        """After a command: sites that waited are present once the room opens; removed ones and all at the end go."""
        for fact in facts:
            if isinstance(fact.body, f.TestingOpened):
                await self._all_present()
            elif isinstance(fact.body, f.SiteLeft):
                self._send_away(fact.body.connection_id, "removed")
            elif isinstance(fact.body, f.Adjourned):
                await self._all_leave()

    async def _all_present(self) -> None:
        room = self._room
        joined: list[f.Body] = []
        for connection in room.connections.values():
            site_id = connection.participant.site_id
            if connection.publishes and site_id:
                site = room.state.sites.get(site_id)
                if site is None or site.connection_id != connection.id:
                    check = await self._check_of(site_id)
                    joined += [f.SiteJoined(site_id, connection.id), *self._signed_off(site_id, check)]
        if joined:
            await room.append(joined, SERVICE)

    async def _check_of(self, site_id: str) -> Readiness | None:
        async with self._room.has.database.reading() as session:
            return await readiness_of(session, self._room.meeting_id, site_id)

    async def _all_leave(self) -> None:
        room = self._room
        here = [site for site in room.state.sites.values() if site.connection_id is not None]
        left: list[f.Body] = [f.SiteLeft(site.site_id, str(site.connection_id), "left") for site in here]
        if left:
            await room.append(left, SERVICE)
        for connection_id in list(room.connections):
            self._send_away(connection_id, "ended")
        room.driver.trigger()

    def _send_away(self, connection_id: str, reason: str) -> None:
        connection = self._room.connections.pop(connection_id, None)
        if connection is not None:
            connection.outgoing.send({"type": "goodbye", "reason": reason})
            connection.outgoing.close(1000, reason)
            self._room.media.leave_soon(connection)

    async def close_testing(self) -> None:
        """The meeting was postponed or cancelled while open for tests: nobody is here any more."""
        room = self._room
        async with room.lock:
            here = [site for site in room.state.sites.values() if site.connection_id is not None]
            if here:
                await room.append([f.SiteLeft(site.site_id, str(site.connection_id), "left") for site in here], SERVICE)

    async def close_after_restart(self) -> None:
        """Presence that died with the process before is closed by facts; what was held is kept."""
        room = self._room
        async with room.lock:
            here = [site for site in room.state.sites.values() if site.connection_id is not None]
            if here and room.is_live:
                gone = [f.SiteLeft(site.site_id, str(site.connection_id), "restarted") for site in here]
                await room.append(gone, SERVICE)

    def check_live(self) -> None:
        if not self._room.is_live:
            raise Refused("wrong_stage", detail=self._room.state.stage)
