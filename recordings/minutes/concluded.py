"""What a meeting concluded, for the next one to begin with: what its minutes say, else what the room recorded.

What was recorded counts as it stands after every Đính chính, one made after the signatures too; beside it, item by
item, what the secretary wrote in the newest revision. Minutes that were recalled no longer hold.
"""

from __future__ import annotations

from sqlalchemy import select

from recordings.minutes.access import AnySession
from recordings.minutes.draft import draw_facts
from recordings.minutes.form import minutes_form
from recordings.minutes.tables import Minutes, Revision
from recordings.minutes.text import Text, text_from_json
from scheduler.meetings.clone import Concluded, GivenTask
from scheduler.meetings.meeting import Meeting


async def concluded(session: AnySession, meeting: Meeting) -> Concluded:
    """Conclusions and tasks in the order in which the minutes list them."""
    form = minutes_form(await draw_facts(session, meeting), await _written(session, meeting.id))
    lines = [line for item in form["items"] for line in item["conclusions"]]
    tasks = [GivenTask(what, lead, helpers, due) for _, what, lead, helpers, due in form["tasks"]]
    return Concluded(tuple(lines), tuple(tasks))


async def _written(session: AnySession, meeting_id: str) -> Text:
    query = (
        select(Revision.text_json)
        .join(Minutes, (Minutes.id == Revision.minutes_id) & (Minutes.revision == Revision.number))
        .where(Minutes.meeting_id == meeting_id, Minutes.status != "recalled")
    )
    text = await session.scalar(query)
    return Text() if text is None else text_from_json(text)
