"""The desk: what somebody in a room below sees of the room whose chair he has, and which buttons. Pure, and bounded."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from scheduler.database import new_id
from scheduler.proceedings import commands as c
from scheduler.proceedings.chain import instant
from scheduler.proceedings.encoding import to_plain
from scheduler.proceedings.far_chair import FAR
from scheduler.proceedings.judge import may
from scheduler.proceedings.plan import Participant
from scheduler.proceedings.state import Merged, Request, State
from web.live.planned import Planned

Json = dict[str, Any]
MOST_WAITING = 60
MOST_WITH = 10  # whom one speaks for
MOST_SITES = 300
MOST_ITEMS = 60
LONGEST = 120  # of a name or title


def desk_of(state: State, planned: Planned, actor: Participant, title: str, now: datetime) -> Json:
    """At most some 60 KiB: the first of the queue, and sites and items by short names."""
    names = {one.site_id: _short(one.unit_title) for one in planned.roster}
    titles = {str(item["id"]): str(item["title"]) for item in planned.meeting["items"]}
    allowed = set(may(state, actor, planned.plan, now, new_id)) & {c.name_of(kind) for kind in FAR}
    here = [site_id for site_id, site in state.sites.items() if site.connection_id is not None]
    return {
        "title": _short(title),
        "now": instant(now),
        "stage": state.stage,
        "mode": state.mode,
        "may": sorted(allowed),
        "queue": [_request(request, names) for request in state.queue[:MOST_WAITING]],
        "waiting": len(state.queue),
        "floor": _speech(state, names),
        "items": [
            {"id": item.item_id, "title": _short(titles.get(item.item_id, "")), "status": item.status}
            for item in state.items[:MOST_ITEMS]
        ],
        "sites": [{"id": one, "title": names[one]} for one in here if one in names][:MOST_SITES],
    }


def _request(request: Request, names: dict[str, str]) -> Json:
    origin = request.origin
    return {
        "request_id": request.request_id,
        "site_id": request.site_id,
        "title": _name(request, names),
        "path": [_short(one) for one in origin.path[:12]] if origin is not None else [],
        "kind": request.kind,
        "speaker": to_plain(request.speaker),
        "at": request.at,
        "put_off": request.put_off,
        "with": [_name(one, names) for one in request.merged[:MOST_WITH]],
    }


def _speech(state: State, names: dict[str, str]) -> Json | None:
    floor = state.floor
    if floor is None:
        return None
    title = names.get(floor.site_id) or (_short(floor.origin.site_name) if floor.origin is not None else "")
    return {
        "speech_id": floor.speech_id,
        "site_id": floor.site_id,
        "title": title,
        "speaker": to_plain(floor.speaker),
        "started_at": floor.started_at,
        "limit_s": floor.limit_s,
    }


def _name(one: Request | Merged, names: dict[str, str]) -> str:
    return names.get(one.site_id) or (_short(one.origin.site_name) if one.origin is not None else "")


def _short(text: str) -> str:
    return text[:LONGEST]
