"""Rounds of comments on draft minutes: the secretary asks until a deadline, those invited comment, he answers each."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import AwareDatetime, Field

from recordings.minutes.comments import LONGEST, add_comment, comments_json, resolve_comment
from recordings.minutes.rounds import close_round, open_round
from web.api.call import Body, Json, Somebody

router = APIRouter(prefix="/meetings/{meeting_id}/minutes", tags=["minutes"])


class RoundIn(Body):
    deadline: AwareDatetime
    note: Annotated[str, Field(max_length=2000)] = ""


class CommentIn(Body):
    revision: Annotated[int, Field(ge=1, le=2**31 - 1)]
    part: Annotated[str, Field(max_length=80)]
    paragraph: Annotated[int, Field(ge=0, le=2**31 - 1)]
    text: Annotated[str, Field(max_length=LONGEST)]


class AnswerIn(Body):
    outcome: Literal["accepted", "declined"]
    answer: Annotated[str, Field(max_length=LONGEST)] = ""


@router.get("/comments")
async def read(meeting_id: str, call: Somebody) -> Json:
    async with call.database.reading() as session:
        return await comments_json(session, await call.actor(session), meeting_id, call.now)


@router.post("/rounds", status_code=201)
async def ask(meeting_id: str, body: RoundIn, call: Somebody) -> Json:
    deadline: datetime = body.deadline
    async with call.database.transaction() as session:
        actor = await call.actor(session)
        await open_round(session, actor, meeting_id, deadline=deadline, note=body.note, now=call.now)
    return await read(meeting_id, call)


@router.post("/rounds/close")
async def end(meeting_id: str, call: Somebody) -> Json:
    async with call.database.transaction() as session:
        await close_round(session, await call.actor(session), meeting_id, call.now)
    return await read(meeting_id, call)


@router.post("/comments", status_code=201)
async def comment(meeting_id: str, body: CommentIn, call: Somebody) -> Json:
    async with call.database.transaction() as session:
        actor = await call.actor(session)
        await add_comment(session, actor, meeting_id, **body.model_dump(), now=call.now)
    return await read(meeting_id, call)


@router.post("/comments/{comment_id}/resolve")
async def resolve(meeting_id: str, comment_id: str, body: AnswerIn, call: Somebody) -> Json:
    async with call.database.transaction() as session:
        actor = await call.actor(session)
        await resolve_comment(session, actor, meeting_id, comment_id, **body.model_dump(), now=call.now)
    return await read(meeting_id, call)
