"""Makes a plan findable: title, host, place, note and agenda go into the search index; secrets do not."""

from __future__ import annotations

from scheduler import search
from scheduler.database import WriteSession
from scheduler.meetings.agenda import items_of
from scheduler.meetings.meeting import Meeting
from scheduler.organization.unit import Unit
from scheduler.secrecy import is_secret


async def index_plan(session: WriteSession, meeting: Meeting) -> None:
    """Make title, host, place, note and items findable; secrets are not."""
    if is_secret(meeting.security_marking):
        await search.forget_meeting(session, meeting.id)
        return
    host = await session.get_one(Unit, meeting.host_unit_id)
    about = "\n".join(text for text in (host.title, meeting.place, meeting.note) if text)
    await search.index_document(session, "meeting", meeting.id, meeting.id, meeting.title, about)
    await search.forget_items(session, meeting.id)
    for item in await items_of(session, meeting.id):
        text = f"{item.presenter_name}\n{item.note}"
        await search.index_document(session, "item", meeting.id, item.id, item.title, text)
