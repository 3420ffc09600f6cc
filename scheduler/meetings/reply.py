"""A site answers its invitation: Sẽ dự, Cử người dự thay, Xin vắng (with a reason); and reports its device check."""

from __future__ import annotations

from datetime import datetime
from typing import get_args

from sqlalchemy import select

from scheduler.database import WriteSession
from scheduler.errors import Invalid, NotFound, WrongStage
from scheduler.meetings.access import find_meeting, require
from scheduler.meetings.attendee import Attendee, Reply
from scheduler.permissions import Actor, acts_for_site, may_reply

LONGEST_TEXT = 500


async def reply_to_invitation(
    session: WriteSession,
    actor: Actor,
    meeting_id: str,
    site_id: str,
    reply: str,
    now: datetime,
    *,
    reason: str = "",
    deputy_name: str = "",
    deputy_post: str = "",
) -> Attendee:
    """Keep the answer; a later one replaces it."""
    _check(reply, reason.strip(), deputy_name.strip(), deputy_post)
    meeting, access = await find_meeting(session, actor, meeting_id)
    require(acts_for_site(actor, access, site_id), "reply", "site")
    if not may_reply(actor, access, site_id):
        raise WrongStage(meeting.stage, "reply")
    attendee = await _attendee(session, meeting_id, site_id)
    attendee.reply, attendee.replied_at = reply, now
    attendee.reply_reason = reason.strip()
    attendee.deputy_name = deputy_name.strip() if reply == "delegated" else ""
    attendee.deputy_post = deputy_post.strip() if reply == "delegated" else ""
    await session.flush()
    return attendee


async def report_device_check(
    session: WriteSession, actor: Actor, meeting_id: str, site_id: str, passed: bool, now: datetime
) -> Attendee:
    """Mark the site as tested when its check passed; a later failed one takes the mark away."""
    _, access = await find_meeting(session, actor, meeting_id)
    require(acts_for_site(actor, access, site_id), "device_check", "site")
    attendee = await _attendee(session, meeting_id, site_id)
    attendee.tested_at = now if passed else None
    await session.flush()
    return attendee


def _check(reply: str, reason: str, deputy_name: str, deputy_post: str) -> None:
    wrong: dict[str, str] = {}
    if reply not in get_args(Reply) or reply == "needs_action":
        wrong["reply"] = "unknown"
    if reply == "declined" and not reason:
        wrong["reason"] = "required"
    if reply == "delegated" and not deputy_name:
        wrong["deputy.name"] = "required"
    texts = {"reason": reason, "deputy.name": deputy_name, "deputy.post": deputy_post}
    wrong |= {name: "too_long" for name, text in texts.items() if len(text) > LONGEST_TEXT}
    if wrong:
        raise Invalid(wrong)


async def _attendee(session: WriteSession, meeting_id: str, site_id: str) -> Attendee:
    query = select(Attendee).where(Attendee.meeting_id == meeting_id, Attendee.site_id == site_id)
    attendee = await session.scalar(query)
    if attendee is None:
        raise NotFound("attendee", site_id)
    return attendee
