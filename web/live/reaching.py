"""What whoever looks at the site board does with one site: write to it, see it, have it called to speak.

In a room here it is done here; in a room that another installation holds, that one is asked (``board.message``,
``board.picture``, ``board.call``), which decides by itself and may ask further down. Nobody above reaches into a room
that has left the program: a discussion of its own stays its own. Calling leaves facts, the others leave nothing.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import structlog

from scheduler.database import Database, new_id
from scheduler.linked.messages import NotUnderstood
from scheduler.linked.reach import Reach, read_picture, read_reach, read_request
from scheduler.linked.remote_child import RemoteChild
from scheduler.linked.seats import Seat, find_seat
from scheduler.meetings.meeting import LIVE_STAGES, Meeting
from scheduler.proceedings import facts as f
from scheduler.proceedings.climbing import is_reachable, link_above
from scheduler.proceedings.errors import Refused
from scheduler.proceedings.state import Link, Request
from web.link.channel import Json, LinkChannel
from web.link.errors import LinkError, RefusedThere, RequestRefused
from web.live.board import machine_of
from web.live.climbing import Climbing
from web.live.connection import Connection
from web.live.rate import TokenBucket

if TYPE_CHECKING:
    from collections.abc import Iterator

    from web.live.room import Room

T = TypeVar("T")
log = structlog.get_logger()
SERVICE = f.By()
PICTURE_S = 8.0  # a page is asked, and sends what its camera sees next
ASK_S = 12.0
MOST_PICTURES = 9  # of rooms held by one installation at a time; and for one above
ASKED_PER_S, ASKED_AT_ONCE = 1.0, 20.0  # messages and calls from one installation above
KNOWN = frozenset(
    ("not_present", "unknown_site", "not_linked", "away", "no_picture", "wrong_stage", "busy", "floor_above", "full")
)
"""Refusals below that mean the same here; any other is said to be the other side's."""


class Reaching:
    """``start`` once; meetings and sites by id."""

    def __init__(
        self,
        rooms: Mapping[str, Room],
        channel: LinkChannel,
        database: Database,
        climbing: Climbing,
        monotonic: Callable[[], float],
    ) -> None:
        self._rooms = rooms
        self._channel = channel
        self._database = database
        self._climbing = climbing
        self._monotonic = monotonic
        self._pictures: dict[str, int] = {}
        self._asked: dict[str, TokenBucket] = {}
        self._answers: dict[str, Callable[[Reach], Awaitable[Json]]] = {
            "board.message": self._message_below,
            "board.picture": self._picture_below,
            "board.call": self._call_below,
        }

    def start(self) -> None:
        for kind in self._answers:
            self._channel.on(kind, self._answer)

    # -- what is done -----------------------------------------------------------------------------------------------

    async def message(self, meeting_id: str, site_id: str, text: str, hops: int = 0) -> None:
        """Shown on the site's page, and kept nowhere."""
        seat = await self._seat(meeting_id, site_id)
        if seat.child is not None:
            await self._ask(seat.child, "board.message", site_id, hops, text)
        else:
            machine = self._machine(seat, site_id)[1]
            machine.outgoing.send({"type": "notice", "id": new_id(), "text": text, "at": self._now(seat)})

    async def picture(self, meeting_id: str, site_id: str, hops: int = 0) -> bytes:
        """A small still of what its camera sees now."""
        seat = await self._seat(meeting_id, site_id)
        self._check_way(seat.rooms[1:])
        if seat.child is not None:
            with self._one_picture(seat.child.node_id):
                return _understood(read_picture, await self._ask(seat.child, "board.picture", site_id, hops))
        room, machine = self._machine(seat, site_id)
        try:
            async with asyncio.timeout(PICTURE_S):
                return base64.b64decode(await room.media.stills.look(machine))
        except TimeoutError:
            raise Refused("no_picture", detail=site_id) from None

    async def call(self, meeting_id: str, site_id: str, hops: int = 0) -> str:
        """Have a site below stand in this room's queue, as if it had asked and every room between had handed it up;
        the id of its request. A request that stands there already is as good."""
        seat = await self._seat(meeting_id, site_id)
        room = self._open(meeting_id)
        standing = next((r for r in room.state.queue if r.site_id == site_id and is_reachable(room.state, r)), None)
        if standing is not None:
            return standing.request_id
        if room.state.floor is not None and room.state.floor.site_id == site_id:
            raise Refused("already", detail=site_id)
        node = ""
        if len(seat.rooms) > 1:
            child = seat.rooms[1]
            request = await self._hand_up(child, site_id, hops)
        elif seat.child is not None:
            node, child = seat.child.node_id, seat.child.meeting_id or ""
            reply = await self._ask(seat.child, "board.call", site_id, hops)
            request = _understood(lambda told: read_request(told, site_id), reply)
        else:
            raise Refused("not_below", detail=site_id)
        body = {"meeting": meeting_id, "child": child, "request": request}
        try:
            await self._climbing.answers.answer(node, "floor.forward", body)
        except RequestRefused as refused:
            raise Refused(refused.code, detail=refused.detail) from refused
        return str(request["request_id"])

    async def _hand_up(self, room_id: str, site_id: str, hops: int) -> Json:
        """The site's request, forwarded by this room of ours to the one above it."""
        room = self._open(room_id)
        _above(room)
        is_here = site_id in room.state.sites or site_id in room.plan.site_ids
        request_id = None if is_here else await self.call(room_id, site_id, hops)
        async with room.lock:
            above = _above(room)
            request = _request(room, site_id, request_id)
            if request is None:
                request_id = await self._called(room, site_id)
            elif request.forwarded == "no":
                await room.append([f.FloorForwarded(request.request_id, above.meeting_id)], SERVICE)
            request = _request(room, site_id, request_id)
        if request is None:
            raise Refused("not_present", detail=site_id)
        return dict((await self._climbing.climb(room, request, above))["request"])

    async def _called(self, room: Room, site_id: str) -> str:
        """A request that nobody made: the service's, as the floor is the upper room's to give."""
        if machine_of(room, site_id) is None:
            raise Refused("not_present", detail=site_id)
        request_id = new_id()
        asked = f.FloorRequested(request_id, site_id)
        await room.append([asked, f.FloorForwarded(request_id, _above(room).meeting_id)], SERVICE)
        return request_id

    # -- where it is ------------------------------------------------------------------------------------------------

    async def _seat(self, meeting_id: str, site_id: str) -> Seat:
        async with self._database.reading() as session:
            seat = await find_seat(session, meeting_id, site_id)
        if seat is None:
            raise Refused("unknown_site", detail=site_id)
        return seat

    def _machine(self, seat: Seat, site_id: str) -> tuple[Room, Connection]:
        room = self._rooms.get(seat.rooms[-1])
        machine = machine_of(room, site_id) if room is not None else None
        if room is None or machine is None:
            raise Refused("not_present", detail=site_id)
        return room, machine

    def _now(self, seat: Seat) -> str:
        return self._rooms[seat.rooms[-1]].has.clock().isoformat()

    def _open(self, room_id: str) -> Room:
        room = self._rooms.get(room_id)
        if room is None or not room.is_live:
            raise Refused("not_present", detail=room_id)
        return room

    def _check_way(self, room_ids: tuple[str, ...]) -> None:
        """No room on the way down has left the program of the one above it."""
        for room_id in room_ids:
            room = self._rooms.get(room_id)
            above = link_above(room.state) if room is not None else None
            if above is not None and above.status == "away":
                raise Refused("away")

    # -- asking further down ----------------------------------------------------------------------------------------

    async def _ask(self, child: RemoteChild, kind: str, site_id: str, hops: int, text: str = "") -> Json:
        reach = Reach(child.parent_id, child.meeting_id or "", site_id, hops + 1, text)
        try:
            return await self._channel.request(child.node_id, kind, reach.to_json(), ASK_S)
        except RefusedThere as refused:
            code = "far_old" if refused.code == "unknown_kind" else "far_refused"
            raise Refused(refused.code if refused.code in KNOWN else code, detail=refused.code) from refused
        except LinkError as error:
            raise Refused("far_unreachable", detail=str(error)) from error

    @contextmanager
    def _one_picture(self, node: str) -> Iterator[None]:
        if self._pictures.get(node, 0) >= MOST_PICTURES:
            raise Refused("many_pictures", detail=str(MOST_PICTURES))
        self._pictures[node] = self._pictures.get(node, 0) + 1
        try:
            yield
        finally:
            self._pictures[node] -= 1

    # -- asked from above -------------------------------------------------------------------------------------------

    async def _answer(self, node: str, kind: str, body: Json) -> Json:
        try:
            reach = read_reach(body, with_text=kind == "board.message")
        except NotUnderstood as wrong:
            raise RequestRefused("bad_request", str(wrong)) from wrong
        async with self._database.reading() as session:
            room = await session.get(Meeting, reach.child)
        if room is None or (room.remote_parent_node_id, room.remote_parent_id) != (node, reach.meeting):
            raise RequestRefused("not_allowed", "no room of ours stands below that meeting")
        if room.stage not in LIVE_STAGES:
            raise RequestRefused("not_present", "the room is not open")
        bucket = self._asked.setdefault(node, TokenBucket(ASKED_PER_S, ASKED_AT_ONCE, self._monotonic()))
        if kind != "board.picture" and not bucket.take(self._monotonic()):
            raise RequestRefused("busy", "too often")
        log.info("the installation above reaches for a site", node=node, kind=kind, site=reach.site)
        try:
            return await self._answers[kind](reach)
        except Refused as refused:
            raise RequestRefused(refused.code, refused.detail[:100]) from refused

    async def _message_below(self, reach: Reach) -> Json:
        await self.message(reach.child, reach.site, reach.text, reach.hops)
        return {}

    async def _picture_below(self, reach: Reach) -> Json:
        self._check_way((reach.child,))
        with self._one_picture(f"above {reach.meeting}"):
            return {"jpeg": base64.b64encode(await self.picture(reach.child, reach.site, reach.hops)).decode()}

    async def _call_below(self, reach: Reach) -> Json:
        return {"request": await self._hand_up(reach.child, reach.site, reach.hops)}


def _above(room: Room) -> Link:
    """The room's link up, while it follows the program there."""
    above = link_above(room.state)
    if above is None or above.status == "lost":
        raise Refused("not_linked", detail=above.title if above is not None else "")
    if above.status == "away":
        raise Refused("away", detail=above.title)
    return above


def _request(room: Room, site_id: str, request_id: str | None) -> Request | None:
    """The one of that id, or any of the site's own."""
    wanted = (r for r in room.state.queue if r.site_id == site_id)
    return next((r for r in wanted if request_id in (None, r.request_id)), None)


def _understood(read: Callable[[Json], T], reply: Json) -> T:
    try:
        return read(reply)
    except NotUnderstood as wrong:
        raise Refused("far_refused", detail=f"not understood: {wrong}") from wrong
