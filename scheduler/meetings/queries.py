"""Lists of meetings: cards for one's day, for the list and for search hits. Two statements a list, however long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, func, or_, select

from scheduler.database import ReadSession
from scheduler.errors import Invalid
from scheduler.meetings.access import access_of
from scheduler.meetings.attendee import Attendee
from scheduler.meetings.local_time import ZONE, local_date
from scheduler.meetings.may import MainAction, main_action, my_roles
from scheduler.meetings.meeting import LIVE_STAGES, Meeting
from scheduler.meetings.visibility import visible_to
from scheduler.organization.folding import fold
from scheduler.organization.person import Person
from scheduler.organization.site import Site
from scheduler.organization.tree import subtree_ids
from scheduler.organization.unit import Unit
from scheduler.permissions import Actor
from scheduler.secrecy import SECRET_MARKINGS

DAYS_AHEAD = 14
LONGEST_PAGE = 200


@dataclass(frozen=True, slots=True)
class MeetingCard:
    """A meeting in a list."""

    id: str
    title: str
    kind: str
    stage: str
    starts_at: datetime
    ends_at: datetime
    host_unit_id: str
    host_title: str
    chair_person_id: str
    chair_name: str
    my_roles: tuple[str, ...]
    site_count: int  # without the chair's own
    main_action: MainAction | None
    moved_from: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class CardPage:
    items: list[MeetingCard]
    next: str | None


@dataclass(frozen=True, slots=True)
class MeetingFilter:
    """What a list is narrowed to; ``unit_id`` means the host unit or one below it."""

    stages: tuple[str, ...] = ()
    unit_id: str | None = None
    level_code: str | None = None
    starts_from: datetime | None = None
    starts_until: datetime | None = None
    text: str = ""  # in the title, with or without accents


async def todays_meetings(session: ReadSession, actor: Actor, now: datetime) -> list[MeetingCard]:
    """Of this person or site: going on first, then today's and those of the next fortnight by time."""
    midnight = datetime.combine(local_date(now), time(), ZONE)
    soon = and_(Meeting.ends_at >= midnight, Meeting.starts_at < midnight + timedelta(days=DAYS_AHEAD + 1))
    live = Meeting.stage.in_(LIVE_STAGES)
    query = _cards().where(visible_to(actor), or_(soon, live)).where(_concerns(actor))
    query = query.order_by(case((live, 0), else_=1), Meeting.starts_at, Meeting.id).limit(LONGEST_PAGE)
    return await _read(session, query, actor, now)


async def list_meetings(
    session: ReadSession,
    actor: Actor,
    wanted: MeetingFilter,
    now: datetime,
    cursor: str | None = None,
    limit: int = 50,
) -> CardPage:
    """A page of the meetings this actor may see, newest first."""
    limit = max(1, min(limit, LONGEST_PAGE))
    query = _cards().where(visible_to(actor), *conditions(wanted))
    if cursor:
        query = query.where(_after(cursor))
    query = query.order_by(Meeting.starts_at.desc(), Meeting.id.desc()).limit(limit + 1)
    cards = await _read(session, query, actor, now)
    last = cards[limit - 1] if len(cards) > limit else None
    return CardPage(cards[:limit], f"{last.starts_at.isoformat()}|{last.id}" if last else None)


async def cards_of(
    session: ReadSession, actor: Actor, meeting_ids: Sequence[str], now: datetime
) -> dict[str, MeetingCard]:
    """Cards by meeting id, of those the actor may see."""
    if not meeting_ids:
        return {}
    query = _cards().where(visible_to(actor), Meeting.id.in_(meeting_ids))
    return {card.id: card for card in await _read(session, query, actor, now)}


def conditions(wanted: MeetingFilter) -> list[ColumnElement[bool]]:
    """The filter as conditions on ``Meeting``."""
    found: list[ColumnElement[bool]] = []
    if wanted.stages:
        found.append(Meeting.stage.in_(wanted.stages))
    if wanted.unit_id:
        found.append(Meeting.host_unit_id.in_(subtree_ids([wanted.unit_id])))
    if wanted.level_code:
        found.append(Meeting.host_unit_id.in_(select(Unit.id).where(Unit.level.has(code=wanted.level_code))))
    if wanted.starts_from:
        found.append(Meeting.starts_at >= wanted.starts_from)
    if wanted.starts_until:
        found.append(Meeting.starts_at < wanted.starts_until)
    if wanted.text.strip():
        found.append(Meeting.security_marking.not_in(SECRET_MARKINGS))
    found += [Meeting.search_title.contains(word, autoescape=True) for word in fold(wanted.text).split()]
    return found


def _concerns(actor: Actor) -> ColumnElement[bool]:
    """My day leaves out drafts of colleagues: only one's own drafts are shown."""
    mine = or_(Meeting.created_by == actor.person_id, Meeting.secretary_person_id == actor.person_id)
    return or_(Meeting.stage != "draft", mine)


def _after(cursor: str) -> ColumnElement[bool]:
    at, _, id = cursor.partition("|")
    try:
        starts_at = datetime.fromisoformat(at)
    except ValueError as garbage:
        raise Invalid({"cursor": "unknown"}) from garbage
    if starts_at.tzinfo is None:
        raise Invalid({"cursor": "unknown"})
    return or_(Meeting.starts_at < starts_at, and_(Meeting.starts_at == starts_at, Meeting.id < id))


def _cards() -> Select[Any]:
    sites = select(func.count(Attendee.id)).where(Attendee.meeting_id == Meeting.id, Attendee.role != "chair")
    count = sites.correlate(Meeting).scalar_subquery().label("site_count")
    return (
        select(Meeting, Unit.kind, Unit.name, Person.name.label("chair_name"), count)
        .join(Unit, Unit.id == Meeting.host_unit_id)
        .join(Person, Person.id == Meeting.chair_person_id)
    )


async def _read(session: ReadSession, query: Select[Any], actor: Actor, now: datetime) -> list[MeetingCard]:
    rows = (await session.execute(query)).all()
    mine = await _my_sites(session, [row.Meeting.id for row in rows], actor)
    return [_card(row, mine.get(row.Meeting.id, ()), actor, now) for row in rows]


async def _my_sites(
    session: ReadSession, meeting_ids: Sequence[str], actor: Actor
) -> dict[str, tuple[tuple[str, str], ...]]:
    """Of each meeting, the invited sites for which the actor speaks: all that his permissions depend on."""
    own = Site.id == actor.site_id if actor.site_id else Site.unit_id.in_(actor.unit_ids)
    query = select(Attendee.meeting_id, Site.id, Site.unit_id).join(Site, Site.id == Attendee.site_id)
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for row in await session.execute(query.where(Attendee.meeting_id.in_(meeting_ids), own)):
        found[row.meeting_id] = (*found.get(row.meeting_id, ()), (row.id, row.unit_id))
    return found


def _card(row: Row[Any], sites: tuple[tuple[str, str], ...], actor: Actor, now: datetime) -> MeetingCard:
    meeting: Meeting = row.Meeting
    access = access_of(meeting, sites)
    return MeetingCard(
        id=meeting.id,
        title=meeting.title,
        kind=meeting.kind,
        stage=meeting.stage,
        starts_at=meeting.starts_at,
        ends_at=meeting.ends_at,
        host_unit_id=meeting.host_unit_id,
        host_title=f"{row.kind} {row.name}".strip(),
        chair_person_id=meeting.chair_person_id,
        chair_name=row.chair_name,
        my_roles=my_roles(actor, access),
        site_count=row.site_count,
        main_action=main_action(actor, access, meeting.starts_at, now),
        moved_from=meeting.moved_from,
        reason=meeting.reason,
    )
