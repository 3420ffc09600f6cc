"""Loads what permissions need to know of a meeting, and finds a meeting for somebody who may see it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, case, select

from scheduler.database import ReadSession, WriteSession
from scheduler.errors import NotAllowed, NotFound, Stale, WrongStage
from scheduler.meetings.attendee import Attendee
from scheduler.meetings.meeting import Meeting
from scheduler.organization.site import Site
from scheduler.permissions import Actor, MeetingAccess, may_see_meeting


def access_of(meeting: Meeting, sites: tuple[tuple[str, str], ...]) -> MeetingAccess:
    """The meeting as permissions see it."""
    return MeetingAccess(
        id=meeting.id,
        stage=meeting.stage,
        sent=meeting.sent_at is not None,
        host_unit_id=meeting.host_unit_id,
        issuing_unit_id=meeting.issuing_unit_id,
        chair_person_id=meeting.chair_person_id,
        chair_site_id=meeting.chair_site_id,
        secretary_person_id=meeting.secretary_person_id,
        created_by=meeting.created_by,
        deputy_person_id=meeting.deputy_person_id,
        is_child=meeting.parent_id is not None,
        sites=sites,
    )


def protocol_order() -> tuple[ColumnElement[Any] | Any, ...]:
    """How invited sites stand in every list: the chair's first, then by the sites' protocol order."""
    return case((Attendee.role == "chair", 0), else_=1), Site.protocol_order, Site.name, Site.id


async def load_access(session: ReadSession | WriteSession, meeting: Meeting) -> MeetingAccess:
    """The meeting with all its invited sites."""
    query = select(Site.id, Site.unit_id).join(Attendee, Attendee.site_id == Site.id)
    rows = await session.execute(query.where(Attendee.meeting_id == meeting.id).order_by(*protocol_order()))
    return access_of(meeting, tuple((row.id, row.unit_id) for row in rows))


async def find_meeting(
    session: ReadSession | WriteSession, actor: Actor, meeting_id: str
) -> tuple[Meeting, MeetingAccess]:
    """The meeting and its access; NotFound when it is not there **or not to be seen** by this actor."""
    meeting = await session.get(Meeting, meeting_id)
    if meeting is None:
        raise NotFound("meeting", meeting_id)
    access = await load_access(session, meeting)
    if not may_see_meeting(actor, access):
        raise NotFound("meeting", meeting_id)
    return meeting, access


def require(allowed: bool, act: str, *who: str) -> None:
    """Raise NotAllowed, naming who may."""
    if not allowed:
        raise NotAllowed(act, who)


def require_stage(meeting: Meeting, act: str, *stages: str) -> None:
    """Raise WrongStage unless the meeting is in one of these stages."""
    if meeting.stage not in stages:
        raise WrongStage(meeting.stage, act)


def require_version(meeting: Meeting, version: int | None) -> None:
    """Raise Stale when the caller saw an older version of the plan."""
    if version is not None and version != meeting.version:
        raise Stale(version, meeting.version)
