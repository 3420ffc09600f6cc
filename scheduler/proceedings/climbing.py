"""Rules of requests over levels: merge, forward up, answer in words; and of leaving the program of the room above.

A request keeps its id on its way. While a room follows the program of the room above, who speaks is decided there.
"""

from __future__ import annotations

from scheduler.proceedings import commands as c
from scheduler.proceedings import facts as f
from scheduler.proceedings.case import MAX_REASON, Case, check, check_text
from scheduler.proceedings.errors import Refused
from scheduler.proceedings.state import Link, Request, State

MOST_MERGED = 50


def link_above(state: State) -> Link | None:
    return next((link for link in state.links if link.side == "upper"), None)


def check_own_floor(case: Case) -> None:
    """Refuse while the floor is the room's above; cut off or in a discussion of its own, the room is its own master."""
    above = link_above(case.state)
    if above is not None and above.status == "open":
        raise Refused("floor_above", detail=above.title)


def is_reachable(state: State, request: Request) -> bool:
    """Came from a room below that is linked right now."""
    through = request.origin.meeting_id if request.origin else None
    return any(link.meeting_id == through and link.status == "open" for link in state.links)


def merge_requests(case: Case, command: c.MergeRequests) -> list[f.Body]:
    return [_merged(case, command.request_ids)]


def _merged(case: Case, request_ids: tuple[str, ...]) -> f.Body:
    check(2 <= len(request_ids) <= MOST_MERGED and len(set(request_ids)) == len(request_ids), "request_ids: each once")
    requests = [case.request(request_id) for request_id in request_ids]
    check(all(request.forwarded == "no" for request in requests), "forwarded", "already")
    return f.RequestsMerged(request_ids[0], request_ids[1:])


def forward_request(case: Case, command: c.ForwardRequest) -> list[f.Body]:
    """Up to the room above; several go as one, the first speaks for them."""
    check(bool(command.request_ids), "request_ids")
    first = case.request(command.request_ids[0])
    check(first.forwarded == "no", first.request_id, "already")
    above = link_above(case.state)
    if above is None or above.status == "lost":
        raise Refused("not_linked", detail=above.title if above else "")
    merged = [_merged(case, command.request_ids)] if len(command.request_ids) > 1 else []
    return [*merged, f.FloorForwarded(first.request_id, above.meeting_id)]


def answer_request(case: Case, command: c.AnswerRequest) -> list[f.Body]:
    request = case.request(command.request_id)
    return [f.RequestAnswered(request.request_id, check_text(command.text, MAX_REASON, "text"))]


def leave_program(case: Case, command: c.LeaveProgram) -> list[f.Body]:
    above = link_above(case.state)
    if above is None or above.status == "lost":
        raise Refused("not_linked", detail=above.title if above else "")
    check(above.status == "open", above.title, "already")
    if case.state.chair_above is not None:
        raise Refused("chairs_above", detail=above.title)
    return [f.ProgramLeft(above.meeting_id)]


def rejoin_program(case: Case, command: c.RejoinProgram) -> list[f.Body]:
    """Whoever speaks here by our own leave ends first."""
    above = link_above(case.state)
    if above is None or above.status == "lost":
        raise Refused("not_linked", detail=above.title if above else "")
    check(above.status == "away", above.title, "already")
    return [*case.end_of_speech(), f.ProgramRejoined(above.meeting_id)]
