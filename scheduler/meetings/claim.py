"""Claims a plan for a change: of two who edit at the same time, one waits and is then told that he is stale."""

from __future__ import annotations

from sqlalchemy.orm.attributes import flag_modified
from sqlalchemy.orm.exc import StaleDataError

from scheduler.database import WriteSession
from scheduler.errors import Stale
from scheduler.meetings.meeting import Meeting


async def claim(session: WriteSession, meeting: Meeting) -> None:
    """Raise the version first: whoever edits at the same time waits, and is then told that he is stale."""
    before = meeting.version
    flag_modified(meeting, "title")
    try:
        await session.flush()
    except StaleDataError as raced:
        raise Stale(before, None) from raced
