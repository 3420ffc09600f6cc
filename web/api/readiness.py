"""The check that runs at a site by itself before a meeting: bytes to measure the line with, and its report."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.responses import Response, StreamingResponse

from scheduler.database import ReadSession, WriteSession
from scheduler.errors import NotAllowed
from scheduler.linked.readiness import MOST_HEADS, MOST_PEOPLE, Check, Readiness, readiness_of, report_readiness
from scheduler.meetings.access import find_meeting
from scheduler.permissions import acts_for_site
from scheduler.proceedings.facts import Somebody as Attending
from web.api.call import Body, Json, SessionCall, Somebody
from web.errors import TooManyAttempts

router = APIRouter(tags=["readiness"])

MOST_BYTES = 1024 * 1024
AGAIN_S = 3
"""Only a few measure at a time (``services.measuring``), or they would measure each other; the others come again."""
CHUNK = 64 * 1024
Figure = Annotated[int, Field(ge=0, le=10_000_000)]


class PersonIn(Body):
    name: Annotated[str, Field(max_length=200)]
    post: Annotated[str, Field(max_length=200)] = ""


class ReadinessIn(Body):
    microphone: bool
    camera: bool
    down_kbps: Figure
    up_kbps: Figure
    rtt_ms: Figure
    loss: Annotated[float, Field(ge=0, le=1)] = 0.0
    clock_ms: Annotated[int, Field(ge=-(10**10), le=10**10)] = 0
    head_count: Annotated[int, Field(ge=0, le=MOST_HEADS)] | None = None
    people: Annotated[list[PersonIn], Field(max_length=MOST_PEOPLE, default_factory=list)]
    site_id: Annotated[str, Field(min_length=1, max_length=36)] | None = None

    def check(self) -> Check:
        values = self.model_dump(exclude={"people", "site_id"})
        return Check(**values, people=tuple(Attending(one.name, one.post) for one in self.people))


@router.get("/readiness/bytes")
async def download(call: Somebody, n: Annotated[int, Query(ge=1, le=MOST_BYTES)] = MOST_BYTES) -> Response:
    """Bytes that no proxy can compress."""
    headers = {"cache-control": "no-store", "content-length": str(n)}
    return StreamingResponse(_bytes(_turn(call), n), media_type="application/octet-stream", headers=headers)


async def _bytes(turn: asyncio.Semaphore, n: int) -> AsyncIterator[bytes]:
    async with turn:
        for start in range(0, n, CHUNK):
            yield os.urandom(min(CHUNK, n - start))


@router.post("/readiness/bytes")
async def upload(request: Request, call: Somebody) -> Json:
    """Counts what comes and keeps nothing; the limit of a body holds."""
    async with _turn(call):
        count = 0
        async for chunk in request.stream():
            count += len(chunk)
    return {"bytes": count, "now": call.services.now()}


def _turn(call: SessionCall) -> asyncio.Semaphore:
    turns = call.services.measuring
    if turns.locked():
        raise TooManyAttempts(AGAIN_S)
    return turns


@router.get("/meetings/{meeting_id}/readiness")
async def read(meeting_id: str, call: Somebody) -> Json:
    """The newest check of one's own site."""
    async with call.database.reading() as session:
        site_id = await _own_site(call, session, meeting_id, None)
        found = await readiness_of(session, meeting_id, site_id)
    return {"site_id": site_id, "now": call.now, "check": shape(found) if found else None}


@router.post("/meetings/{meeting_id}/readiness")
async def report(meeting_id: str, body: ReadinessIn, call: Somebody) -> Json:
    async with call.database.transaction() as session:
        site_id = await _own_site(call, session, meeting_id, body.site_id)
        actor = await call.actor(session)
        kept = await report_readiness(session, actor, meeting_id, site_id, body.check(), call.now)
        return {"site_id": site_id, "now": call.now, "check": shape(kept)}


async def _own_site(call: SessionCall, session: ReadSession | WriteSession, meeting_id: str, wanted: str | None) -> str:
    actor = await call.actor(session)
    _, access = await find_meeting(session, actor, meeting_id)
    mine = [site_id for site_id, _ in access.sites if acts_for_site(actor, access, site_id)]
    site_id = wanted or next(iter(mine), None)
    if site_id is None or site_id not in mine:
        raise NotAllowed("report_readiness", ("site",))
    return site_id


def shape(check: Readiness) -> dict[str, Any]:
    names = ("at", "microphone", "camera", "down_kbps", "up_kbps", "rtt_ms", "loss", "clock_ms", "head_count")
    shown = {name: getattr(check, name) for name in names}
    return {**shown, "problems": check.problems.split(), "is_ready": check.is_ready}
