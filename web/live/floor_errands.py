"""What a fact of one room means for the rooms above and below it: errands (``floor.*``). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scheduler.proceedings import facts as f
from scheduler.proceedings.climbing import link_above
from scheduler.proceedings.state import Request, State
from web.link.channel import Json

if TYPE_CHECKING:
    from web.live.room import Room


@dataclass(frozen=True, slots=True)
class Told:
    """An errand to the room above or below; ``node`` empty: in this installation."""

    node: str
    kind: str
    body: Json


def errands(room: Room, before: State, queue: Mapping[str, Request], body: f.Body) -> list[Told]:
    """For one fact of this room; ``queue``: the requests that stood before it or stand now."""
    match body:
        case f.FloorGranted(request_id=str(request_id)) if request_id in queue:
            return _granted(room, queue[request_id], body)
        case f.FloorReturned() | f.FloorRevoked():
            return _speech_over(room, before, body)
        case f.TimeExtended() if room.state.floor is not None and room.state.floor.origin is not None:
            through = room.state.floor.origin.meeting_id
            return _to_child(room, through, "floor.extended", {"speech_id": body.speech_id, "by_s": body.by_s})
        case f.RequestAnswered() | f.FloorWithdrawn() if body.request_id in queue:
            request = queue[body.request_id]
            text = body.text if isinstance(body, f.RequestAnswered) else ""
            down = _down_to_all(room, request, "floor.answered", {"text": text})
            return down + _up(room, request.forwarded != "no", "floor.withdraw", request.request_id)
        case f.FloorWithdrawn():
            return _left_alone(room, before, body.request_id)
        case f.RequestsMerged() if body.request_id in queue:
            name = {"site_name": _name_here(room, queue[body.request_id])}
            gone = [queue[one] for one in body.merged if one in queue]
            return [told for one in gone for told in _down_to_all(room, one, "floor.merged", name)]
        case f.RequestJoined() if body.request_id in queue:
            return _down_to_all(room, queue[body.request_id], "floor.merged", {"site_name": body.site_name})
        case f.RequestSpoken() if body.request_id in queue:
            return _down_to_all(room, queue[body.request_id], "floor.spoken", {})
        case f.LinkClosed():
            return _left_behind(room, before, body.meeting_id)
        case _:
            return []


def _down_to_all(room: Room, request: Request, kind: str, more: Json) -> list[Told]:
    """To the room each of them came from: the request's, and those of all that it speaks for."""
    told = [(request.request_id, request.origin), *((one.request_id, one.origin) for one in request.merged)]
    return [
        errand
        for request_id, origin in told
        if origin is not None
        for errand in _to_child(room, origin.meeting_id, kind, {"request_id": request_id, **more})
    ]


def _left_alone(room: Room, before: State, request_id: str) -> list[Told]:
    """One that another spoke for is withdrawn here: above it is so too, and below it is theirs again."""
    for request in before.queue:
        for one in request.merged:
            if one.request_id == request_id:
                through = one.origin.meeting_id if one.origin is not None else None
                gone = {"request_id": request_id, "text": ""}
                down = [] if through is None else _to_child(room, through, "floor.answered", gone)
                return down + _up(room, request.forwarded != "no", "floor.withdraw", request_id)
    return []


def _left_behind(room: Room, before: State, closed: str) -> list[Told]:
    """Requests of other rooms that one of the room which is gone spoke for: theirs again."""
    return [
        errand
        for request in before.queue
        if request.origin is not None and request.origin.meeting_id == closed
        for one in request.merged
        if one.origin is not None and one.origin.meeting_id != closed
        for errand in _to_child(
            room, one.origin.meeting_id, "floor.answered", {"request_id": one.request_id, "text": ""}
        )
    ]


def _granted(room: Room, request: Request, body: f.FloorGranted) -> list[Told]:
    """Who speaks hears so by his room; the rooms of those he speaks for too learn that they are done with."""
    granted = {"request_id": request.request_id, "speech_id": body.speech_id, "limit_s": body.limit_s}
    done = [
        errand
        for one in request.merged
        if one.origin is not None
        for errand in _to_child(room, one.origin.meeting_id, "floor.spoken", {"request_id": one.request_id})
    ]
    return _down(room, request, "floor.grant", granted) + done


def _speech_over(room: Room, before: State, body: f.FloorReturned | f.FloorRevoked) -> list[Told]:
    speeches = (*room.state.speeches[-5:], *((before.floor,) if before.floor else ()))
    speech = next((one for one in speeches if one.speech_id == body.speech_id), None)
    if speech is None:
        return []
    down: list[Told] = []
    if speech.origin is not None:
        returned = isinstance(body, f.FloorReturned)
        over = {"speech_id": speech.speech_id, "returned": returned}
        down = _to_child(room, speech.origin.meeting_id, "floor.ended", over)
    return down + _up(room, speech.from_above, "floor.returned", speech.speech_id)


def _down(room: Room, request: Request, kind: str, more: Json) -> list[Told]:
    return [] if request.origin is None else _to_child(room, request.origin.meeting_id, kind, more)


def _to_child(room: Room, child: str, kind: str, more: Json) -> list[Told]:
    link = next((one for one in room.state.links if one.meeting_id == child and one.side == "lower"), None)
    if link is None:
        return []
    return [Told(link.node, kind, {"meeting": room.meeting_id, "child": child, **more})]


def _up(room: Room, concerns: bool, kind: str, subject: str) -> list[Told]:
    above = link_above(room.state)
    if not concerns or above is None or above.status == "lost":
        return []
    name = "request_id" if kind == "floor.withdraw" else "speech_id"
    return [Told(above.node, kind, {"meeting": above.meeting_id, "child": room.meeting_id, name: subject})]


def _name_here(room: Room, request: Request) -> str:
    """What a request's site is called here."""
    return request.origin.site_name if request.origin else room.planned.title_of(request.site_id) or ""
