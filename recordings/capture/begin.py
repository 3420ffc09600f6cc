"""Begin the finishing of a recording that has stopped. Until then the proceedings alone know that it goes on."""

from __future__ import annotations

from datetime import UTC, datetime

from recordings.capture.course import course_of
from recordings.capture.recording import Recording
from recordings.capture.retention import keep_until
from recordings.errors import NotFound
from scheduler.database import WriteSession
from scheduler.meetings.meeting import Meeting
from scheduler.proceedings.log import facts_of

PREPARE = "finish_recording"
"""Outbox kind of job 1, ``{"meeting_id", "recording_id"}``, written with the fact RecordingStopped: ``prepare()``."""

ARCHIVE = "archive_recording"
"""Outbox kind of job 2, ``{"meeting_id", "recording_id"}``, written when job 1 is done: ``archive()``."""


async def begin(session: WriteSession, recording_id: str, meeting_id: str | None) -> Recording:
    """The recording's row, made from the facts the first time; ``NotFound`` when no such recording was started."""
    recording = await session.get(Recording, recording_id)
    if recording is not None:
        return recording
    meeting = await session.get(Meeting, meeting_id) if meeting_id else None
    course = course_of(await facts_of(session, meeting.id), recording_id) if meeting else None
    if meeting is None or course is None or course.begin_ns is None:
        raise NotFound("Không có bản ghi hình này.")
    started_at, stopped_at = _instant(course.begin_ns), _instant(course.end_ns or course.begin_ns)
    recording = Recording(
        id=recording_id,
        meeting_id=meeting.id,
        state="preparing",
        started_at=started_at,
        stopped_at=stopped_at,
        keep_until=keep_until(meeting.kind, stopped_at),
    )
    session.add(recording)
    await session.flush()
    return recording


def _instant(ns: int) -> datetime:
    return datetime.fromtimestamp(ns // 1_000_000 / 1000, UTC)
