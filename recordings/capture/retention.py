"""How long a recording is kept, by kind of meeting; pure rules, and the act of taking away what is past its time."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from sqlalchemy import select

from recordings.capture.recording import Recording
from recordings.settings import CaptureSettings
from scheduler.database import WriteSession

YEARS: Mapping[str, int | None] = MappingProxyType({"hoi_nghi": None, "giao_ban": 10, "hop_khan": 10})
"""Kind of meeting → years; None: for good. A kind not named here is kept for good too: never lose by default."""


def keep_until(kind: str, stopped_at: datetime, years: Mapping[str, int | None] = YEARS) -> datetime | None:
    """When a recording of this kind of meeting may go; None: never."""
    kept = years.get(kind)
    return None if kept is None else stopped_at + timedelta(days=round(kept * 365.25))


async def take_away(session: WriteSession, settings: CaptureSettings, now: datetime) -> list[str]:
    """Delete the files of recordings past their time; what is known of them, hash included, stays."""
    due = select(Recording).where(Recording.keep_until <= now, Recording.deleted_at.is_(None))
    taken = []
    for recording in (await session.scalars(due)).all():
        for folder in (settings.captures_of(recording.id), settings.files_of(recording.id)):
            shutil.rmtree(folder, ignore_errors=True)
        recording.deleted_at = now
        taken.append(recording.id)
    return taken
