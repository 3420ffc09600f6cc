"""What a room has from the tables: the plan for the rules, the meeting and the roster for those who come in.

Read whole, in four statements, and once for all who ask in the same moment: a province comes in within a minute.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import bindparam, select

from scheduler.database import ReadSession
from scheduler.meetings.access import access_of, protocol_order
from scheduler.meetings.agenda import AgendaItem
from scheduler.meetings.attendee import Attendee
from scheduler.meetings.meeting import Meeting
from scheduler.meetings.paper import Paper
from scheduler.organization.level import Level
from scheduler.organization.site import Site
from scheduler.organization.unit import Unit, titled
from scheduler.permissions import Actor, MeetingAccess, acts_for_site, may_see_replies
from scheduler.proceedings.facts import Mode
from scheduler.proceedings.plan import Plan
from scheduler.secrecy import is_secret

Json = dict[str, Any]

# written once: putting a statement together costs as much as carrying it out
_MEETING = (
    select(Meeting, Unit.kind, Unit.name)
    .join(Unit, Unit.id == Meeting.host_unit_id)
    .where(Meeting.id == bindparam("meeting_id"))
)
_ITEMS = select(AgendaItem).where(AgendaItem.meeting_id == bindparam("meeting_id")).order_by(AgendaItem.position)
_PAPERS = (
    select(Paper)
    .where(Paper.meeting_id == bindparam("meeting_id"), Paper.withdrawn_at.is_(None))
    .order_by(Paper.position, Paper.uploaded_at)
)
_INVITED = (
    select(
        Site.id,
        Site.unit_id,
        Unit.kind,
        Unit.name,
        Site.name,
        Level.code,
        Level.name,
        Site.technician_phone,
        Attendee.tested_at,
        Attendee.role,
    )
    .join(Site, Site.id == Attendee.site_id)
    .join(Unit, Unit.id == Site.unit_id)
    .join(Level, Level.id == Unit.level_id)
    .where(Attendee.meeting_id == bindparam("meeting_id"))
    .order_by(*protocol_order())
)


@dataclass(frozen=True, slots=True)
class Above:
    """A meeting above one of ours; ``node_id``: the installation that holds it, None: this one."""

    meeting_id: str
    node_id: str | None = None


@dataclass(frozen=True, slots=True)
class Invited:
    """One site of the roster."""

    site_id: str
    unit_id: str
    unit_title: str
    site_name: str
    level: str
    level_name: str
    phone: str
    tested_at: datetime | None


@dataclass(frozen=True, slots=True)
class Planned:
    """The meeting's plan as the rules, the permissions and the room's page see it."""

    plan: Plan
    access: MeetingAccess
    meeting: Json
    roster: tuple[Invited, ...] = ()  # in protocol order
    above: Above | None = None  # the room it hangs below

    def roster_for(self, actor: Actor, access: MeetingAccess) -> list[Json]:
        """The invited sites; telephone numbers for the host's people, and each site its own.

        ``access``: of now, with whoever chairs by the proceedings."""
        sees_all = may_see_replies(actor, access)
        return [
            {
                "site_id": one.site_id,
                "unit_id": one.unit_id,
                "unit_title": one.unit_title,
                "site_name": one.site_name,
                "level": one.level,
                "level_name": one.level_name,
                "order": order,
                "phone": one.phone if sees_all or acts_for_site(actor, access, one.site_id) else "",
                "tested_at": _instant(one.tested_at) if one.tested_at else None,
            }
            for order, one in enumerate(self.roster, start=1)
        ]

    def title_of(self, site_id: str | None) -> str | None:
        """What its unit is called; None: it is not invited."""
        return next((one.unit_title for one in self.roster if one.site_id == site_id), None)


async def load_planned(session: ReadSession, meeting_id: str) -> Planned | None:
    asked = {"meeting_id": meeting_id}
    found = (await session.execute(_MEETING, asked)).one_or_none()
    if found is None:
        return None
    meeting, host_kind, host_name = found
    items = (await session.scalars(_ITEMS, asked)).all()
    papers = (await session.scalars(_PAPERS, asked)).all()
    invited, called = [], []
    for row in await session.execute(_INVITED, asked):
        site_id, unit_id, kind, name, site_name, code, level, phone, tested_at, role = row
        invited.append(Invited(site_id, unit_id, titled(kind, name), site_name, code, level, phone, tested_at))
        if role != "chair":
            called.append(site_id)  # at the roll: all but the chair's own
    plan = Plan(
        stage=meeting.stage,
        chair_person_id=meeting.chair_person_id,
        chair_site_id=meeting.chair_site_id,
        secretary_person_id=meeting.secretary_person_id,
        deputy_person_id=meeting.deputy_person_id,
        mode=cast(Mode, meeting.mode),
        speech_limit_s=meeting.speech_limit_s,
        record=meeting.record,
        may_record=not is_secret(meeting.security_marking),
        site_ids=tuple(called),
        item_ids=tuple(item.id for item in items),
        papers={paper.id: paper.page_count for paper in papers},
    )
    access = access_of(meeting, tuple((one.site_id, one.unit_id) for one in invited))
    shown = _describe(meeting, titled(host_kind, host_name), items, papers)
    return Planned(plan, access, shown, tuple(invited), _above(meeting))


def _above(meeting: Meeting) -> Above | None:
    if meeting.parent_id is not None:
        return Above(meeting.parent_id)
    if meeting.remote_parent_id is not None and meeting.remote_parent_node_id is not None:
        return Above(meeting.remote_parent_id, meeting.remote_parent_node_id)
    return None


def _describe(meeting: Meeting, host: str, items: Iterable[AgendaItem], papers: Iterable[Paper]) -> Json:
    """The plan as the room's page shows it."""
    return {
        "id": meeting.id,
        "title": meeting.title,
        "kind": meeting.kind,
        "starts_at": _instant(meeting.starts_at),
        "ends_at": _instant(meeting.ends_at),
        "host": {"id": meeting.host_unit_id, "title": host},
        "place": meeting.place,
        "contact_phone": meeting.contact_phone,
        "speech_limit_s": meeting.speech_limit_s,
        "record": meeting.record,
        "security_marking": meeting.security_marking,
        "items": [_item(item) for item in items],
        "papers": [_paper(paper) for paper in papers],
    }


def _instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _item(item: AgendaItem) -> Json:
    names = ("id", "position", "title", "minutes", "presenter_unit_id", "presenter_name", "note")
    return {name: getattr(item, name) for name in names}


def _paper(paper: Paper) -> Json:
    names = ("id", "title", "file_name", "media_type", "size_bytes", "sha256", "page_count", "item_id", "position")
    shown = {name: getattr(paper, name) for name in names}
    viewable = paper.pdf_sha256 is not None or paper.media_type == "application/pdf"
    return {**shown, "uploaded_by": paper.uploaded_by, "uploaded_at": _instant(paper.uploaded_at), "viewable": viewable}


class Reading:
    """A look at the tables that whoever asks before it begins shares; the next one begins when it has ended."""

    def __init__(self, look: Callable[[], Awaitable[None]]) -> None:
        self._look = look
        self._next: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()
        self._going_on: set[asyncio.Task[None]] = set()

    async def again(self) -> None:
        """Returns after a look that began after this was called; raises what the look raised."""
        if self._next is None:
            self._next = asyncio.create_task(self._begin())
            self._going_on.add(self._next)
            self._next.add_done_callback(self._ended)
        await asyncio.shield(self._next)  # one who goes away leaves it to the others

    async def _begin(self) -> None:
        async with self._turn:
            self._next = None
            await self._look()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._going_on.discard(task)
        if self._next is task:  # it was broken off before it began
            self._next = None
        if not task.cancelled():
            task.exception()  # nobody may be left to hear it

    async def stop(self) -> None:
        for task in list(self._going_on):
            task.cancel()
        await asyncio.gather(*self._going_on, return_exceptions=True)
