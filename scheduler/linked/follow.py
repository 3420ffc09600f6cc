"""Rooms below follow the plan of the meeting above: its title, its time, its sending, postponing and cancelling.

A room that is already in session by its own agenda goes on; only planned ones and those in tests follow.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from scheduler.database import WriteSession
from scheduler.errors import Invalid
from scheduler.linked.asking import ask_elsewhere
from scheduler.linked.parent import ends, read_told, starts
from scheduler.linked.rows import below
from scheduler.meetings.findable import index_plan
from scheduler.meetings.invite import forget_replies, invite_all
from scheduler.meetings.meeting import PLANNED_STAGES, Meeting
from scheduler.organization.folding import fold

FOLLOWING = PLANNED_STAGES | {"testing"}


@dataclass(frozen=True, slots=True)
class Slot:
    """What rooms below take over: title and time, as they were before a change."""

    title: str
    starts_at: datetime
    ends_at: datetime
    security_marking: str

    @classmethod
    def of(cls, meeting: Meeting) -> Slot:
        return cls(meeting.title, meeting.starts_at, meeting.ends_at, meeting.security_marking)

    def same_time(self, meeting: Meeting) -> bool:
        return (self.starts_at, self.ends_at) == (meeting.starts_at, meeting.ends_at)


async def check_covers_parent(session: WriteSession, meeting: Meeting) -> None:
    """A room's own agenda comes before and after the root's program: its time covers the time above."""
    slot = await _slot_above(session, meeting)
    if slot is None:
        return
    wrong = {"starts_at": "after_parent"} if meeting.starts_at > slot[0] else {}
    if meeting.ends_at < slot[1]:
        wrong["ends_at"] = "before_parent"
    if wrong:
        raise Invalid(wrong)


async def _slot_above(session: WriteSession, meeting: Meeting) -> tuple[datetime, datetime] | None:
    if meeting.parent_id is not None:
        above = await session.get_one(Meeting, meeting.parent_id)
        return above.starts_at, above.ends_at
    told = read_told(meeting.parent_plan_json) if meeting.remote_parent_id else None
    return None if told is None else (starts(told), ends(told))


def refuse_local_child(meeting: Meeting) -> None:
    """It is sent and cancelled with the meeting above."""
    if meeting.parent_id is not None:
        raise Invalid({"parent": "follows_parent"})


def refuse_child(meeting: Meeting) -> None:
    """Its time is that of the meeting above, here or at another installation."""
    if meeting.is_child:
        raise Invalid({"parent": "follows_parent"})


async def follow_edit(session: WriteSession, meeting: Meeting, before: Slot, now: datetime) -> None:
    """Carry a changed title, time or marking down; an own beginning or end keeps its distance."""
    await ask_elsewhere(session, meeting, now)
    if before == Slot.of(meeting):
        return
    earlier, later = meeting.starts_at - before.starts_at, meeting.ends_at - before.ends_at
    for room in await _following(session, meeting):
        if room.title == before.title:
            room.title, room.search_title = meeting.title, fold(meeting.title)
        if room.sent_at is not None and earlier:
            room.moved_from = room.starts_at
        room.starts_at, room.ends_at = room.starts_at + earlier, room.ends_at + later
        room.security_marking, room.record = meeting.security_marking, meeting.record and room.record
        if not before.same_time(meeting):
            await forget_replies(session, room)
        if room.sent_at is not None:
            room.sequence += 1
            await invite_all(session, room, "REQUEST", now)
        await index_plan(session, room)


async def follow_send(session: WriteSession, meeting: Meeting, now: datetime) -> None:
    """Invitations go to the sites of every room, each with the link of its own room."""
    for room in await _following(session, meeting):
        if room.stage == "postponed":
            room.sequence += 1
        if room.stage in ("draft", "postponed"):
            room.stage, room.sent_at = "sent", room.sent_at or now
            await invite_all(session, room, "REQUEST", now)
    await session.flush()
    await ask_elsewhere(session, meeting, now)


async def follow_postpone(session: WriteSession, meeting: Meeting, before: Slot, now: datetime) -> None:
    """Moved with the root, or put off with it."""
    for room in await _following(session, meeting):
        room.moved_from, room.reason = room.starts_at, meeting.reason
        room.starts_at += meeting.starts_at - before.starts_at
        room.ends_at += meeting.ends_at - before.ends_at
        room.stage = "postponed" if meeting.stage == "postponed" else "sent"
        room.sequence += 1
        await forget_replies(session, room)
        await invite_all(session, room, "REQUEST", now)
    await session.flush()
    await ask_elsewhere(session, meeting, now)


async def follow_cancel(session: WriteSession, meeting: Meeting, now: datetime) -> None:
    """Without the root there is no linked meeting."""
    for room in await _following(session, meeting):
        await call_off(session, room, meeting.reason, now)
    await session.flush()
    await ask_elsewhere(session, meeting, now)


async def call_off(session: WriteSession, room: Meeting, reason: str, now: datetime) -> None:
    """One room is no longer part of it; its sites are told when they had been invited."""
    room.stage, room.reason = "cancelled", reason
    if room.sent_at is not None:
        room.sequence += 1
        await invite_all(session, room, "CANCEL", now)


async def _following(session: WriteSession, meeting: Meeting) -> list[Meeting]:
    return [room for room in await below(session, meeting.id) if room.stage in FOLLOWING]
