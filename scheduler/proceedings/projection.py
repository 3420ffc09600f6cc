"""What facts change outside the log, in the same transaction: the meeting's stage, last time's people.

Whoever sits above adds his own (``log.LogWriter(follow=…)``): a recording's row, say.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, select, update

from scheduler.database import WriteSession
from scheduler.meetings.meeting import MOVES, Meeting, Stage
from scheduler.organization.site import SitePeople
from scheduler.proceedings import facts as f
from scheduler.proceedings.encoding import to_plain
from scheduler.proceedings.errors import Refused, UnknownMeeting

STAGES: dict[type[f.Body], Stage] = {
    f.TestingOpened: "testing",
    f.Convened: "convened",
    f.Suspended: "suspended",
    f.Resumed: "convened",
    f.Adjourned: "adjourned",
}
"""Facts that move the meeting to another stage."""


async def project(session: WriteSession, fact: f.Fact) -> None:
    stage = STAGES.get(type(fact.body))
    if stage is not None:
        await move(session, fact.log.meeting_id, stage)
    follow = _FOLLOW.get(type(fact.body))
    if follow is not None:
        await follow(session, fact, fact.body)


async def move(session: WriteSession, meeting_id: str, stage: Stage) -> None:
    """Move the meeting, if the table of moves allows it; its plan's version grows, so stale edits are noticed."""
    found = await session.execute(select(Meeting.stage).where(Meeting.id == meeting_id))
    now_in: Any = found.scalar_one_or_none()
    if now_in is None:
        raise UnknownMeeting(meeting_id)
    if stage not in MOVES[now_in]:
        raise Refused("wrong_stage", detail=f"{now_in} → {stage}")
    moved = await session.execute(
        update(Meeting)
        .where(Meeting.id == meeting_id, Meeting.stage == now_in)
        .values(stage=stage, version=Meeting.version + 1)
        .execution_options(synchronize_session=False)
    )
    if isinstance(moved, CursorResult) and moved.rowcount != 1:
        raise Refused("wrong_stage", detail=f"no longer {now_in}")


async def _remember_people(session: WriteSession, fact: f.Fact, body: f.HeadCountReported) -> None:
    """Next time the site need not type them again."""
    people = json.dumps(to_plain(body.people), ensure_ascii=False)
    at = datetime.fromisoformat(fact.at)
    await session.merge(SitePeople(site_id=body.site_id, head_count=body.head_count, people_json=people, at=at))


_FOLLOW: dict[type[f.Body], Callable[[WriteSession, f.Fact, Any], Awaitable[None]]] = {
    f.HeadCountReported: _remember_people,
}
