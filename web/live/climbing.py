"""Rooms above and below one another: links as facts, requests that climb, the floor that comes down the same way.

Every room writes only its own log. What one of its facts means for the room above or below is told there, which
answers with facts of its own; in this installation by a call, in another one over the channel (``floor.*``). Whatever
was lost on the way is made good when the link is joined again: both sides compare what they hold.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from scheduler.database import Database, ReadSession
from scheduler.meetings.meeting import Meeting
from scheduler.organization.site import Site
from scheduler.organization.unit import Unit
from scheduler.outbox import enqueue
from scheduler.proceedings import facts as f
from scheduler.proceedings.climbing import MOST_MERGED, link_above
from scheduler.proceedings.encoding import to_plain
from scheduler.proceedings.errors import Refused
from scheduler.proceedings.fold import elapsed_ms
from scheduler.proceedings.state import Link, Merged, Request, State
from web.link.channel import Json, LinkChannel, LinkEvent
from web.link.errors import LinkError, RefusedThere, RequestRefused
from web.live.errors import Closing
from web.live.floor_errands import Told, errands
from web.live.floor_requests import FloorRequests
from web.live.missed import WAIT_S, Behind, Ends, behind_of, facts_above, held_above, missed
from web.live.missed_parts import FETCH_MISSED, job_of, missed_between
from web.live.planned import Above
from web.live.presiding import changes_of, preside, see_who_presides

if TYPE_CHECKING:
    from web.live.room import Room

log = structlog.get_logger()
SERVICE = f.By()
AGAIN_S = 2.0
MERGED = "merged"  # what an older installation is told of a request that another one speaks for
FAILURES = (Refused, Closing, SQLAlchemyError, OSError)


class Climbing:
    """``took`` after every fact of a room, ``tick`` twice a second."""

    def __init__(
        self,
        rooms: Mapping[str, Room],
        channel: LinkChannel,
        database: Database,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._rooms = rooms
        self._channel = channel
        self._database = database
        self._clock = clock
        self._monotonic = monotonic
        self._tasks: set[asyncio.Task[None]] = set()
        self._tried: dict[str, float] = {}  # when a room last tried to join, or to hand a request up
        self._joined: set[str] = set()  # rooms that compared with the one above since it was reached
        self._held: dict[str, Ends] = {}  # of rooms that are cut off: how far the logs above are here
        self._behind: dict[str, Behind] = {}
        self.answers = FloorRequests(rooms, database)
        self._end: Callable[[], None] = lambda: None

    # -- life -------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        self._channel.on("floor.*", self.answers.answer)
        self._end = self._channel.listen(self._on_link)

    async def stop(self) -> None:
        self._end()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def settle(self) -> None:
        """Wait until every errand that was begun is done, and those that follow from it."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _spawn(self, work: Coroutine[Any, Any, None], what: str) -> None:
        async def run() -> None:
            try:
                await work
            except (LinkError, *FAILURES) as error:
                log.warning("a room could not tell another", what=what, error=str(error))

        task = asyncio.create_task(run(), name=what)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ask(self, node: str, kind: str, body: Json) -> Json:
        """``node`` empty: a room of this installation."""
        if node:
            return await self._channel.request(node, kind, body)
        try:
            return await self.answers.answer("", kind, body)
        except RequestRefused as refused:
            raise RefusedThere("", refused.code, refused.detail) from refused

    # -- what facts mean for other rooms ----------------------------------------------------------------------------

    def took(self, room: Room, before: State, facts: Sequence[f.Fact]) -> None:
        """These became durable and are in the state of the room."""
        queue = {request.request_id: request for request in (*before.queue, *room.state.queue)}
        for fact in facts:
            for told in errands(room, before, queue, fact.body):
                self._spawn(self._tell(room, told), told.kind)
            if isinstance(fact.body, f.FloorForwarded):
                self._spawn(self._forward(room, fact.body.request_id), "floor.forward")
            elif isinstance(fact.body, f.Adjourned):
                self._spawn(self._close_links(room), "close")

    async def _tell(self, room: Room, told: Told) -> None:
        try:
            await self._ask(told.node, told.kind, told.body)
        except RefusedThere as refused:
            if told.kind == "floor.grant":
                await self._take_back(room, told.body["speech_id"], refused)
            elif told.kind == "floor.merged" and refused.code == "unknown_kind":
                await self._ask(told.node, "floor.answered", {**told.body, "text": MERGED})
            else:
                raise

    async def _take_back(self, room: Room, speech_id: str, refused: RefusedThere) -> None:
        """The room below cannot give the floor on (the request is gone, it left the program): it is free again."""
        log.info("the floor came back", room=room.meeting_id, reason=refused.code)
        async with room.lock:
            if room.state.floor is not None and room.state.floor.speech_id == speech_id:
                await room.append([f.FloorReturned(speech_id)], SERVICE)

    async def _forward(self, room: Room, request_id: str) -> None:
        request, above = self._request(room, request_id), link_above(room.state)
        if request is None or above is None or above.status == "lost":
            return
        self._tried[request_id] = self._monotonic()
        try:
            await self._ask(above.node, "floor.forward", await self.climb(room, request, above))
            status: f.ForwardStatus = "waiting"
        except RefusedThere as refused:
            status = "gone" if refused.code in ("spoken", "full") else "failed"
        async with room.lock:
            now = self._request(room, request_id)
            if now is not None and now.forwarded in ("sent", "failed") and now.forwarded != status:
                await room.append([f.ForwardFollowed(request_id, status)], SERVICE)

    def _request(self, room: Room, request_id: str) -> Request | None:
        return next((request for request in room.state.queue if request.request_id == request_id), None)

    async def climb(self, room: Room, request: Request, above: Link) -> Json:
        """How the room above is told of a request."""
        async with self._database.reading() as session:
            host = await session.scalar(
                select(Unit).join(Meeting, Meeting.host_unit_id == Unit.id).where(Meeting.id == room.meeting_id)
            )
            title = host.title if host else ""
            first, *others = [await _told(session, one, title) for one in request.everybody]
        body: Json = {"meeting": above.meeting_id, "child": room.meeting_id, "request": first}
        return body | ({"merged": others[:MOST_MERGED]} if others else {})

    # -- links ------------------------------------------------------------------------------------------------------

    def _on_link(self, event: LinkEvent) -> None:
        for room in self._rooms.values():  # the other side may have missed us while we noticed nothing
            if room.planned.above is not None and room.planned.above.node_id == event.neighbour.id:
                self._joined.discard(room.meeting_id)
        if event.is_up:
            self._tried.clear()
            for room in self._rooms.values():
                self._spawn(self._note_held(room), "held")  # of those that this process found cut off
            return
        for room in list(self._rooms.values()):
            for link in room.state.links:
                if link.node == event.neighbour.id and link.status != "lost" and room.is_live:
                    self._spawn(self._lose(room, link.meeting_id, event.reason), "lose")

    async def _lose(self, room: Room, meeting_id: str, reason: str) -> None:
        async with room.lock:
            link = next((one for one in room.state.links if one.meeting_id == meeting_id), None)
            if link is not None and link.status != "lost" and room.is_live and not self._channel.is_up(link.node):
                await room.append([f.LinkLost(meeting_id, reason[:100])], SERVICE)
                await self._note_held(room)
                await preside(room)

    async def _close(self, room: Room, meeting_id: str) -> None:
        async with room.lock:
            if room.is_live and any(link.meeting_id == meeting_id for link in room.state.links):
                await room.append([f.LinkClosed(meeting_id)], SERVICE)

    async def _close_links(self, room: Room) -> None:
        """This room ended: those it is linked with learn it at once."""
        for link in room.state.links:
            child, meeting = (
                (room.meeting_id, link.meeting_id) if link.side == "upper" else (link.meeting_id, room.meeting_id)
            )
            kind = "floor.left" if link.side == "upper" else "floor.closed"
            self._spawn(self._tell(room, Told(link.node, kind, {"meeting": meeting, "child": child})), kind)

    def tick(self) -> None:
        """Whatever is not as it should be is tried again."""
        now = self._monotonic()
        for room in list(self._rooms.values()):
            if not room.is_live:
                continue
            above = room.planned.above
            if above is not None:
                self._tick_upper(room, above, now)
            for link in room.state.links:
                self._tick_link(room, link)
            if changes_of(room):  # the deputy, or the chair, came in
                self._spawn(see_who_presides(room), "preside")
        for meeting_id in list(self._behind):
            if self._may_try(f"behind {meeting_id}", now, AGAIN_S / 4):
                self._spawn(self._catch_up(meeting_id), "catch up")

    def _may_try(self, key: str, now: float, every_s: float = AGAIN_S) -> bool:
        if now - self._tried.get(key, float("-inf")) < every_s:
            return False
        self._tried[key] = now
        return True

    def _tick_upper(self, room: Room, above: Above, now: float) -> None:
        link = link_above(room.state)
        there = self._rooms.get(above.meeting_id) if above.node_id is None else None
        reachable = there is not None and there.is_live if above.node_id is None else self._channel.is_up(above.node_id)
        joined = link is not None and link.status != "lost"
        if above.node_id is not None:
            joined = joined and room.meeting_id in self._joined
        if reachable and not joined and self._may_try(room.meeting_id, now):
            self._spawn(self._join(room, above), "floor.link")
        if link is None or link.status == "lost":
            return
        for request in room.state.queue:
            if request.forwarded in ("sent", "failed") and self._may_try(request.request_id, now):
                self._spawn(self._forward(room, request.request_id), "floor.forward")

    def _tick_link(self, room: Room, link: Link) -> None:
        if link.node:
            if link.status != "lost" and not self._channel.is_up(link.node):
                self._spawn(self._lose(room, link.meeting_id, "down"), "lose")
            return
        other = self._rooms.get(link.meeting_id)
        if other is None or not other.is_live:
            self._spawn(self._close(room, link.meeting_id), "close")

    async def _join(self, room: Room, above: Above) -> None:
        """Link with the room above, and compare what both hold."""
        state = room.state
        handed = [request.request_id for request in state.queue if request.forwarded != "no"]
        async with self._database.reading() as session:
            title = await session.scalar(select(Meeting.title).where(Meeting.id == room.meeting_id)) or ""
        body = {"meeting": above.meeting_id, "child": room.meeting_id, "title": title[:200]}
        try:
            there = await self._ask(above.node_id or "", "floor.link", body)
        except RefusedThere as refused:
            if refused.code == "not_open":
                return  # asked again until it is
            raise
        self._joined.add(room.meeting_id)
        waiting, speech_id = set(there.get("waiting") or ()), there.get("speech_id")
        async with room.lock:
            if not room.is_live:
                return
            link = link_above(room.state)
            bodies: list[f.Body] = []
            if link is None:
                bodies.append(
                    f.LinkOpened(above.meeting_id, "upper", above.node_id or "", str(there.get("title", ""))[:200])
                )
            elif link.status == "lost":
                lost_s = elapsed_ms(link.since, self._clock().isoformat()) // 1000
                bodies.append(f.LinkRestored(above.meeting_id, lost_s))
            bodies += self._differences(room, handed, waiting, speech_id)
            lent = room.state.chair_above
            if lent is not None and lent.site_id != there.get("chair"):
                bodies.append(f.ChairGivenBack(above.meeting_id))
            if bodies:
                await room.append(bodies, SERVICE)
            await preside(room)
        if link is not None and link.status == "lost":
            self._note_behind(room, link, there)
            await self._have_fetched(room, link, there)

    def _differences(self, room: Room, handed: list[str], waiting: set[str], speech_id: Any) -> list[f.Body]:
        """Requests that no longer stand above are ours again; a speech that ended there has ended."""
        floor = room.state.floor
        bodies: list[f.Body] = []
        if floor is not None and floor.from_above and floor.speech_id != speech_id:
            bodies.append(f.FloorReturned(floor.speech_id))
        bodies += [
            f.ForwardFollowed(request.request_id, "gone")
            for request in room.state.queue
            if request.request_id in handed and request.forwarded == "waiting" and request.request_id not in waiting
        ]
        return bodies

    # -- what was missed --------------------------------------------------------------------------------------------

    async def _note_held(self, room: Room) -> None:
        link = link_above(room.state)
        if link is not None and link.status == "lost" and room.meeting_id not in self._held:
            self._held[room.meeting_id] = await held_above(self._database, room)

    def _note_behind(self, room: Room, link: Link, there: Json) -> None:
        behind = behind_of(link, self._held.pop(room.meeting_id, {}), there, self._clock())
        if behind is not None:
            self._behind[room.meeting_id] = behind
            self._tried[f"wait {room.meeting_id}"] = self._monotonic()

    async def _have_fetched(self, room: Room, link: Link, there: Json) -> None:
        """The part of the recording above, by the clock there; an older installation tells none and gives none."""
        lost_s = elapsed_ms(link.since, self._clock().isoformat()) // 1000
        between = missed_between(there.get("at"), lost_s)
        if link.node and between is not None:
            async with self._database.transaction() as session:
                job = job_of(room.meeting_id, link.meeting_id, link.node, between)
                enqueue(session, FETCH_MISSED, job, self._clock())

    async def _catch_up(self, meeting_id: str) -> None:
        """Once the logs above are whole here: say what was missed."""
        behind, room = self._behind[meeting_id], self._rooms.get(meeting_id)
        if room is None or not room.is_live:
            self._behind.pop(meeting_id, None)
            return
        waited_s = self._monotonic() - self._tried.get(f"wait {meeting_id}", float("-inf"))
        facts = await facts_above(self._database, room, behind, wait=waited_s < WAIT_S)
        if facts is None or self._behind.pop(meeting_id, None) is None:
            return
        async with room.lock:
            if link_above(room.state) is not None:
                await room.append([missed(behind, facts)], SERVICE)


async def _told(session: ReadSession, request: Request | Merged, host: str) -> Json:
    """One request as the room above is told of it; ``host``: what the unit of this room is called."""
    site = await session.get(Site, request.site_id)
    own = "" if site is None else site.unit.title if site.unit.title != host else site.name
    name = request.origin.site_name if request.origin else own
    path = request.origin.path if request.origin else (name,)
    return {
        "request_id": request.request_id,
        "site_id": request.site_id,
        "kind": request.kind,
        "site_name": name,
        "path": [*path, *([host] if host not in path else [])],
        "asked_at": request.origin.asked_at if request.origin else request.at,
        "speaker": to_plain(request.speaker),
    }
