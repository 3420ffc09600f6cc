"""Asks other installations to hold rooms below a meeting of ours: what is asked, and what their answers change here.

That something is to be asked is written down with the change it follows from (``outbox``) and asked until it is
answered; what is asked is how the plan stands in that moment, so that asking twice, or late, does no harm.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select

from scheduler.database import ReadSession, WriteSession
from scheduler.linked.messages import LONGEST_NAME, LONGEST_REASON, MOST_ITEMS, Ask, Told, UnitName, read_kept
from scheduler.linked.parent import ParentPlan, describe
from scheduler.linked.remote_child import RemoteChild
from scheduler.linked.rows import below, remote_children
from scheduler.meetings.meeting import ENDED_STAGES, Meeting
from scheduler.nodes.tables import LinkedNode, MeetingEdge
from scheduler.organization.unit import Unit
from scheduler.outbox import OutboxRow, enqueue

ASK_BELOW = "ask_below"


class NotBelieved(ValueError):
    """What the other installation says cannot be: ``code`` for the operator."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


# -- writing down that something is to be asked ---------------------------------------------------------------------


async def ask_elsewhere(session: WriteSession, meeting: Meeting, now: datetime) -> None:
    """Every installation that holds a room below this meeting is told how the plan stands; drafts are not told of."""
    if meeting.sent_at is None:
        return
    rooms = [meeting, *await below(session, meeting.id)]
    for child in await remote_children(session, [room.id for room in rooms]):
        if child.state in ("planned", "failed"):
            child.state, child.error = "asked", ""
        child.asked_at = child.asked_at or now
        await _write_down(session, child.node_id, child.parent_id, child.unit_id, child.meeting_id, now)


async def release(session: WriteSession, child: RemoteChild, now: datetime) -> None:
    """That room is not wanted any more; whoever was asked is told."""
    if child.state != "planned":
        await _write_down(session, child.node_id, child.parent_id, child.unit_id, child.meeting_id, now)
    await session.delete(child)
    await session.flush()


async def _write_down(
    session: WriteSession, node_id: str, parent_id: str, unit_id: str, child_id: str | None, now: datetime
) -> None:
    payload = {"node_id": node_id, "meeting_id": parent_id, "unit_id": unit_id, "child_id": child_id}
    text = json.dumps(payload)
    same = select(OutboxRow.id).where(OutboxRow.kind == ASK_BELOW, OutboxRow.payload_json == text)
    if await session.scalar(same.where(OutboxRow.started_at.is_(None)).limit(1)) is None:
        enqueue(session, ASK_BELOW, payload, now)


async def waiting_rows(session: ReadSession, node_id: str) -> list[str]:
    """What that installation has been asked and has not answered: ids of rows of the outbox."""
    rows = select(OutboxRow.id, OutboxRow.payload_json).where(OutboxRow.kind == ASK_BELOW)
    found = await session.execute(rows.where(OutboxRow.done_at.is_(None), OutboxRow.started_at.is_not(None)))
    return [row.id for row in found if json.loads(row.payload_json)["node_id"] == node_id]


# -- what is asked --------------------------------------------------------------------------------------------------


async def find_child(session: ReadSession | WriteSession, payload: Mapping[str, Any]) -> RemoteChild | None:
    """The row an errand is about, as long as it is still to be there."""
    query = select(RemoteChild).where(
        RemoteChild.parent_id == str(payload["meeting_id"]), RemoteChild.unit_id == str(payload["unit_id"])
    )
    return await session.scalar(query.where(RemoteChild.node_id == str(payload["node_id"])))


async def may_be_asked(session: ReadSession | WriteSession, node_id: str) -> bool:
    """An installation below ours that nobody has revoked."""
    node = await session.get(LinkedNode, node_id)
    return node is not None and node.role == "lower" and node.revoked_at is None


async def unit_name(session: ReadSession | WriteSession, unit_id: str) -> UnitName:
    unit = await session.get_one(Unit, unit_id)
    return UnitName(unit.level.code, unit.code or "", unit.title[:LONGEST_NAME])


async def what_to_ask(session: ReadSession, child: RemoteChild) -> Ask | None:
    """As the plan stands now; None for a meeting that is over."""
    meeting = await session.get_one(Meeting, child.parent_id)
    if meeting.stage in ENDED_STAGES:
        return None
    plan = await describe(session, meeting)
    wish = json.loads(child.wish_json or "[]")
    return Ask(
        meeting_id=meeting.id,
        unit=await unit_name(session, child.unit_id),
        stage=meeting.stage if meeting.stage in ("postponed", "cancelled") else "sent",
        reason=meeting.reason[:LONGEST_REASON],
        kind=meeting.kind,
        mode=meeting.mode,
        speech_limit_s=meeting.speech_limit_s,
        security_marking=meeting.security_marking,
        record=meeting.record,
        plan=_clipped(plan),
        wish=tuple(
            UnitName(str(one["level"]), str(one["code"])) for one in wish if one.get("code") and one.get("level")
        ),
        child=child.meeting_id,
    )


def _clipped(plan: ParentPlan) -> ParentPlan:
    return replace(
        plan,
        host_title=plan.host_title[:LONGEST_NAME],
        chair_name=plan.chair_name[:LONGEST_NAME],
        contact_phone=plan.contact_phone[:50],
        items=plan.items[:MOST_ITEMS],
    )


# -- what the answers change ----------------------------------------------------------------------------------------


async def take_room(session: WriteSession, child: RemoteChild, meeting_id: str) -> bool:
    """The room there has this id; True when that is new. :class:`NotBelieved` for an id that is another's."""
    if child.meeting_id == meeting_id:
        return False
    others = select(RemoteChild.id).where(RemoteChild.meeting_id == meeting_id, RemoteChild.id != child.id)
    edge = await session.get(MeetingEdge, meeting_id)
    is_edge = edge is not None and edge.node != child.node_id
    if await session.get(Meeting, meeting_id) is not None or await session.scalar(others) is not None or is_edge:
        raise NotBelieved("room_of_another")
    child.meeting_id = meeting_id
    await session.flush()
    return True


async def take_told(session: WriteSession, child: RemoteChild, told: Told, now: datetime) -> bool:
    """How the room there stands; True when something changed."""
    parent = await session.get_one(Meeting, child.parent_id)
    is_declined = told.stage == "cancelled" and parent.stage != "cancelled"
    kept = json.dumps(asdict(told), ensure_ascii=False)
    state = "declined" if is_declined else "accepted"
    changed = (child.told_json, child.state) != (kept, state)
    child.told_json, child.state, child.error = kept, state, told.reason if is_declined else ""
    child.answered_at = now
    await session.flush()
    return changed


async def take_refusal(session: WriteSession, child: RemoteChild, code: str, detail: str, now: datetime) -> None:
    """The installation there will not, or cannot: its reason is shown on the plan page."""
    child.state, child.error, child.answered_at = "failed", f"{code} {detail}".strip()[:LONGEST_REASON], now
    await session.flush()


def told_of(child: RemoteChild) -> Told | None:
    """What its installation said last."""
    return read_kept(json.loads(child.told_json)) if child.told_json else None
