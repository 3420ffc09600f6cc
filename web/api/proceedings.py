"""The proceedings of a meeting for those who may read them, and Đính chính: a correction is a fact of its own."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Annotated, Any, get_type_hints

from fastapi import APIRouter, Query
from pydantic import Field

from scheduler.database import ReadSession
from scheduler.meetings.access import find_meeting, require
from scheduler.permissions import may_correct, may_see_proceedings
from scheduler.proceedings.encoding import read_value, to_plain
from scheduler.proceedings.errors import Malformed
from scheduler.proceedings.facts import By, Corrected, Fact
from scheduler.proceedings.log import fact_by_id, facts_of
from scheduler.proceedings.wire import fact_to_json
from web.api.call import Body, Json, Somebody
from web.errors import BadInput, NotFound, Unreachable

router = APIRouter(tags=["proceedings"])

PAGE = 1000


class CorrectionIn(Body):
    fact_id: Annotated[str, Field(min_length=1, max_length=36)]
    field: Annotated[str, Field(min_length=1, max_length=64)]
    new: Any
    reason: Annotated[str, Field(min_length=1, max_length=1000)]


@router.get("/meetings/{meeting_id}/proceedings")
async def read(meeting_id: str, call: Somebody, after: Annotated[str | None, Query(max_length=36)] = None) -> Json:
    """Facts in order, after the fact with this id; ``next`` goes on."""
    async with call.database.reading() as session:
        actor = await call.actor(session)
        _, access = await find_meeting(session, actor, meeting_id)
        require(may_see_proceedings(actor, access), "see_proceedings", "chair", "secretary", "clerk")
        facts = await facts_of(session, meeting_id)
    start = next((number + 1 for number, fact in enumerate(facts) if fact.id == after), 0)
    page = facts[start : start + PAGE]
    more = page[-1].id if len(facts) > start + PAGE else None
    return {"items": [fact_to_json(fact) for fact in page], "next": more}


@router.post("/meetings/{meeting_id}/corrections", status_code=201)
async def correct(meeting_id: str, body: CorrectionIn, call: Somebody) -> Json:
    async with call.database.reading() as session:
        actor = await call.actor(session)
        _, access = await find_meeting(session, actor, meeting_id)
        require(may_correct(actor, access), "correct", "chair", "secretary")
        old = await _old_value(session, meeting_id, body)
    if call.services.hub is None:
        raise Unreachable
    correction = Corrected(body.fact_id, body.field, old, _text(body.new), body.reason)
    facts = await call.services.hub.append(meeting_id, [correction], By(person_id=actor.person_id))
    return {"fact": fact_to_json(facts[-1])}


async def _old_value(session: ReadSession, meeting_id: str, body: CorrectionIn) -> str:
    """What stands there now, as JSON text; refuses a field that is not there and a value that does not fit it."""
    fact = await fact_by_id(session, body.fact_id)
    if fact is None or fact.log.meeting_id != meeting_id:
        raise NotFound
    if isinstance(fact.body, Corrected) or body.field not in {item.name for item in fields(_body(fact))}:
        raise BadInput(detail={"field": "unknown"})
    try:
        read_value(get_type_hints(type(fact.body))[body.field], body.new, body.field)
    except Malformed:
        raise BadInput(detail={"new": "unknown"}) from None
    return _text(to_plain(getattr(fact.body, body.field)))


def _body(fact: Fact) -> Any:
    return fact.body


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
