"""What is known of a site's line before anything has gone over it: so much the media may begin with."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, select

from scheduler.database import ReadSession, WriteSession
from scheduler.linked.readiness import Readiness
from scheduler.organization.site import Site

LATELY = timedelta(hours=24)


_LATELY_CHECKED = and_(
    Readiness.site_id == Site.id,
    Readiness.meeting_id == bindparam("meeting_id"),
    Readiness.at >= bindparam("since"),
)
_LINE = (
    select(Site.line_down_kbps, Readiness.down_kbps)
    .outerjoin(Readiness, _LATELY_CHECKED)
    .where(Site.id == bindparam("site_id"))
)


async def down_kbps_of(session: ReadSession | WriteSession, meeting_id: str, site_id: str, now: datetime) -> int | None:
    """The lower of what the administrator entered and what the site's own check measured lately; None: neither."""
    asked = {"meeting_id": meeting_id, "site_id": site_id, "since": now - LATELY}
    found = (await session.execute(_LINE, asked)).one_or_none()
    return min((kbps for kbps in found or () if kbps), default=None)
