"""Begin and stop a recording's row: called in the transaction of the facts RecordingStarted and RecordingStopped."""

from __future__ import annotations

from datetime import datetime

from recordings.capture.recording import Recording
from recordings.capture.retention import keep_until
from scheduler.database import WriteSession
from scheduler.meetings.meeting import Meeting
from scheduler.outbox import enqueue

PREPARE = "prepare_recording"
"""Outbox kind of job 1, payload ``{"recording_id"}``: the file a browser plays (``prepare.prepare``)."""

ARCHIVE = "archive_recording"
"""Outbox kind of job 2, payload ``{"recording_id"}``: the MP4 and its hash (``archive.archive``)."""


async def begin(session: WriteSession, meeting_id: str, recording_id: str, at: datetime) -> None:
    """A recording of this meeting goes on; again with the same id changes nothing."""
    if await session.get(Recording, recording_id) is None:
        session.add(Recording(id=recording_id, meeting_id=meeting_id, started_at=at))


async def stop(session: WriteSession, recording_id: str, at: datetime) -> None:
    """It stopped: its files are to be made. Again changes nothing."""
    recording = await session.get(Recording, recording_id)
    if recording is None or recording.state != "capturing":
        return
    meeting = await session.get_one(Meeting, recording.meeting_id)
    recording.state, recording.stopped_at = "preparing", at
    recording.keep_until = keep_until(meeting.kind, at)
    enqueue(session, PREPARE, {"recording_id": recording_id}, at)
