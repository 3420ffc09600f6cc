"""Papers: hand in, order, withdraw, download, look at page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, File, Form, Query, UploadFile
from pydantic import Field
from starlette.responses import Response, StreamingResponse

from recordings.papers.add import add_paper, is_viewable, may_be_secret
from recordings.papers.pages import page_image
from recordings.papers.sniff import PDF
from recordings.papers.take_in import take_in
from recordings.papers.withdraw import withdraw_paper
from scheduler import search
from scheduler.database import ReadSession, WriteSession
from scheduler.meetings.access import find_meeting, require
from scheduler.meetings.agenda import AgendaItem
from scheduler.meetings.paper import Paper
from scheduler.permissions import Actor, may_add_paper, may_see_paper
from web.api.call import Body, Json, SessionCall, Somebody
from web.errors import BadInput, NotFound
from web.services import Services

router = APIRouter(tags=["papers"])

CHUNK_BYTES = 256 * 1024
_SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


class PaperIn(Body):
    title: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    item_id: Annotated[str, Field(max_length=36)] | None = None
    position: Annotated[int, Field(ge=0, le=10_000)] | None = None


@router.post("/meetings/{meeting_id}/papers", status_code=201)
async def hand_in(
    meeting_id: str,
    call: Somebody,
    file: Annotated[UploadFile, File()],
    title: Annotated[str, Form(max_length=500)] = "",
    item_id: Annotated[str | None, Form(max_length=36)] = None,
    not_secret: Annotated[bool, Form()] = False,
) -> Json:
    """Asked first, stored then: who may not hand in stores nothing."""
    async with call.database.reading() as reading:
        actor = await call.actor(reading)
        meeting, access = await find_meeting(reading, actor, meeting_id)
        require(may_add_paper(actor, access), "add_paper", "secretary", "chair")
    services = call.services
    taken = await take_in(
        services.store,
        services.renderer,
        _chunks(file),
        not_secret=not_secret or may_be_secret(meeting.security_marking, services.secrecy),
        limit_bytes=services.settings.upload_limit,
    )
    async with call.database.transaction() as session:
        paper = await add_paper(
            session,
            by_person_id=actor.person_id or "",
            meeting_id=meeting_id,
            taken=taken,
            file_name=file.filename or "",
            title=title,
            not_secret=not_secret,
            item_id=item_id or None,
            now=call.now,
            secrecy=services.secrecy,
        )
        await search.index_document(session, "paper", meeting_id, paper.id, paper.title)
        shape = shape_paper(paper, services)
    services.outbox_changed.set()
    await call.tell_room(meeting_id)
    return shape


async def _chunks(file: UploadFile) -> AsyncIterator[bytes]:
    while chunk := await file.read(CHUNK_BYTES):
        yield chunk


@router.patch("/papers/{paper_id}")
async def change(paper_id: str, body: PaperIn, call: Somebody) -> Json:
    async with call.database.transaction() as session:
        paper = await _changeable(session, await call.actor(session), paper_id)
        wanted = body.model_dump(exclude_unset=True)
        if wanted.get("item_id") is not None:
            item = await session.get(AgendaItem, wanted["item_id"])
            if item is None or item.meeting_id != paper.meeting_id:
                raise BadInput(detail={"item_id": "unknown"})
        for name, value in wanted.items():
            if value is not None or name == "item_id":
                setattr(paper, name, value)
        await search.index_document(session, "paper", paper.meeting_id, paper.id, paper.title)
        shape = shape_paper(paper, call.services)
    await call.tell_room(paper.meeting_id)
    return shape


@router.delete("/papers/{paper_id}", status_code=204)
async def withdraw(paper_id: str, call: Somebody) -> None:
    async with call.database.transaction() as session:
        paper = await _changeable(session, await call.actor(session), paper_id)
        await withdraw_paper(session, paper_id, call.now)
        await search.forget_document(session, "paper", paper_id)
    await call.tell_room(paper.meeting_id)


@router.get("/papers/{paper_id}/file")
async def download(paper_id: str, call: Somebody) -> Response:
    paper = await _seen(call, paper_id)
    headers = {
        "content-disposition": f"{_disposition(paper)}; filename*=UTF-8''{quote(paper.file_name)}",
        "content-length": str(paper.size_bytes),
        "content-security-policy": _SANDBOX,
        "cache-control": "private, max-age=3600",
        "etag": f'"{paper.sha256}"',
    }
    if call.request.headers.get("if-none-match") == headers["etag"]:
        return Response(status_code=304, headers={"etag": headers["etag"]})
    return StreamingResponse(call.services.store.stream(paper.sha256), 200, headers, paper.media_type)


def _disposition(paper: Paper) -> str:
    return "inline" if paper.media_type == PDF else "attachment"


@router.get("/papers/{paper_id}/pages/{number}.png")
async def page(
    paper_id: str, number: int, call: Somebody, width: Annotated[int, Query(ge=64, le=4096)] = 960
) -> Response:
    paper = await _seen(call, paper_id)
    image = await page_image(call.services.store, call.services.renderer, paper, number, width)
    return Response(image, media_type="image/png", headers={"cache-control": "private, max-age=86400"})


async def _seen(call: SessionCall, paper_id: str) -> Paper:
    async with call.database.reading() as session:
        actor = await call.actor(session)
        paper = await session.get(Paper, paper_id)
        if paper is None:
            raise NotFound
        _, access = await find_meeting(session, actor, paper.meeting_id)
        if not may_see_paper(actor, access, withdrawn=paper.withdrawn_at is not None):
            raise NotFound
        return paper


async def _changeable(session: ReadSession | WriteSession, actor: Actor, paper_id: str) -> Paper:
    paper = await session.get(Paper, paper_id)
    if paper is None or paper.withdrawn_at is not None:
        raise NotFound
    _, access = await find_meeting(session, actor, paper.meeting_id)
    require(may_add_paper(actor, access), "add_paper", "secretary", "chair")
    return paper


def shape_paper(paper: Paper, services: Services) -> dict[str, Any]:
    return {
        "id": paper.id,
        "title": paper.title,
        "file_name": paper.file_name,
        "media_type": paper.media_type,
        "size_bytes": paper.size_bytes,
        "sha256": paper.sha256,
        "page_count": paper.page_count,
        "item_id": paper.item_id,
        "position": paper.position,
        "uploaded_by": paper.uploaded_by,
        "uploaded_at": paper.uploaded_at,
        "viewable": is_viewable(paper, services.office),
    }
