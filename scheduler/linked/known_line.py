"""What is known of a site's line before anything has gone over it: so much the media may begin with."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import and_, select

from scheduler.database import ReadSession, WriteSession
from scheduler.linked.readiness import Readiness
from scheduler.organization.site import Site

LATELY = timedelta(hours=24)


async def down_kbps_of(session: ReadSession | WriteSession, meeting_id: str, site_id: str, now: datetime) -> int | None:
    """The lower of what the administrator entered and what the site's own check measured lately; None: neither."""
    of_check = and_(Readiness.site_id == Site.id, Readiness.meeting_id == meeting_id, Readiness.at >= now - LATELY)
    query = select(Site.line_down_kbps, Readiness.down_kbps).outerjoin(Readiness, of_check).where(Site.id == site_id)
    found = (await session.execute(query)).one_or_none()
    return min((kbps for kbps in found or () if kbps), default=None)
