"""Rules of the floor (RFC 8855 words): requests, the queue, grants, the clock.

Giving the floor is one fact: it opens that site's microphone, puts it on air, closes the other sites' (never the
chair's) and starts its clock; the queue survives it.
"""

from __future__ import annotations

from scheduler.proceedings import commands as c
from scheduler.proceedings import facts as f
from scheduler.proceedings.case import Case, check
from scheduler.proceedings.chain import instant
from scheduler.proceedings.climbing import check_own_floor, is_reachable
from scheduler.proceedings.errors import Refused
from scheduler.proceedings.fold import elapsed_ms
from scheduler.proceedings.roll_call import somebody
from scheduler.proceedings.state import Request, Speech, State

MAX_LIMIT_S = 4 * 3600
MAX_EXTENSION_S = 3600


def request_floor(case: Case, command: c.RequestFloor) -> list[f.Body]:
    site = case.site_here(case.actor.site_id)
    check(not case.has_floor, "has the floor", "already")
    asked = (one for request in case.state.queue for one in request.everybody)
    check(all(one.site_id != site.site_id for one in asked), "in the queue", "already")
    speaker = somebody(command.speaker) if command.speaker else None
    return [f.FloorRequested(case.new_id(), site.site_id, command.kind, speaker)]


def withdraw_request(case: Case, command: c.WithdrawRequest) -> list[f.Body]:
    request = case.asked(command.request_id)
    if not case.leads and request.site_id != case.actor.site_id:
        raise Refused("not_allowed", ("chair", "secretary", "owner"), "another site")
    return [f.FloorWithdrawn(request.request_id)]


def grant_floor(case: Case, command: c.GrantFloor) -> list[f.Body]:
    check_own_floor(case)
    if not _came_up(case, command):
        case.site_here(command.site_id)
    holder = case.state.floor
    check(holder is None or holder.site_id != command.site_id, command.site_id, "already")
    limit_s = case.plan.speech_limit_s if command.limit_s is None else command.limit_s
    check(0 <= limit_s <= MAX_LIMIT_S, f"limit_s: 0–{MAX_LIMIT_S}")
    return _grant(case, command.site_id, _request_of(case, command), limit_s)


def _came_up(case: Case, command: c.GrantFloor) -> bool:
    """A site of a room below that has asked; it is called there, through its link."""
    asked = [r for r in case.state.queue if r.site_id == command.site_id and r.origin is not None]
    found = next((r for r in asked if command.request_id in (None, r.request_id)), None)
    if found is not None and not is_reachable(case.state, found):
        raise Refused("not_present", detail=command.site_id)
    return found is not None


def _request_of(case: Case, command: c.GrantFloor) -> str | None:
    """The request that is granted: the one named, else the site's own in the queue, else none (called upon)."""
    own = [request.request_id for request in case.state.queue if request.site_id == command.site_id]
    if command.request_id is None:
        return own[0] if own else None
    check(command.request_id in own, command.request_id, "not_in_queue")
    return command.request_id


def _grant(case: Case, site_id: str, request_id: str | None, limit_s: int) -> list[f.Body]:
    return [*case.end_of_speech(), f.FloorGranted(case.new_id(), site_id, request_id, limit_s)]


def grant_next(case: Case, command: c.GrantNext) -> list[f.Body]:
    """The first in the queue that is here; those cut off keep their place."""
    check_own_floor(case)
    check(bool(case.state.queue), "the queue is empty", "not_in_queue")
    holder = case.state.floor.site_id if case.state.floor else None
    for request in case.state.queue:
        if _is_here(case, request) and request.site_id != holder:
            return _grant(case, request.site_id, request.request_id, case.plan.speech_limit_s)
    raise Refused("not_present", detail="nobody in the queue is here")


def _is_here(case: Case, request: Request) -> bool:
    if request.origin is not None:
        return is_reachable(case.state, request)
    return case.site(request.site_id).connection_id is not None


def put_off(case: Case, command: c.PutOff) -> list[f.Body]:
    request = case.request(command.request_id)
    check(not request.put_off, request.request_id, "already")
    waiting = tuple(r.request_id for r in case.state.queue if not r.put_off and r != request)
    behind = tuple(r.request_id for r in case.state.queue if r.put_off)
    return [f.RequestReordered(waiting, (*behind, request.request_id))]


def reorder(case: Case, command: c.Reorder) -> list[f.Body]:
    """Those named come first, in this order; a put-off request that is named is no longer put off."""
    wanted = command.request_ids
    check(len(set(wanted)) == len(wanted) and bool(wanted), "request_ids: each once")
    for request_id in wanted:
        case.request(request_id)
    rest = [request for request in case.state.queue if request.request_id not in wanted]
    first = (*wanted, *(request.request_id for request in rest if not request.put_off))
    return [f.RequestReordered(first, tuple(request.request_id for request in rest if request.put_off))]


def _speech(case: Case) -> Speech:
    if case.state.floor is None:
        raise Refused("no_floor")
    return case.state.floor


def return_floor(case: Case, command: c.ReturnFloor) -> list[f.Body]:
    speech = _speech(case)
    if not case.has_floor:
        raise Refused("not_allowed", ("floor",), "another site")
    return [f.FloorReturned(speech.speech_id)]


def revoke_floor(case: Case, command: c.RevokeFloor) -> list[f.Body]:
    return [f.FloorRevoked(_speech(case).speech_id)]


def extend_time(case: Case, command: c.ExtendTime) -> list[f.Body]:
    """So much longer; for a speech already over its time, so much longer from now."""
    speech = _speech(case)
    check(1 <= command.by_s <= MAX_EXTENSION_S, f"by_s: 1–{MAX_EXTENSION_S}")
    check(speech.limit_s > 0, "no limit", "already")
    spoken_s = elapsed_ms(speech.started_at, instant(case.now)) // 1000
    return [f.TimeExtended(speech.speech_id, max(0, spoken_s - speech.limit_s) + command.by_s)]


def name_speaker(case: Case, command: c.NameSpeaker) -> list[f.Body]:
    speeches = (*case.state.speeches, *((case.state.floor,) if case.state.floor else ()))
    speech = next((speech for speech in speeches if speech.speech_id == command.speech_id), None)
    if speech is None:
        raise Refused("unknown_speech", detail=command.speech_id)
    if not case.leads and speech.site_id != case.actor.site_id:
        raise Refused("not_allowed", ("chair", "secretary", "owner"), "another site")
    return [f.SpeakerNamed(speech.speech_id, somebody(command.speaker))]


def close_microphones(case: Case, command: c.CloseMicrophones) -> list[f.Body]:
    """Everybody's but the chair's."""
    silenced: list[f.Body] = [] if case.state.mode == "chair_only" else [f.ModeChanged("chair_only")]
    bodies = [*case.end_of_speech(), *silenced]
    check(bool(bodies), "chair_only", "already")
    return bodies


def remove_participant(case: Case, command: c.RemoveParticipant) -> list[f.Body]:
    """Send a site away, never the chair's; what it held is free again."""
    site = case.site_here(command.site_id)
    check(site.site_id != case.state.home_site_id, "the chair's site")
    check(command.connection_id in (None, site.connection_id), "connection_id")
    return [f.SiteLeft(site.site_id, str(site.connection_id), "removed"), *given_up(case.state, site.site_id)]


def given_up(state: State, site_id: str) -> list[f.Body]:
    """What a site that left for good held: the floor, its place in the queue, the presentation."""
    bodies: list[f.Body] = []
    if state.floor is not None and state.floor.site_id == site_id:
        bodies.append(f.FloorReturned(state.floor.speech_id))
    bodies += [f.FloorWithdrawn(request.request_id) for request in state.queue if request.site_id == site_id]
    if state.presentation_site_id == site_id:
        bodies.append(f.PresentationStopped(site_id))
    return bodies
