"""Job 2: the archive's MP4, its hash, and the fact that seals it. Safe to run again after any crash."""

from __future__ import annotations

import asyncio
import inspect
import json
import os
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from recordings.capture.contents import contents, names_of, site_ids_in
from recordings.capture.describe import mp4_file
from recordings.capture.job import OnProgress, run
from recordings.capture.prepare import Reporter
from recordings.capture.recording import Recording
from recordings.capture.scan import Seen
from recordings.capture.timeline import Interval, Timeline
from recordings.errors import Conflict, JobFailed, NotFound, RecordingsError
from recordings.settings import ArchiveSettings, CaptureSettings
from scheduler.database import Database
from scheduler.meetings.meeting import Meeting
from scheduler.proceedings.facts import Body, RecordingSealed
from scheduler.proceedings.log import facts_of

PageImage = Callable[[str, int, int], bytes | Awaitable[bytes]]
"""Paper id, page (from 1), width in pixels → PNG."""

AppendFact = Callable[[Body], Awaitable[object]]
"""Appends a fact to the meeting's log; returns when it is durable."""

PAGE_WIDTH = 880


async def archive(
    database: Database,
    settings: CaptureSettings,
    recording_id: str,
    page_image: PageImage,
    append_fact: AppendFact,
    on_progress: OnProgress | None = None,
) -> None:
    """Make the MP4 of a playable recording and seal it; does nothing when that is done."""
    async with database.reading() as session:
        recording = await session.get(Recording, recording_id)
        if recording is None:
            raise NotFound("Không có bản ghi hình này.")
        if recording.state == "archived":
            return
        if recording.state != "playable":
            raise Conflict("Bản ghi hình chưa sẵn sàng để lưu trữ.", code="not_playable")
    made = await _contents_now(database, recording)
    job = {
        "do": "archive",
        "captures": str(settings.captures_of(recording_id)),
        "files": str(settings.files_of(recording_id)),
        "mp4": str(mp4_file(settings, recording_id)),
        "pages": await _draw_pages(made, settings.files_of(recording_id) / "pages", page_image),
        "settings": _plain(settings.archive),
        **{name: made[name] for name in ("timeline", "scenes", "chapters", "title")},
    }
    try:
        sealed = await run(job, Reporter(database, recording_id, on_progress))
    except JobFailed as error:
        async with database.transaction() as session:  # it plays all the same
            (await session.get_one(Recording, recording_id)).error = str(error)
        raise
    await _seal(database, recording, sealed, append_fact)
    await _store(database, recording_id, made, sealed)


async def _contents_now(database: Database, recording: Recording) -> dict[str, Any]:
    """The contents with what was named or mended since the meeting."""
    known = json.loads(recording.contents_json)
    seen = [Seen(*fields) for fields in known["seen"]]
    presented = [Interval(*fields) for fields in known["presented"]]
    async with database.reading() as session:
        facts = await facts_of(session, recording.meeting_id)
        names = await names_of(session, recording.meeting_id, site_ids_in(facts, seen))
        meeting = await session.get_one(Meeting, recording.meeting_id)
    made = contents(Timeline.from_json(known["timeline"]), seen, presented, facts, names)
    return {**made, "title": meeting.title}


async def _draw_pages(made: dict[str, Any], folder: Path, page_image: PageImage) -> list[tuple[str, int, str]]:
    """PNG files of the pages that were shown; a page that cannot be drawn is left out, and the picture says so."""
    wanted = {(scene["paper_id"], scene["page"]) for scene in made["scenes"] if scene["show"] == "paper"}
    folder.mkdir(parents=True, exist_ok=True)
    pages: list[tuple[str, int, str]] = []
    for number, (paper_id, page) in enumerate(sorted(wanted)):
        try:
            drawn = await asyncio.to_thread(page_image, paper_id, page, PAGE_WIDTH)
            data = await drawn if inspect.isawaitable(drawn) else drawn
        except (RecordingsError, SQLAlchemyError, OSError, ValueError, LookupError):
            continue
        path = folder / f"{number}.png"
        path.write_bytes(data)
        pages.append((paper_id, page, os.fspath(path)))
    return pages


async def _seal(database: Database, recording: Recording, sealed: dict[str, Any], append_fact: AppendFact) -> None:
    """The fact, once: a run that was killed after it finds it in the log."""
    async with database.reading() as session:
        facts = await facts_of(session, recording.meeting_id)
    body = RecordingSealed(recording.id, sealed["sha256"], recording.duration_ms or 0)
    if not any(fact.body == body for fact in facts):
        await append_fact(body)


async def _store(database: Database, recording_id: str, made: dict[str, Any], sealed: dict[str, Any]) -> None:
    async with database.transaction() as session:
        recording = await session.get_one(Recording, recording_id)
        recording.contents_json = json.dumps({name: value for name, value in made.items() if name != "title"})
        recording.sha256, recording.size_bytes = sealed["sha256"], sealed["size_bytes"]
        recording.state, recording.progress, recording.error = "archived", 100, ""


def _plain(settings: ArchiveSettings) -> dict[str, Any]:
    return {name: os.fspath(value) if isinstance(value, Path) else value for name, value in asdict(settings).items()}
