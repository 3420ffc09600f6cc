"""The site board: every site of a linked meeting, room by room, with what is planned, tested and wrong.

The plan comes from the tables here; who is in a room and how well comes from whoever holds the room (``Live``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from scheduler.database import ReadSession
from scheduler.linked.readiness import Readiness
from scheduler.meetings.access import protocol_order
from scheduler.meetings.attendee import Attendee
from scheduler.meetings.meeting import LIVE_STAGES, Meeting
from scheduler.organization.site import Site

MISSED_AFTER = timedelta(minutes=15)  # before the start: from here a site that is not ready or not there is a problem
WEAK_LOSS = 0.03
WEAK_RTT_MS = 400
SOUND_ONLY = frozenset({"audio", "text", "slides", "still"})


@dataclass(frozen=True, slots=True)
class Live:
    """How a site does in its room right now."""

    joined: bool = False
    audio: bool = False
    video: bool = False
    presentation: bool = False
    loss: float = 0.0
    rtt_ms: int = 0
    step: str = "full"
    head_count: int | None = None
    attendance: str = "unknown"
    on_air: bool = False
    asks: bool = False  # waits for the floor
    clock_s: int = 0  # how many seconds its clock is ahead, or behind (below 0)


ABSENT = Live()


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One site on the board; ``state`` is how far it has come, ``problems`` are codes of what is wrong."""

    site_id: str
    room_id: str
    unit_title: str
    site_name: str
    level: str
    role: str
    phone: str
    reply: str
    reply_reason: str
    delivery: str
    tested_at: datetime | None
    check: Readiness | None
    live: Live
    state: str
    problems: tuple[str, ...]


def state_of(attendee: Attendee, check: Readiness | None, live: Live) -> str:
    """invited → tested → joined; "declined" for one that begged off and is not there."""
    if live.joined:
        return "joined"
    if attendee.reply == "declined":
        return "declined"
    return "tested" if attendee.tested_at is not None or (check is not None and check.is_ready) else "invited"


def problems_of(
    meeting: Meeting, attendee: Attendee, check: Readiness | None, live: Live, now: datetime
) -> tuple[str, ...]:
    """What somebody should look after, the gravest first."""
    if live.joined:
        return _of_line(live)
    found = ["not_delivered"] if attendee.delivery == "failed" else []
    if attendee.reply == "declined" or meeting.stage == "draft":
        return tuple(found)
    is_soon = meeting.stage in LIVE_STAGES or now >= meeting.starts_at - MISSED_AFTER
    if check is not None and check.problems:
        found += [f"check_{code}" for code in check.problems.split()]
    elif is_soon and attendee.tested_at is None:
        found.append("not_tested")
    if meeting.stage in ("convened", "suspended") or (meeting.stage == "testing" and is_soon):
        found.insert(0, "not_joined")
    return tuple(found)


def _of_line(live: Live) -> tuple[str, ...]:
    found = {
        "no_sound": not live.audio,
        "no_picture": not live.video,
        "sound_only": live.step in SOUND_ONLY,
        "weak_line": live.loss > WEAK_LOSS or live.rtt_ms > WEAK_RTT_MS,
        "clock": live.clock_s != 0,
    }
    return tuple(code for code, is_wrong in found.items() if is_wrong)


async def read_board(
    session: ReadSession, meetings: Sequence[Meeting], live: Mapping[str, Mapping[str, Live]], now: datetime
) -> list[BoardRow]:
    """All sites of these rooms, in two statements however many there are; ``live``: room → site → how it does."""
    rooms = {meeting.id: meeting for meeting in meetings}
    checks = await _checks(session, list(rooms))
    query = select(Attendee, Site).join(Site, Site.id == Attendee.site_id).where(Attendee.meeting_id.in_(rooms))
    seated: dict[str, list[BoardRow]] = {}
    for attendee, site in await session.execute(query.order_by(*protocol_order())):
        room = rooms[attendee.meeting_id]
        check = checks.get((room.id, site.id))
        row = _row(room, attendee, site, check, live.get(room.id, {}).get(site.id, ABSENT), now)
        seated.setdefault(room.id, []).append(row)
    return [row for meeting in meetings for row in seated.get(meeting.id, [])]


async def _checks(session: ReadSession, meeting_ids: list[str]) -> dict[tuple[str, str], Readiness]:
    rows = await session.scalars(select(Readiness).where(Readiness.meeting_id.in_(meeting_ids)))
    return {(row.meeting_id, row.site_id): row for row in rows}


def _row(room: Meeting, attendee: Attendee, site: Site, check: Readiness | None, live: Live, now: datetime) -> BoardRow:
    return BoardRow(
        site_id=site.id,
        room_id=room.id,
        unit_title=site.unit.title,
        site_name=site.name,
        level=site.unit.level.code,
        role=attendee.role,
        phone=site.technician_phone,
        reply=attendee.reply,
        reply_reason=attendee.reply_reason,
        delivery=attendee.delivery,
        tested_at=attendee.tested_at,
        check=check,
        live=live,
        state=state_of(attendee, check, live),
        problems=problems_of(room, attendee, check, live, now),
    )
