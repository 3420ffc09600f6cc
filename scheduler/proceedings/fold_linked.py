"""The part of the fold that is about other rooms: links, and requests that climb. Pure, like ``fold``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from scheduler.proceedings import facts as f
from scheduler.proceedings.state import (
    Answer,
    Chair,
    ChairAbove,
    FarChair,
    Forwarded,
    Link,
    Merged,
    Missed,
    Origin,
    Request,
    State,
)

ANSWERS_KEPT = 50
Fold = Callable[[State, Any, str], State]


def _change_request(state: State, request_id: str, change: Callable[[Request], Request]) -> State:
    return replace(state, queue=tuple(change(r) if r.request_id == request_id else r for r in state.queue))


def _requests_merged(state: State, body: f.RequestsMerged, at: str) -> State:
    merged = [r for r in state.queue if r.request_id in body.merged and r.request_id != body.request_id]
    if not any(r.request_id == body.request_id for r in state.queue):
        return state
    behind = tuple(one for r in merged for one in (_merged(r), *r.merged))
    gone = {r.request_id for r in merged}
    left = replace(state, queue=tuple(r for r in state.queue if r.request_id not in gone))
    return _change_request(left, body.request_id, lambda r: replace(r, merged=(*r.merged, *behind)))


def _merged(r: Request) -> Merged:
    return Merged(r.request_id, r.site_id, r.kind, r.speaker, r.at, r.origin)


def _request_joined(state: State, body: f.RequestJoined, at: str) -> State:
    return _change_request(state, body.request_id, lambda r: replace(r, joined=body.site_name))


def _request_spoken(state: State, body: f.RequestSpoken, at: str) -> State:
    return replace(state, queue=tuple(r for r in state.queue if r.request_id != body.request_id))


def _request_answered(state: State, body: f.RequestAnswered, at: str) -> State:
    request = next((r for r in state.queue if r.request_id == body.request_id), None)
    if request is None:
        return state
    told = (Answer(one.request_id, one.site_id, body.text, at) for one in request.everybody)
    answers = (*state.answers, *told)[-ANSWERS_KEPT:]
    queue = tuple(r for r in state.queue if r.request_id != body.request_id)
    return replace(state, answers=answers, queue=queue)


def _floor_forwarded(state: State, body: f.FloorForwarded, at: str) -> State:
    return _change_request(state, body.request_id, lambda r: replace(r, forwarded="sent", joined=""))


def _follow(request: Request, forwarded: Forwarded) -> Request:
    return replace(request, forwarded=forwarded, joined="" if forwarded == "no" else request.joined)


def _forward_followed(state: State, body: f.ForwardFollowed, at: str) -> State:
    forwarded: Forwarded = "no" if body.status == "gone" else body.status
    return _change_request(state, body.request_id, lambda r: _follow(r, forwarded))


def _floor_climbed(state: State, body: f.FloorClimbed, at: str) -> State:
    origin = Origin(body.meeting_id, body.site_name, body.path, body.asked_at)
    request = Request(body.request_id, body.site_id, body.kind, body.speaker, at, origin=origin)
    waiting = tuple(other for other in state.queue if not other.put_off)
    return replace(state, queue=(*waiting, request, *(other for other in state.queue if other.put_off)))


# -- links --------------------------------------------------------------------------------------------------------


def _link_opened(state: State, body: f.LinkOpened, at: str) -> State:
    link = Link(body.meeting_id, body.side, body.node, body.title, "open", at)
    return replace(state, links=(*(one for one in state.links if one.meeting_id != body.meeting_id), link))


def _change_link(state: State, meeting_id: str, change: Callable[[Link], Link]) -> State:
    return replace(state, links=tuple(change(one) if one.meeting_id == meeting_id else one for one in state.links))


def _link_lost(state: State, body: f.LinkLost, at: str) -> State:
    """What was handed up waits for the link; whether it still stands there is asked when it returns."""
    return _change_link(state, body.meeting_id, lambda link: replace(link, status="lost", since=at))


def _link_restored(state: State, body: f.LinkRestored, at: str) -> State:
    return _change_link(state, body.meeting_id, lambda link: replace(link, status="open", since=at, missed=None))


def _caught_up(state: State, body: f.CaughtUp, at: str) -> State:
    missed = Missed(body.missed_s, body.items, body.speeches)
    return _change_link(state, body.meeting_id, lambda link: replace(link, missed=missed))


def _came_through(origin: Origin | None, meeting_id: str) -> bool:
    return origin is not None and origin.meeting_id == meeting_id


def _link_closed(state: State, body: f.LinkClosed, at: str) -> State:
    """Requests that came through it go with it; those handed up are ours again, and the chair above is no more."""
    side = next((link.side for link in state.links if link.meeting_id == body.meeting_id), None)
    queue = tuple(
        replace(r, merged=tuple(one for one in r.merged if not _came_through(one.origin, body.meeting_id)))
        for r in state.queue
        if not _came_through(r.origin, body.meeting_id)
    )
    if side == "upper":
        queue = tuple(_follow(r, "no") for r in queue)
    links = tuple(link for link in state.links if link.meeting_id != body.meeting_id)
    chair_above = None if side == "upper" else state.chair_above
    return replace(state, links=links, queue=queue, chair_above=chair_above)


def _chair_lent(state: State, body: f.ChairLent, at: str) -> State:
    """Lent on, it comes back to who lent it first."""
    here = Chair(state.chair_person_id or "", state.chair_site_id or "")
    lent_by = here if state.far_chair is None else state.far_chair.lent_by
    far = FarChair(body.meeting_id, body.site_name, body.chair, lent_by)
    return replace(state, chair_person_id=body.person_id, chair_site_id=body.site_id, absent_chair=None, far_chair=far)


def _chair_borrowed(state: State, body: f.ChairBorrowed, at: str) -> State:
    above = ChairAbove(body.meeting_id, body.person_id, body.site_id, body.through, body.chair)
    return replace(state, chair_above=above)


def _chair_given_back(state: State, body: f.ChairGivenBack, at: str) -> State:
    return replace(state, chair_above=None)


def _deputy_presided(state: State, body: f.DeputyPresided, at: str) -> State:
    absent = state.absent_chair
    if absent is None and state.chair_person_id is not None and state.chair_site_id is not None:
        absent = Chair(state.chair_person_id, state.chair_site_id)
    return replace(state, chair_person_id=body.person_id, chair_site_id=body.site_id, absent_chair=absent)


def _chair_resumed(state: State, body: f.ChairResumed, at: str) -> State:
    return replace(state, chair_person_id=body.person_id, chair_site_id=body.site_id, absent_chair=None)


def _program_left(state: State, body: f.ProgramLeft, at: str) -> State:
    return _change_link(state, body.meeting_id, lambda link: replace(link, status="away", since=at))


def _program_rejoined(state: State, body: f.ProgramRejoined, at: str) -> State:
    return _change_link(state, body.meeting_id, lambda link: replace(link, status="open", since=at))


LINKED: dict[type[f.Body], Fold] = {
    f.RequestsMerged: _requests_merged,
    f.RequestJoined: _request_joined,
    f.RequestSpoken: _request_spoken,
    f.RequestAnswered: _request_answered,
    f.FloorForwarded: _floor_forwarded,
    f.ForwardFollowed: _forward_followed,
    f.FloorClimbed: _floor_climbed,
    f.LinkOpened: _link_opened,
    f.LinkLost: _link_lost,
    f.LinkRestored: _link_restored,
    f.CaughtUp: _caught_up,
    f.LinkClosed: _link_closed,
    f.ChairLent: _chair_lent,
    f.ChairBorrowed: _chair_borrowed,
    f.ChairGivenBack: _chair_given_back,
    f.DeputyPresided: _deputy_presided,
    f.ChairResumed: _chair_resumed,
    f.ProgramLeft: _program_left,
    f.ProgramRejoined: _program_rejoined,
}
