"""Nhân bản: makes the next meeting from the last; its conclusions and tasks come in as item 1."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from scheduler.database import WriteSession
from scheduler.errors import Invalid
from scheduler.linked.plan_tree import PlannedHost, plant_tree, tree_of
from scheduler.meetings.access import find_meeting, require
from scheduler.meetings.agenda import items_of
from scheduler.meetings.local_time import written_date
from scheduler.meetings.meeting import Meeting
from scheduler.meetings.plan import plan_meeting
from scheduler.meetings.plan_input import Plan, PlannedItem
from scheduler.permissions import Actor, may_clone
from scheduler.secrecy import NETWORKED, Secrecy

REVIEW_MINUTES = 15
_REVIEW_TITLE = "Kiểm điểm việc thực hiện kết luận của cuộc họp ngày {}"
_WEEK = timedelta(days=7)
NOTE_CHARACTERS = 9_000  # of the review; the form takes 10,000
_BULLET = re.compile(r"^[-–+•*]\s+")
_MORE = "- … (xem tiếp trong biên bản)"


@dataclass(frozen=True, slots=True)
class GivenTask:
    """A task in words: what, lead unit, with whom ("" nobody), due ("20/12/2026"; "" no date)."""

    what: str
    lead: str
    helpers: str = ""
    due: str = ""


@dataclass(frozen=True, slots=True)
class Concluded:
    """What a meeting concluded, in words. Handed in: minutes are nothing the scheduler knows."""

    conclusions: tuple[str, ...] = ()
    tasks: tuple[GivenTask, ...] = ()


NOTHING = Concluded()


async def clone_meeting(
    session: WriteSession,
    actor: Actor,
    meeting_id: str,
    now: datetime,
    last: Concluded = NOTHING,
    secrecy: Secrecy = NETWORKED,
) -> Meeting:
    """A draft like this meeting, a whole number of weeks later; ``last``: what that one concluded."""
    source, access = await find_meeting(session, actor, meeting_id)
    require(may_clone(actor, access), "clone", "secretary", "unit_administrator")
    items = await _items(session, source, last)
    starts_at = source.starts_at + _WEEK
    while starts_at <= now:
        starts_at += _WEEK
    slot = max(source.ends_at - source.starts_at, timedelta(minutes=sum(item.minutes for item in items)))
    plan = replace(_plan_of(source), starts_at=starts_at, ends_at=starts_at + slot, items=items)
    plan = replace(plan, site_ids=tuple(site_id for site_id, _ in access.sites))
    clone = await plan_meeting(session, actor, plan, now, secrecy)
    clone.cloned_from_id = source.id
    await _with_rooms(session, actor, source, clone, now)
    await session.flush()
    return clone


async def _with_rooms(session: WriteSession, actor: Actor, source: Meeting, clone: Meeting, now: datetime) -> None:
    """The tree of rooms below it too, as drafts; without it where that is not possible any more (who left, say)."""
    tree = await tree_of(session, source)
    if not tree.hosts:
        return
    try:
        async with session.begin_nested():
            await plant_tree(session, clone, tree, actor.person_id or "", now)
    except Invalid:
        bare = tuple(PlannedHost(host.unit_id, node_id=host.node_id) for host in tree.hosts)
        async with session.begin_nested():
            await plant_tree(session, clone, replace(tree, hosts=bare), actor.person_id or "", now)


def _plan_of(source: Meeting) -> Plan:
    return Plan(
        title=source.title,
        kind=source.kind,
        host_unit_id=source.host_unit_id,
        issuing_unit_id=source.issuing_unit_id,
        chair_person_id=source.chair_person_id,
        chair_site_id=source.chair_site_id,
        secretary_person_id=source.secretary_person_id,
        place=source.place,
        contact_phone=source.contact_phone,
        mode=source.mode,
        speech_limit_s=source.speech_limit_s,
        record=source.record,
        security_marking=source.security_marking,
    )


async def _items(session: WriteSession, source: Meeting, last: Concluded) -> tuple[PlannedItem, ...]:
    """The review of the last conclusions first; an older review is not carried along."""
    copied = [
        PlannedItem(item.title, item.minutes, item.presenter_unit_id, item.presenter_name)
        for item in await items_of(session, source.id)
        if not item.title.startswith(_REVIEW_TITLE.format("").strip())
    ]
    note = _review(last)
    if not note:
        return tuple(copied)
    title = _REVIEW_TITLE.format(written_date(source.starts_at))
    return (PlannedItem(title, REVIEW_MINUTES, source.host_unit_id, note=note), *copied)


def _review(last: Concluded) -> str:
    """A line each; the same one twice is one. What a note cannot hold stays in the minutes, and it says so."""
    lines = dict.fromkeys([*map(_line, last.conclusions), *map(_task, last.tasks)])
    kept: list[str] = []
    length = 0
    for line in lines:
        length += len(line) + 1
        if length > NOTE_CHARACTERS:
            return "\n".join([*kept, _MORE])
        kept.append(line)
    return "\n".join(kept)


def _line(conclusion: str) -> str:
    return f"- {_BULLET.sub('', conclusion)}"


def _task(task: GivenTask) -> str:
    line = f"- {task.lead}: {task.what}"
    line += f" (phối hợp: {task.helpers})" if task.helpers else ""
    return f"{line} – hạn {task.due}" if task.due else line
