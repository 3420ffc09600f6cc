"""Search over meetings, items, papers and minutes; every hit is one the searcher may see."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from scheduler.meetings.archive_search import search_archive
from scheduler.meetings.queries import MeetingFilter
from web.api.call import Json, Somebody
from web.api.shapes import shape_card

router = APIRouter(tags=["archive"])


@router.get("/search")
async def search(
    call: Somebody,
    q: Annotated[str, Query(max_length=200)] = "",
    unit: Annotated[str | None, Query(max_length=36)] = None,
    level: Annotated[str | None, Query(max_length=32)] = None,
    since: Annotated[AwareDatetime | None, Query(alias="from")] = None,
    until: Annotated[AwareDatetime | None, Query(alias="to")] = None,
    cursor: Annotated[str | None, Query(max_length=100)] = None,
) -> Json:
    wanted = MeetingFilter((), unit, level, since, until)
    async with call.database.reading() as session:
        page = await search_archive(session, await call.actor(session), q, wanted, call.now, cursor)
    return {"items": [{**asdict(hit), "meeting": shape_card(hit.meeting)} for hit in page.items], "next": page.next}
