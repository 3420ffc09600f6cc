"""Draft the minutes: locked facts drawn from the proceedings, an empty text beside them. Again: the facts are redrawn.

Until the secretary signs, an Đính chính made in the log enters by redrawing; the text is never touched by it.
"""

from __future__ import annotations

import json
from datetime import datetime

from recordings.errors import Conflict
from recordings.minutes.access import AnySession, open_minutes, require, require_status
from recordings.minutes.correction import corrected
from recordings.minutes.course import fold
from recordings.minutes.locked import Facts, ids_in, locked_facts
from recordings.minutes.names import load_names
from recordings.minutes.tables import Minutes, Revision
from recordings.minutes.text import Section, Text
from scheduler.database import WriteSession
from scheduler.meetings.meeting import Meeting
from scheduler.permissions import Actor, may_write_minutes
from scheduler.proceedings.log import facts_of, logs_of

ENDED_STAGES = frozenset({"adjourned", "minuted", "signed", "published", "filed"})


async def draft_minutes(session: WriteSession, actor: Actor, meeting_id: str, now: datetime) -> Minutes:
    """Make the draft, or redraw the facts of the one that is there."""
    opened = await open_minutes(session, actor, meeting_id)
    require(may_write_minutes(actor, opened.access), "write")
    if opened.meeting.stage not in ENDED_STAGES:
        raise Conflict("Cuộc họp chưa kết thúc, chưa lập biên bản được.", code="wrong_stage")
    if opened.minutes is not None:
        require_status(opened.minutes, "draft", "review")
        opened.minutes.facts_json = _dump(await draw_facts(session, opened.meeting))
        return opened.minutes
    return await _first(session, actor, opened.meeting, now)


async def _first(session: WriteSession, actor: Actor, meeting: Meeting, now: datetime) -> Minutes:
    facts = await draw_facts(session, meeting)
    minutes = Minutes(
        meeting_id=meeting.id,
        issuing_unit_id=meeting.issuing_unit_id,
        facts_json=_dump(facts),
        created_by=actor.person_id,
        created_at=now,
    )
    session.add(minutes)
    await session.flush()
    text = Text(tuple(Section(item["item_id"]) for item in facts["items"]))
    session.add(
        Revision(minutes_id=minutes.id, number=1, author_person_id=actor.person_id, at=now, text_json=text.to_json())
    )
    await session.flush()
    return minutes


async def draw_facts(session: AnySession, meeting: Meeting) -> Facts:
    """The locked facts as the log says now."""
    facts, corrections = corrected(await facts_of(session, meeting.id))
    course = fold(facts)
    persons, units = ids_in(course, corrections)
    names = await load_names(session, meeting, persons, units)
    return locked_facts(course, corrections, names, await logs_of(session, meeting.id))


def facts_in(minutes: Minutes) -> Facts:
    facts: Facts = json.loads(minutes.facts_json)
    return facts


def _dump(facts: Facts) -> str:
    return json.dumps(facts, ensure_ascii=False)
