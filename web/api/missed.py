"""What a room missed of the recording above while it was cut off, once it is here."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import FileResponse

from scheduler.database import ReadSession
from scheduler.meetings.access import find_meeting
from scheduler.permissions import may_see_recording
from web.api.call import Json, SessionCall, Somebody
from web.errors import NotFound

router = APIRouter(tags=["recording"])


@router.get("/meetings/{meeting_id}/missed")
async def read(meeting_id: str, call: Somebody) -> Json:
    async with call.database.reading() as session:
        await _check(session, call, meeting_id)
    base = f"/api/meetings/{meeting_id}/missed"
    return {
        "items": [
            {
                "begin_ms": part.begin_ms,
                "end_ms": part.end_ms,
                "segments": [
                    {
                        "url": f"{base}/{part.name}/{number}",
                        "media_type": segment["media_type"],
                        "duration_ms": segment["duration_ms"],
                    }
                    for number, segment in enumerate(part.segments)
                ],
                "chapters": part.chapters,
            }
            for part in await call.services.missed.parts(meeting_id)
        ]
    }


@router.get("/meetings/{meeting_id}/missed/{part}/{number}")
async def segment(meeting_id: str, part: str, number: int, call: Somebody) -> FileResponse:
    async with call.database.reading() as session:
        await _check(session, call, meeting_id)
    found = await call.services.missed.file(meeting_id, part, number)
    if found is None:
        raise NotFound
    path, media_type = found
    return FileResponse(path, media_type=media_type, headers={"cache-control": "private, max-age=3600"})


async def _check(session: ReadSession, call: SessionCall, meeting_id: str) -> None:
    actor = await call.actor(session)
    _, access = await find_meeting(session, actor, meeting_id)
    if not may_see_recording(actor, access):
        raise NotFound
