"""What a site found out about itself before the meeting, from sixty minutes on: devices, line, clock, who is there.

The newest check stands; it is signed off when nothing is wrong with it. The figures are the site's own word: they help
people to help, and nothing is granted on them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.database import Base, Id, Instant, ReadSession, WriteSession
from scheduler.errors import Invalid, NotFound, WrongStage
from scheduler.linked.bandwidth import LEAST
from scheduler.meetings.access import find_meeting, require
from scheduler.meetings.attendee import Attendee
from scheduler.meetings.meeting import LIVE_STAGES, Meeting
from scheduler.permissions import Actor, acts_for_site
from scheduler.proceedings.facts import Somebody

OPENS_BEFORE = timedelta(minutes=60)
MOST_LOSS = 0.05
MOST_CLOCK_MS = 2000
MOST_PEOPLE = 300
MOST_HEADS = 5000
LONGEST_NAME = 200
LARGEST = 10_000_000  # of any figure: kbps, ms


class Readiness(Base):
    """The newest check of one site for one meeting."""

    __tablename__ = "readiness"

    meeting_id: Mapped[str] = mapped_column(Id, ForeignKey("meeting.id", ondelete="CASCADE"), primary_key=True)
    site_id: Mapped[str] = mapped_column(Id, ForeignKey("site.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)
    microphone: Mapped[bool]  # it heard the sound of the room's own loudspeaker, or a voice
    camera: Mapped[bool]  # its picture moves
    down_kbps: Mapped[int]
    up_kbps: Mapped[int]
    rtt_ms: Mapped[int]
    loss_permille: Mapped[int]
    clock_ms: Mapped[int]  # the site's clock minus the server's
    head_count: Mapped[int | None]
    people_json: Mapped[str] = mapped_column(Text, default="[]")
    problems: Mapped[str] = mapped_column(default="")  # codes, with spaces; empty: signed off

    @property
    def is_ready(self) -> bool:
        return not self.problems

    @property
    def loss(self) -> float:
        return self.loss_permille / 1000

    @property
    def people(self) -> tuple[Somebody, ...]:
        return tuple(Somebody(one["name"], one["post"]) for one in json.loads(self.people_json))


@dataclass(frozen=True, slots=True)
class Check:
    """A check as the site's page reports it."""

    microphone: bool
    camera: bool
    down_kbps: int
    up_kbps: int
    rtt_ms: int
    loss: float
    clock_ms: int
    head_count: int | None = None
    people: tuple[Somebody, ...] = ()


def problems_of(check: Check) -> tuple[str, ...]:
    """What keeps a check from being signed off, in the order in which one would mend it."""
    found = {
        "microphone": not check.microphone,
        "camera": not check.camera,
        "down": check.down_kbps < LEAST.down_kbps,
        "up": check.up_kbps < LEAST.up_kbps,
        "loss": check.loss > MOST_LOSS,
        "clock": abs(check.clock_ms) > MOST_CLOCK_MS,
    }
    return tuple(code for code, is_wrong in found.items() if is_wrong)


async def report_readiness(
    session: WriteSession, actor: Actor, meeting_id: str, site_id: str, check: Check, now: datetime
) -> Readiness:
    """Keep the check, and mark the site as tested when its devices work; before the time it counts as a trial only."""
    _check_figures(check)
    meeting, access = await find_meeting(session, actor, meeting_id)
    require(acts_for_site(actor, access, site_id), "report_readiness", "site")
    if not is_open(meeting, now):
        raise WrongStage(meeting.stage, "report_readiness")
    query = select(Attendee).where(Attendee.meeting_id == meeting_id, Attendee.site_id == site_id)
    attendee = await session.scalar(query)
    if attendee is None:
        raise NotFound("attendee", site_id)
    attendee.tested_at = now if check.microphone and check.camera else None
    before = await session.get(Readiness, (meeting_id, site_id))
    people = [{"name": one.name.strip(), "post": one.post.strip()} for one in check.people if one.name.strip()]
    counted, told = check.head_count, json.dumps(people, ensure_ascii=False)
    if counted is None and before is not None:  # it ran again by itself: who is there was said before
        counted, told = before.head_count, before.people_json
    kept = await session.merge(
        Readiness(
            meeting_id=meeting_id,
            site_id=site_id,
            at=now,
            microphone=check.microphone,
            camera=check.camera,
            down_kbps=check.down_kbps,
            up_kbps=check.up_kbps,
            rtt_ms=check.rtt_ms,
            loss_permille=round(check.loss * 1000),
            clock_ms=check.clock_ms,
            head_count=counted,
            people_json=told,
            problems=" ".join(problems_of(check)),
        )
    )
    await session.flush()
    return kept


def is_open(meeting: Meeting, now: datetime) -> bool:
    """From an hour before the start, and as long as the room is open."""
    if meeting.stage in LIVE_STAGES:
        return True
    return meeting.stage == "sent" and meeting.starts_at - OPENS_BEFORE <= now <= meeting.ends_at


async def readiness_of(session: ReadSession | WriteSession, meeting_id: str, site_id: str) -> Readiness | None:
    """The newest check of this site."""
    return await session.get(Readiness, (meeting_id, site_id))


def _check_figures(check: Check) -> None:
    figures = {"down_kbps": check.down_kbps, "up_kbps": check.up_kbps, "rtt_ms": check.rtt_ms}
    wrong = {name: "out_of_range" for name, value in figures.items() if not 0 <= value <= LARGEST}
    if not 0.0 <= check.loss <= 1.0:
        wrong["loss"] = "out_of_range"
    if abs(check.clock_ms) > LARGEST * 1000:
        wrong["clock_ms"] = "out_of_range"
    if check.head_count is not None and not 0 <= check.head_count <= MOST_HEADS:
        wrong["head_count"] = "out_of_range"
    if len(check.people) > MOST_PEOPLE or any(max(len(p.name), len(p.post)) > LONGEST_NAME for p in check.people):
        wrong["people"] = "too_long"
    if wrong:
        raise Invalid(wrong)
