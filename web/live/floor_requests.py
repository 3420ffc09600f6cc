"""What rooms ask of one another about the floor (``floor.*``), and what is done with it here.

From below: link, forward, withdraw, returned, left. From above: grant, ended, extended, answered, merged, spoken,
closed. All may be asked twice. Who asks is proven; whether the meetings he names stand so in the tree is looked up
each time.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from scheduler.database import Database
from scheduler.proceedings import facts as f
from scheduler.proceedings.climbing import MOST_MERGED, link_above
from scheduler.proceedings.encoding import from_plain
from scheduler.proceedings.errors import Malformed, Refused
from scheduler.proceedings.far_chair import lent_site
from scheduler.proceedings.fold import elapsed_ms
from scheduler.proceedings.state import Merged, Request
from web.link.channel import Json
from web.link.errors import RequestRefused
from web.live.errors import Closing
from web.live.missed import ends_above
from web.live.neighbours import lower_room, upper_room
from web.live.view import sites_below, title_of

if TYPE_CHECKING:
    from web.live.room import Room

SERVICE = f.By()
MOST_CLIMBED = 500  # requests from below that wait in one room
LONGEST_PATH = 12
MOST_TEXT = 1000


class FloorRequests:
    def __init__(self, rooms: Mapping[str, Room], database: Database) -> None:
        self._rooms = rooms
        self._database = database
        self._upward: dict[str, Callable[[Room, str, str, Json], Awaitable[Json]]] = {
            "floor.link": self._link,
            "floor.forward": self._forward,
            "floor.withdraw": self._withdraw,
            "floor.returned": self._returned,
            "floor.left": self._left,
        }
        self._downward: dict[str, Callable[[Room, Json], Awaitable[Json]]] = {
            "floor.grant": self._grant,
            "floor.ended": self._ended,
            "floor.extended": self._extended,
            "floor.answered": self._answered,
            "floor.merged": self._merged,
            "floor.spoken": self._spoken,
            "floor.closed": self._closed,
        }

    # -- what is done here ------------------------------------------------------------------------------------------

    async def answer(self, node: str, kind: str, body: Json) -> Json:
        """``node`` empty: another room of this installation."""
        meeting, child = _text(body, "meeting", 36), _text(body, "child", 36)
        try:
            if kind in self._upward:
                return await self._from_below(node, kind, meeting, child, body)
            if kind in self._downward:
                return await self._from_above(node, kind, meeting, child, body)
        except Refused as refused:
            raise RequestRefused(refused.code, refused.detail) from refused
        except Closing as closing:
            raise RequestRefused("restarting") from closing
        raise RequestRefused("unknown_kind", kind[:60])

    async def _from_below(self, node: str, kind: str, meeting: str, child: str, body: Json) -> Json:
        room = await upper_room(self._rooms, self._database, node, meeting, child)
        async with room.lock:
            return await self._upward[kind](room, node, child, body)

    async def _from_above(self, node: str, kind: str, meeting: str, child: str, body: Json) -> Json:
        room = lower_room(self._rooms, node, meeting, child)
        async with room.lock:
            return await self._downward[kind](room, body)

    # from below

    async def _link(self, room: Room, node: str, child: str, body: Json) -> Json:
        link = next((one for one in room.state.links if one.meeting_id == child), None)
        if link is None:
            await room.append([f.LinkOpened(child, "lower", node, _text(body, "title", 200))], SERVICE)
        elif link.status == "lost":
            lost_s = elapsed_ms(link.since, room.has.clock().isoformat()) // 1000
            await room.append([f.LinkRestored(child, lost_s)], SERVICE)
        floor, far = room.state.floor, room.state.far_chair
        async with self._database.reading() as session:
            title = await title_of(session, room.meeting_id)
        waiting = [r.request_id for r in _all_waiting(room) if r.origin is not None and r.origin.meeting_id == child]
        through = floor is not None and floor.origin is not None and floor.origin.meeting_id == child
        return {
            "title": title,
            "at": room.has.clock().isoformat(),
            "ends": await ends_above(self._database, room),
            "waiting": waiting,
            "speech_id": floor.speech_id if floor is not None and through else None,
            "chair": lent_site(room.state) if far is not None and far.meeting_id == child else None,
        }

    async def _forward(self, room: Room, node: str, child: str, body: Json) -> Json:
        climbed = _climbed(body, child)
        state = room.state
        if all(link.meeting_id != child or link.status == "lost" for link in state.links):
            raise RequestRefused("not_linked", "link first")
        if any(request.request_id == climbed.request_id for request in state.queue):
            return {}
        speeches = (*state.speeches, *((state.floor,) if state.floor else ()))
        if any(speech.request_id == climbed.request_id for speech in speeches):
            raise RequestRefused("spoken", climbed.request_id)
        if climbed.site_id in state.sites or state.stage not in ("testing", "convened"):
            raise RequestRefused("wrong_stage" if climbed.site_id not in state.sites else "own_site", state.stage)
        if node and not await self._is_told(node, room.meeting_id, child, climbed.site_id):
            raise RequestRefused("unknown_site", climbed.site_id)  # not told of yet, perhaps: it is asked again
        if sum(request.origin is not None for request in state.queue) >= MOST_CLIMBED:
            raise RequestRefused("full", str(MOST_CLIMBED))
        others = await self._others(room, node, child, climbed, body)
        joined = [f.RequestsMerged(climbed.request_id, tuple(one.request_id for one in others))] if others else []
        await room.append([climbed, *others, *joined], SERVICE)
        return {}

    async def _others(
        self, room: Room, node: str, child: str, first: f.FloorClimbed, body: Json
    ) -> list[f.FloorClimbed]:
        """Those the request speaks for too, as far as they may come from there and do not stand here already."""
        raw = body.get("merged", [])
        if not isinstance(raw, list) or len(raw) > MOST_MERGED:
            raise RequestRefused("bad_request", "merged")
        known = {first.request_id, *(one.request_id for one in _all_waiting(room))}
        found = []
        for one in (_climbed({"request": each}, child) for each in raw):
            may = not node or await self._is_told(node, room.meeting_id, child, one.site_id)
            if may and one.request_id not in known and one.site_id not in room.state.sites:
                known.add(one.request_id)
                found.append(one)
        return found

    async def _is_told(self, node: str, meeting: str, child: str, site_id: str) -> bool:
        """Whether that installation has told of this site below the room it holds."""
        async with self._database.reading() as session:
            _, sites = await sites_below(session, node, meeting, child)
        return sites is not None and site_id in sites

    async def _withdraw(self, room: Room, node: str, child: str, body: Json) -> Json:
        request_id = _text(body, "request_id", 36)
        one = next((one for one in _all_waiting(room) if one.request_id == request_id), None)
        if one is not None and one.origin is not None and one.origin.meeting_id == child:
            await room.append([f.FloorWithdrawn(request_id)], SERVICE)
        return {}

    async def _returned(self, room: Room, node: str, child: str, body: Json) -> Json:
        floor = room.state.floor
        through = floor.origin.meeting_id if floor is not None and floor.origin is not None else None
        if floor is not None and through == child and floor.speech_id == _text(body, "speech_id", 36):
            await room.append([f.FloorReturned(floor.speech_id)], SERVICE)
        return {}

    async def _left(self, room: Room, node: str, child: str, body: Json) -> Json:
        if any(link.meeting_id == child for link in room.state.links):
            floor = room.state.floor
            ends = floor is not None and floor.origin is not None and floor.origin.meeting_id == child
            over: list[f.Body] = [f.FloorReturned(floor.speech_id)] if floor is not None and ends else []
            await room.append([*over, f.LinkClosed(child)], SERVICE)
        return {}

    # from above

    async def _grant(self, room: Room, body: Json) -> Json:
        request, speech_id = _waiting(room, _text(body, "request_id", 36)), _text(body, "speech_id", 36)
        limit_s = body.get("limit_s")
        if not isinstance(limit_s, int) or isinstance(limit_s, bool) or not 0 <= limit_s <= 86_400:
            raise RequestRefused("bad_request", "limit_s")
        floor, above = room.state.floor, link_above(room.state)
        if floor is not None and floor.speech_id == speech_id:
            return {}
        if above is None or above.status != "open":
            raise RequestRefused("away", "the room has left the program")
        if request is None or request.forwarded == "no":
            raise RequestRefused("gone", "the request was withdrawn")
        before: list[f.Body] = [f.FloorRevoked(floor.speech_id)] if floor is not None else []
        granted = f.FloorGranted(speech_id, request.site_id, request.request_id, limit_s)
        await room.append([*before, granted], SERVICE)
        return {}

    async def _ended(self, room: Room, body: Json) -> Json:
        speech_id, floor = _text(body, "speech_id", 36), room.state.floor
        if floor is not None and floor.from_above and floor.speech_id == speech_id:
            returned = body.get("returned") is True
            await room.append([f.FloorReturned(speech_id) if returned else f.FloorRevoked(speech_id)], SERVICE)
        return {}

    async def _extended(self, room: Room, body: Json) -> Json:
        speech_id, by_s, floor = _text(body, "speech_id", 36), body.get("by_s"), room.state.floor
        if not isinstance(by_s, int) or isinstance(by_s, bool) or not 0 < by_s <= 86_400:
            raise RequestRefused("bad_request", "by_s")
        if floor is not None and floor.from_above and floor.speech_id == speech_id:
            await room.append([f.TimeExtended(speech_id, by_s)], SERVICE)
        return {}

    async def _answered(self, room: Room, body: Json) -> Json:
        """Answered in words, or (no words) taken from the queue above: then it is ours again."""
        request, text = _waiting(room, _text(body, "request_id", 36)), _text(body, "text", MOST_TEXT, empty=True)
        if request is None or request.forwarded == "no":
            return {}
        answer = f.RequestAnswered(request.request_id, text) if text else f.ForwardFollowed(request.request_id, "gone")
        await room.append([answer], SERVICE)
        return {}

    async def _merged(self, room: Room, body: Json) -> Json:
        """Another request speaks for it there."""
        request, name = _waiting(room, _text(body, "request_id", 36)), _text(body, "site_name", 200, empty=True)
        if request is not None and request.forwarded != "no" and request.joined != name:
            await room.append([f.RequestJoined(request.request_id, name)], SERVICE)
        return {}

    async def _spoken(self, room: Room, body: Json) -> Json:
        """Whoever speaks for it there has the floor."""
        request = _waiting(room, _text(body, "request_id", 36))
        if request is not None and request.forwarded != "no":
            await room.append([f.RequestSpoken(request.request_id)], SERVICE)
        return {}

    async def _closed(self, room: Room, body: Json) -> Json:
        above, floor = link_above(room.state), room.state.floor
        if above is not None:
            over: list[f.Body] = [f.FloorReturned(floor.speech_id)] if floor is not None and floor.from_above else []
            await room.append([*over, f.LinkClosed(above.meeting_id)], SERVICE)
        return {}


def _waiting(room: Room, request_id: str) -> Request | None:
    return next((request for request in room.state.queue if request.request_id == request_id), None)


def _all_waiting(room: Room) -> list[Request | Merged]:
    """Those in the queue, and those that they speak for."""
    return [one for request in room.state.queue for one in request.everybody]


def _text(body: Json, name: str, longest: int, *, empty: bool = False) -> str:
    value = body.get(name)
    if not isinstance(value, str) or len(value) > longest or not (value or empty) or "\0" in value:
        raise RequestRefused("bad_request", name)
    return value


def _climbed(body: Json, child: str) -> f.FloorClimbed:
    try:
        raw = body.get("request")
        climbed = from_plain(f.FloorClimbed, {**(raw if isinstance(raw, dict) else {}), "meeting_id": child}, "request")
    except Malformed as malformed:
        raise RequestRefused("bad_request", str(malformed)[:100]) from malformed
    texts = (
        climbed.site_name,
        *climbed.path,
        *((climbed.speaker.name, climbed.speaker.post) if climbed.speaker else ()),
    )
    ids = (climbed.request_id, climbed.site_id, climbed.asked_at)
    if (
        len(climbed.path) > LONGEST_PATH
        or any(len(text) > 200 for text in texts)
        or any(not 0 < len(i) <= 36 for i in ids)
    ):
        raise RequestRefused("bad_request", "request")
    return climbed
