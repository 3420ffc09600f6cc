"""What somebody sees of the letters in the mail folder: the envelope of each, the rest as far as the meeting goes.

The envelope is the address, the time, the kind and what became of the letter. The subject holds the meeting's title
and follows ``may_see_meeting``; the text holds the site's link and follows ``may_hand_out_link``. A letter that names
no meeting, or one that is gone, is an envelope.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from scheduler.database import ReadSession
from scheduler.mail import StoredLetter
from scheduler.meetings.access import load_access
from scheduler.meetings.meeting import Meeting
from scheduler.meetings.visibility import visible_to
from scheduler.permissions import Actor, may_hand_out_link


@dataclass(frozen=True, slots=True)
class SeenLetter:
    """A letter with what may be shown of it."""

    letter: StoredLetter
    subject: str | None  # None: withheld
    may_open: bool


async def seen_letters(
    session: ReadSession, actor: Actor, letters: Sequence[StoredLetter], *, withhold: bool = True
) -> list[SeenLetter]:
    """The same letters in the same order; without ``withhold`` (invented data) all of each."""
    if not withhold:
        return [SeenLetter(letter, letter.subject, True) for letter in letters]
    named = {letter.meeting_id for letter in letters if letter.meeting_id}
    query = select(Meeting).where(visible_to(actor), Meeting.id.in_(named))
    visible = {meeting.id: await load_access(session, meeting) for meeting in await session.scalars(query)}
    seen = []
    for letter in letters:
        access = visible.get(letter.meeting_id)
        may_open = access is not None and may_hand_out_link(actor, access, letter.site_id)
        seen.append(SeenLetter(letter, letter.subject if access is not None else None, may_open))
    return seen
