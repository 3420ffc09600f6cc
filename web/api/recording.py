"""The recording: what there is of it, and its files, with ranges so that a player can jump."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from starlette.responses import FileResponse

from recordings.capture.describe import describe, mp4_file, segment_file
from recordings.capture.recording import Recording
from scheduler.database import ReadSession
from scheduler.meetings.access import find_meeting
from scheduler.permissions import may_see_recording
from web.api.call import Json, SessionCall, Somebody
from web.errors import NotFound

router = APIRouter(tags=["recording"])

_PRIVATE = {"cache-control": "private, max-age=3600"}


@router.get("/meetings/{meeting_id}/recording")
async def read(meeting_id: str, call: Somebody) -> Json:
    async with call.database.reading() as session:
        await _check(session, call, meeting_id)
        return await describe(session, meeting_id)


@router.get("/recordings/{recording_id}/segments/{number}")
async def segment(recording_id: str, number: int, call: Somebody) -> FileResponse:
    async with call.database.reading() as session:
        await _recording(session, call, recording_id)
        found = await segment_file(session, call.services.captures, recording_id, number)
    if found is None:
        raise NotFound
    return _file(*found)


@router.get("/recordings/{recording_id}/recording.mp4")
async def archive(recording_id: str, call: Somebody) -> FileResponse:
    async with call.database.reading() as session:
        await _recording(session, call, recording_id)
    return _file(mp4_file(call.services.captures, recording_id), "video/mp4")


def _file(path: Path, media_type: str) -> FileResponse:
    if not path.is_file():
        raise NotFound
    return FileResponse(path, media_type=media_type, headers=_PRIVATE)  # answers Range requests itself


async def _recording(session: ReadSession, call: SessionCall, recording_id: str) -> None:
    recording = await session.get(Recording, recording_id)
    if recording is None or recording.deleted_at is not None:
        raise NotFound
    await _check(session, call, recording.meeting_id)


async def _check(session: ReadSession, call: SessionCall, meeting_id: str) -> None:
    actor = await call.actor(session)
    _, access = await find_meeting(session, actor, meeting_id)
    if not may_see_recording(actor, access):
        raise NotFound
