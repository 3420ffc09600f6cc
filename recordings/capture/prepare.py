"""Job 1, when a recording has stopped: the files a browser plays. Safe to run again after any crash."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import delete

from recordings.capture.begin import ARCHIVE, begin
from recordings.capture.contents import contents, names_of, site_ids_in
from recordings.capture.course import course_of
from recordings.capture.job import OnProgress, run
from recordings.capture.recording import Recording, RecordingSegment
from recordings.capture.scan import Seen
from recordings.capture.timeline import Interval, Timeline
from recordings.errors import JobFailed
from recordings.settings import CaptureSettings
from scheduler.database import Database
from scheduler.outbox import enqueue
from scheduler.proceedings.log import facts_of


async def prepare(
    database: Database,
    settings: CaptureSettings,
    recording_id: str,
    on_progress: OnProgress | None = None,
    *,
    meeting_id: str | None = None,
) -> None:
    """Make the recording playable and have its archive made next; does nothing when it is playable already.

    ``meeting_id`` is needed the first time, when there is no row yet.
    """
    async with database.transaction() as session:
        recording = await begin(session, recording_id, meeting_id)
        if recording.state in ("playable", "archived"):
            return
        facts = await facts_of(session, recording.meeting_id)
    job = {
        "do": "prepare",
        "captures": str(settings.captures_of(recording_id)),
        "files": str(settings.files_of(recording_id)),
        "course": course_of(facts, recording_id).to_json(),
        "gap_shown_ms": settings.gap_shown_ms,
    }
    try:
        done = await run(job, Reporter(database, recording_id, on_progress))
    except JobFailed as error:
        await _fail(database, recording_id, str(error))
        raise
    await _store(database, recording_id, done)


class Reporter:
    """Writes a job's progress down, every ten percent, and passes it on."""

    def __init__(self, database: Database, recording_id: str, on_progress: OnProgress | None) -> None:
        self._database = database
        self._recording_id = recording_id
        self._on_progress = on_progress
        self._written = -10

    async def __call__(self, percent: int) -> None:
        if percent - self._written >= 10:
            self._written = percent
            async with self._database.transaction() as session:
                (await session.get_one(Recording, self._recording_id)).progress = percent
        if self._on_progress is not None:
            await self._on_progress(percent)


async def _fail(database: Database, recording_id: str, reason: str) -> None:
    async with database.transaction() as session:
        recording = await session.get_one(Recording, recording_id)
        recording.state, recording.error = "failed", reason


async def _store(database: Database, recording_id: str, done: dict[str, Any]) -> None:
    """One transaction: segments, contents, the state, and the next job."""
    timeline = Timeline.from_json(done["timeline"])
    seen = [Seen(*fields) for fields in done["seen"]]
    presented = [Interval(*fields) for fields in done["presented"]]
    async with database.transaction() as session:
        recording = await session.get_one(Recording, recording_id, with_for_update=True)
        if recording.state in ("playable", "archived"):
            return
        facts = await facts_of(session, recording.meeting_id)
        names = await names_of(session, recording.meeting_id, site_ids_in(facts, seen))
        await session.execute(delete(RecordingSegment).where(RecordingSegment.recording_id == recording_id))
        session.add_all(RecordingSegment(recording_id=recording_id, **segment) for segment in done["segments"])
        recording.contents_json = json.dumps(contents(timeline, seen, presented, facts, names))
        recording.duration_ms = timeline.duration_ms
        recording.state, recording.progress, recording.error = "playable", 0, ""
        enqueue(session, ARCHIVE, {"meeting_id": recording.meeting_id, "recording_id": recording_id})
