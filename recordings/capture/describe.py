"""What web asks of recordings: the JSON of ``GET /api/meetings/{id}/recording``, files to serve, a moment's second."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from recordings.capture.recording import Recording, RecordingSegment
from recordings.capture.timeline import Timeline
from recordings.settings import CaptureSettings
from scheduler.database import ReadSession, WriteSession
from scheduler.proceedings.facts import RecordingStarted, RecordingStopped
from scheduler.proceedings.log import facts_of

MP4_NAME = "recording.mp4"
_NONE: dict[str, Any] = {
    "id": None,
    "state": "none",
    "progress": 0,
    "duration_ms": None,
    "sha256": None,
    "segments": [],
    "mp4": None,
    "chapters": [],
    "papers": [],
    "gaps": [],
    "error": "",
}


async def describe(session: ReadSession | WriteSession, meeting_id: str) -> dict[str, Any]:
    """The recording of a meeting as API.md has it; state "none" when there is none (or it was taken away)."""
    recording = await recording_of(session, meeting_id)
    if recording is None:
        return _NONE | await _going_on(session, meeting_id)
    if recording.deleted_at is not None:
        return dict(_NONE)
    contents = json.loads(recording.contents_json)
    return {
        "id": recording.id,
        "state": recording.state,
        "progress": recording.progress,
        "duration_ms": recording.duration_ms,
        "sha256": recording.sha256,
        "segments": [_segment(segment) for segment in await segments_of(session, recording.id)],
        "mp4": _mp4(recording),
        "chapters": contents.get("chapters", []),
        "papers": contents.get("papers", []),
        "gaps": contents.get("gaps", []),
        "error": recording.error,
    }


async def recording_of(session: ReadSession | WriteSession, meeting_id: str) -> Recording | None:
    """The newest recording of the meeting."""
    query = select(Recording).where(Recording.meeting_id == meeting_id).order_by(Recording.started_at.desc()).limit(1)
    return (await session.scalars(query)).first()


async def segments_of(session: ReadSession | WriteSession, recording_id: str) -> list[RecordingSegment]:
    query = select(RecordingSegment).where(RecordingSegment.recording_id == recording_id)
    return list((await session.scalars(query.order_by(RecordingSegment.number))).all())


async def segment_file(
    session: ReadSession | WriteSession, settings: CaptureSettings, recording_id: str, number: int
) -> tuple[Path, str] | None:
    """Path and media type of a segment; None when there is no such segment."""
    for segment in await segments_of(session, recording_id):
        if segment.number == number:
            return settings.files_of(recording_id) / segment.file_name, segment.media_type
    return None


def mp4_file(settings: CaptureSettings, recording_id: str) -> Path:
    """Where the archive's MP4 lies once the recording is archived."""
    return settings.files_of(recording_id) / MP4_NAME


async def locate(session: ReadSession | WriteSession, meeting_id: str, at: datetime) -> int | None:
    """The recording's millisecond of a moment of the meeting; None when that moment is not in it, or not yet known."""
    recording = await recording_of(session, meeting_id)
    spans = json.loads(recording.contents_json).get("timeline", []) if recording else []
    timeline = Timeline.from_json(spans)
    wall_ns = int(at.timestamp() * 1000) * 1_000_000
    if not timeline.spans or wall_ns > timeline.spans[-1].wall_ns + timeline.spans[-1].wall_length_ns:
        return None
    return timeline.place_ms(wall_ns)


async def _going_on(session: ReadSession | WriteSession, meeting_id: str) -> dict[str, Any]:
    """What the proceedings know of a recording that is not finished yet."""
    facts = await facts_of(session, meeting_id)
    started = [fact.body for fact in facts if isinstance(fact.body, RecordingStarted | RecordingStopped)]
    if not started:
        return {}
    state = "capturing" if isinstance(started[-1], RecordingStarted) else "preparing"
    return {"id": started[-1].recording_id, "state": state}


def _segment(segment: RecordingSegment) -> dict[str, Any]:
    return {
        "url": f"/api/recordings/{segment.recording_id}/segments/{segment.number}",
        "start_ms": segment.start_ms,
        "duration_ms": segment.duration_ms,
        "media_type": segment.media_type,
    }


def _mp4(recording: Recording) -> dict[str, Any] | None:
    if recording.size_bytes is None:
        return None
    return {"url": f"/api/recordings/{recording.id}/recording.mp4", "size_bytes": recording.size_bytes}
