"""Stills of sites in other rooms of the tree, for pages whose line carries no picture of theirs.

A room asks the next one on the way to the site, here or over the channel (``media.still``), and keeps the answer for a
moment: whoever else wants it has it from there, so that one still of a site crosses a link however many look. It is
only ever an answer. From above any site may be asked for that the board could show; from below whoever is on air.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError

from scheduler.database import Database
from scheduler.linked.messages import NotUnderstood
from scheduler.linked.reach import MOST_AGE_S, MOST_HOPS, Reach, read_reach, read_still
from scheduler.linked.seats import Seat, find_seat
from scheduler.meetings.meeting import Meeting
from scheduler.nodes.registry import note_error
from scheduler.proceedings.climbing import link_above
from scheduler.proceedings.errors import Refused
from scheduler.proceedings.state import State
from web.link.channel import Json, LinkChannel
from web.link.errors import LinkError, RefusedThere, RequestRefused
from web.live.board import machine_of
from web.live.rate import TokenBucket
from web.live.stills import EVERY_S, SOONEST_S, Still
from web.live.view import is_remote_child

if TYPE_CHECKING:
    from web.live.room import Room

T = TypeVar("T")
log = structlog.get_logger()
KIND = "media.still"
FRESH_S = EVERY_S - 1.0  # a copy that is no older is as good as a new one
LOOK_S = 6.0  # a page is asked, and sends what its camera sees next
ASK_S = 10.0
PAUSE_S = 15.0  # before a still that was not to be had is asked for again
LONG_PAUSE_S = 60.0  # and anything of an installation that is too old, or answers what is none
MOST = 6  # stills asked of one installation, or by one, at a time
ASKED_PER_S, ASKED_AT_ONCE = 4.0, 24.0
Key = tuple[str, str]  # room and site


@dataclass(frozen=True, slots=True)
class Way:
    """Where a room turns for a site's still: to a room here, or to another installation's. ``node`` None: here."""

    node: str | None
    upper: str
    lower: str
    is_up: bool


def is_shown(state: State, site_id: str) -> bool:
    """Whether rooms below may see this site: it is on air, or a discussion shows whoever speaks."""
    on_air = {state.chair_site_id, state.presentation_site_id, state.floor.site_id if state.floor else None}
    return site_id in on_air or (state.mode == "discussion" and state.floor is None)


@dataclass(frozen=True, slots=True)
class _Copy:
    still: Still
    fetched_at: float


class FarStills:
    """``start`` once; ``tick`` twice a second."""

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
        self._wanted: dict[Key, set[str]] = {}  # by the workers whose viewers want them
        self._due: dict[Key, float] = {}
        self._serving: dict[Key, asyncio.Task[None]] = {}
        self._copies: dict[Key, _Copy] = {}
        self._fetching: dict[Key, asyncio.Task[Still]] = {}
        self._paused: dict[str, float] = {}  # installations of which nothing is asked, and until when
        self._asked: dict[str, TokenBucket] = {}
        self._at_work: dict[str, int] = {}

    def start(self) -> None:
        self._channel.on(KIND, self._answer)

    async def stop(self) -> None:
        tasks = [*self._serving.values(), *self._fetching.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def settle(self) -> None:
        """Wait for what was asked."""
        await asyncio.gather(*self._serving.values(), return_exceptions=True)

    # -- for pages here ---------------------------------------------------------------------------------------------

    def want(self, room: Room, site_id: str, worker: str, wanted: bool) -> None:
        """Viewers of this room on that worker have no picture of the site, or have one again."""
        key = (room.meeting_id, site_id)
        if wanted:
            self._wanted.setdefault(key, set()).add(worker)
            self._due.setdefault(key, float("-inf"))
        elif key in self._wanted:
            self._wanted[key].discard(worker)
            self._let_go()

    def tick(self) -> None:
        """See that every still that is wanted comes every few seconds."""
        now = self._monotonic()
        self._let_go()
        for key in self._wanted:
            if key not in self._serving and now >= self._due[key]:
                self._due[key] = now + EVERY_S
                self._serving[key] = _kept_in(self._serving, key, self._serve(key))
        for old in [key for key, copy in self._copies.items() if now - copy.fetched_at > MOST_AGE_S]:
            del self._copies[old]

    def _let_go(self) -> None:
        """Of rooms that are closed, and workers that carry nothing of theirs any more."""
        for key, workers in list(self._wanted.items()):
            room = self._rooms.get(key[0])
            media = room.media if room is not None and room.is_live else None
            there = {one.name for one in (media.worker, *media.spread.workers) if one is not None} if media else set()
            workers &= there
            if not workers:
                del self._wanted[key], self._due[key]
                if room is not None:
                    room.media.stills.forget(key[1])

    async def _serve(self, key: Key) -> None:
        room_id, site_id = key
        try:
            still = await self.take(room_id, site_id)
        except (Refused, SQLAlchemyError, OSError) as error:
            log.info("a still from another room is not to be had", room=room_id, site=site_id, error=str(error))
            if key in self._wanted:
                self._due[key] = self._monotonic() + PAUSE_S
            return
        room = self._rooms.get(room_id)
        if room is not None and key in self._wanted:
            room.media.stills.show(site_id, still.jpeg, room.connections.values(), self._monotonic())

    # -- the nearest copy -------------------------------------------------------------------------------------------

    async def take(
        self, room_id: str, site_id: str, below: str | None = None, above: bool = False, hops: int = 0
    ) -> Still:
        """A still of this site by way of this room. ``below``: the room below that asks; ``above``: the room above
        does; neither: for pages here. :class:`Refused` says why there is none."""
        if hops > MOST_HOPS:
            raise Refused("too_far", detail=str(hops))
        room = self._open(room_id)
        async with self._database.reading() as session:
            seat = await find_seat(session, room_id, site_id)
        if below is not None and seat is not None and not is_shown(room.state, site_id):
            raise Refused("not_allowed", detail=site_id)
        machine = machine_of(room, site_id)
        if machine is not None:
            return await self._look(room, site_id)
        way = self._way_up(room) if seat is None and not above else self._way_down(room, seat, site_id)
        if below is not None and not way.is_up and way.lower == below:
            raise Refused("unknown_site", detail=site_id)  # nothing goes back where it came from
        key, now = (room_id, site_id), self._monotonic()
        copy = self._copies.get(key)
        if copy is not None and (now - copy.still.at <= FRESH_S or now - copy.fetched_at < SOONEST_S):
            return copy.still
        if key not in self._fetching:
            self._fetching[key] = _kept_in(self._fetching, key, self._fetch(key, way, hops))
        return await asyncio.shield(self._fetching[key])

    def _way_up(self, room: Room) -> Way:
        above, link = room.planned.above, link_above(room.state)
        if above is None or link is None or link.status != "open":
            raise Refused("unknown_site" if above is None else "not_linked", detail=room.meeting_id)
        return Way(above.node_id, above.meeting_id, room.meeting_id, is_up=True)

    def _way_down(self, room: Room, seat: Seat | None, site_id: str) -> Way:
        if seat is None:
            raise Refused("unknown_site", detail=site_id)
        self._check_way(seat.rooms[1:])
        if seat.child is not None:
            return Way(seat.child.node_id, seat.child.parent_id, seat.child.meeting_id or "", is_up=False)
        if seat.rooms[-1] == room.meeting_id:
            raise Refused("not_present", detail=site_id)
        return Way(None, room.meeting_id, seat.rooms[-1], is_up=False)

    async def _fetch(self, key: Key, way: Way, hops: int) -> Still:
        site_id = key[1]
        if way.node is not None:
            still = await self._ask(way.node, Reach(way.upper, way.lower, site_id, hops + 1))
        elif way.is_up:
            still = await self.take(way.upper, site_id, below=way.lower, hops=hops + 1)
        else:
            still = await self.take(way.lower, site_id, above=True, hops=hops + 1)
        self._copies[key] = _Copy(still, self._monotonic())
        return still

    async def _look(self, room: Room, site_id: str) -> Still:
        machine = machine_of(room, site_id)
        if machine is None:
            raise Refused("not_present", detail=site_id)
        try:
            async with asyncio.timeout(LOOK_S):
                return await room.media.stills.lend(machine, self._monotonic)
        except TimeoutError:
            raise Refused("no_picture", detail=site_id) from None

    async def _ask(self, node: str, reach: Reach) -> Still:
        if self._monotonic() < self._paused.get(node, float("-inf")):
            raise Refused("busy", detail=node)
        with self._one_more(f"to {node}"):
            try:
                jpeg, age_s = read_still(await self._channel.request(node, KIND, reach.to_json(), ASK_S))
            except NotUnderstood as wrong:
                self._paused[node] = self._monotonic() + LONG_PAUSE_S
                log.warning("what was asked for as a still is none", node=node, field=str(wrong))
                with suppress(SQLAlchemyError, OSError):
                    async with self._database.transaction() as session:
                        await note_error(session, node, "not_understood", f"{KIND} {wrong}", self._clock())
                raise Refused("far_refused", detail=str(wrong)) from wrong
            except RefusedThere as refused:
                if refused.code != "unknown_kind":
                    raise Refused(refused.code, detail=refused.detail) from refused
                self._paused[node] = self._monotonic() + LONG_PAUSE_S  # an older one has no stills to give
                raise Refused("far_old", detail=node) from refused
            except LinkError as error:
                raise Refused("far_unreachable", detail=str(error)) from error
        return Still(jpeg, self._monotonic() - age_s)

    # -- for other installations ------------------------------------------------------------------------------------

    async def _answer(self, node: str, kind: str, body: Json) -> Json:
        try:
            reach = read_reach(body)
        except NotUnderstood as wrong:
            raise RequestRefused("bad_request", str(wrong)) from wrong
        async with self._database.reading() as session:
            room = await session.get(Meeting, reach.child)
            is_above = room is not None and (room.remote_parent_node_id, room.remote_parent_id) == (node, reach.meeting)
            if not is_above and not await is_remote_child(session, node, reach.meeting, reach.child):
                raise RequestRefused("not_allowed", "no room of ours and yours hang together so")
        now = self._monotonic()
        if not self._asked.setdefault(node, TokenBucket(ASKED_PER_S, ASKED_AT_ONCE, now)).take(now):
            raise RequestRefused("busy", "too often")
        try:
            with self._one_more(f"from {node}"):
                if is_above:
                    self._check_way((reach.child,))
                    still = await self.take(reach.child, reach.site, above=True, hops=reach.hops)
                else:
                    still = await self.take(reach.meeting, reach.site, below=reach.child, hops=reach.hops)
        except Refused as refused:
            raise RequestRefused(refused.code, refused.detail[:100]) from refused
        age_s = min(max(self._monotonic() - still.at, 0.0), MOST_AGE_S)
        return {"jpeg": still.jpeg, "age_ms": int(age_s * 1000)}

    # -- inside -----------------------------------------------------------------------------------------------------

    def _open(self, room_id: str) -> Room:
        room = self._rooms.get(room_id)
        if room is None or not room.is_live:
            raise Refused("not_present", detail=room_id)
        return room

    def _check_way(self, room_ids: tuple[str, ...]) -> None:
        """Nobody looks into a discussion of its own."""
        for room_id in room_ids:
            room = self._rooms.get(room_id)
            above = link_above(room.state) if room is not None else None
            if above is not None and above.status == "away":
                raise Refused("away")

    @contextmanager
    def _one_more(self, whose: str) -> Iterator[None]:
        if self._at_work.get(whose, 0) >= MOST:
            raise Refused("busy", detail=f"{MOST} stills at a time")
        self._at_work[whose] = self._at_work.get(whose, 0) + 1
        try:
            yield
        finally:
            self._at_work[whose] -= 1


def _kept_in(tasks: dict[Key, asyncio.Task[T]], key: Key, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """A task that stands in this table while it goes on."""
    task = asyncio.create_task(work, name="still")

    def end(done: asyncio.Task[T]) -> None:
        tasks.pop(key, None)
        if not done.cancelled():
            done.exception()  # told to whoever waits for it; nobody may

    task.add_done_callback(end)
    return task
