"""What a room knows of the meeting above: its title, host, chair, time and agenda, of this installation or as told."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from scheduler.database import ReadSession, WriteSession
from scheduler.meetings.agenda import items_of
from scheduler.meetings.meeting import Meeting
from scheduler.organization.person import Person
from scheduler.organization.unit import Unit


@dataclass(frozen=True, slots=True)
class ParentPlan:
    """Told to everybody who may see the room: its sites are invited to the root's program too."""

    meeting_id: str
    title: str
    host_title: str
    chair_name: str
    contact_phone: str
    starts_at: str
    ends_at: str
    items: tuple[str, ...] = ()
    node_id: str | None = None


async def parent_plan(session: ReadSession | WriteSession, meeting: Meeting) -> ParentPlan | None:
    """Of the meeting directly above; None for a root."""
    if meeting.parent_id is not None:
        return await describe(session, await session.get_one(Meeting, meeting.parent_id))
    return read_told(meeting.parent_plan_json) if meeting.remote_parent_id else None


async def describe(session: ReadSession | WriteSession, meeting: Meeting) -> ParentPlan:
    host = await session.get_one(Unit, meeting.host_unit_id)
    chair = await session.get_one(Person, meeting.chair_person_id)
    items = await items_of(session, meeting.id)
    return ParentPlan(
        meeting_id=meeting.id,
        title=meeting.title,
        host_title=host.title or host.name,
        chair_name=chair.name,
        contact_phone=meeting.contact_phone,
        starts_at=meeting.starts_at.isoformat(),
        ends_at=meeting.ends_at.isoformat(),
        items=tuple(item.title for item in items),
    )


def read_told(text: str) -> ParentPlan | None:
    """As another installation told it, already checked on the way in."""
    if not text:
        return None
    told: dict[str, Any] = json.loads(text)
    known = {field.name: told[field.name] for field in fields(ParentPlan) if field.name in told}
    return ParentPlan(**{**known, "items": tuple(known.get("items", ()))})


def starts(plan: ParentPlan) -> datetime:
    return datetime.fromisoformat(plan.starts_at)


def ends(plan: ParentPlan) -> datetime:
    return datetime.fromisoformat(plan.ends_at)
