"""Họp khẩn: a meeting that starts now, planned and sent in one step.

The caller then opens the room for tests (a fact of the proceedings) in the same transaction.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select

from scheduler.database import WriteSession
from scheduler.errors import Invalid
from scheduler.meetings.local_time import local_date
from scheduler.meetings.meeting import Meeting
from scheduler.meetings.plan import plan_meeting
from scheduler.meetings.plan_defaults import host_of
from scheduler.meetings.plan_input import Plan, PlannedItem
from scheduler.meetings.send import send_invitations
from scheduler.organization.site import Site
from scheduler.organization.tree import valid_on
from scheduler.organization.unit import Unit
from scheduler.permissions import Actor
from scheduler.secrecy import NETWORKED, Secrecy

DURATION = timedelta(hours=1)


async def call_urgent_meeting(
    session: WriteSession,
    actor: Actor,
    title: str,
    now: datetime,
    *,
    host_unit_id: str | None = None,
    site_ids: tuple[str, ...] | None = None,
    security_marking: str = "none",
    secrecy: Secrecy = NETWORKED,
) -> Meeting:
    """A meeting in stage ``sent`` that begins now; without ``site_ids`` all sites of the units directly below come."""
    host_id = host_of(actor, host_unit_id)
    sites = site_ids if site_ids is not None else await _sites_below(session, host_id, now)
    if not sites:
        raise Invalid({"site_ids": "required"})
    plan = Plan(title, kind="hop_khan", host_unit_id=host_id, starts_at=now, ends_at=now + DURATION, site_ids=sites)
    item = PlannedItem(title, int(DURATION.total_seconds() // 60))
    plan = replace(plan, items=(item,), security_marking=security_marking)
    meeting = await plan_meeting(session, actor, plan, now, secrecy)
    return await send_invitations(session, actor, meeting.id, now)


async def _sites_below(session: WriteSession, unit_id: str, now: datetime) -> tuple[str, ...]:
    query = select(Site.id).join(Unit, Unit.id == Site.unit_id).where(Unit.parent_id == unit_id, Site.active)
    query = query.where(valid_on(local_date(now))).order_by(Site.protocol_order)
    return tuple((await session.scalars(query)).all())
