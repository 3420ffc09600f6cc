"""Rounds of comments on the draft: the secretary opens one with a deadline; the deadline or he ends it.

While one is open those invited read the draft and comment (``comments``), and the minutes do not go to the signatures;
nor do they while a comment is unanswered. The text may be revised meanwhile: a comment keeps the paragraph it is about.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from recordings.errors import BadInput, Conflict
from recordings.minutes import clock
from recordings.minutes.access import AnySession, is_open, newest_round, open_minutes, require, require_status
from recordings.minutes.ask import enqueue_asks
from recordings.minutes.tables import Comment, CommentRound, Minutes
from scheduler.database import WriteSession
from scheduler.permissions import Actor, may_write_minutes

LONGEST = timedelta(days=60)


async def open_round(
    session: WriteSession, actor: Actor, meeting_id: str, *, deadline: datetime, note: str, now: datetime
) -> CommentRound:
    """From now until the deadline those invited may read the draft and comment on it; each site is asked by mail."""
    opened = await open_minutes(session, actor, meeting_id)
    require(may_write_minutes(actor, opened.access), "write")
    minutes = opened.existing
    require_status(minutes, "draft", "review")
    if not now < deadline <= now + LONGEST:
        raise BadInput("Hạn góp ý chưa đúng.", {"deadline": "sau lúc này và không quá 60 ngày"})
    await settle(session, minutes, now)
    newest = await newest_round(session, minutes)
    if is_open(newest, now):
        raise Conflict("Đang lấy ý kiến dự thảo này. Kết thúc đợt đó trước.", code="round_open")
    made = CommentRound(
        minutes_id=minutes.id,
        number=newest.number + 1 if newest else 1,
        note=note.strip(),
        opened_by=actor.person_id,
        opened_at=now,
        deadline=deadline,
    )
    session.add(made)
    minutes.status = "review"
    try:
        await session.flush()
    except IntegrityError as error:  # two at the same moment
        raise Conflict("Đang lấy ý kiến dự thảo này. Kết thúc đợt đó trước.", code="round_open") from error
    await enqueue_asks(session, made, meeting_id, now)
    return made


async def close_round(session: WriteSession, actor: Actor, meeting_id: str, now: datetime) -> CommentRound:
    """End the open round before its deadline."""
    opened = await open_minutes(session, actor, meeting_id)
    require(may_write_minutes(actor, opened.access), "write")
    minutes = opened.existing
    await settle(session, minutes, now)
    newest = await newest_round(session, minutes)
    if newest is None or not is_open(newest, now):
        raise Conflict("Không có đợt lấy ý kiến nào đang mở.", code="no_round")
    newest.closed_at, newest.closed_by, minutes.status = now, actor.person_id, "draft"
    await session.flush()
    return newest


async def settle(session: WriteSession, minutes: Minutes, now: datetime) -> None:
    """Write down that a deadline has passed. Nobody waits for this: :func:`is_open` asks the deadline itself."""
    newest = await newest_round(session, minutes)
    if newest is None or newest.closed_at is not None or now < newest.deadline:
        return
    newest.closed_at = newest.deadline
    if minutes.status == "review":
        minutes.status = "draft"
    await session.flush()


async def status_at(session: AnySession, minutes: Minutes, now: datetime) -> str:
    """The status as people see it: a round whose deadline passed is over, written down or not."""
    if minutes.status == "review" and not is_open(await newest_round(session, minutes), now):
        return "draft"
    return minutes.status


async def require_no_comments_waiting(session: WriteSession, minutes: Minutes, now: datetime) -> None:
    """Refuse to go on to the signatures over an open round or a comment nobody answered."""
    await settle(session, minutes, now)
    newest = await newest_round(session, minutes)
    if newest is not None and is_open(newest, now):
        raise Conflict(
            f"Đang lấy ý kiến đến {clock.full(newest.deadline)}. Kết thúc đợt lấy ý kiến trước khi chuyển ký.",
            code="round_open",
        )
    waiting = await unresolved(session, minutes)
    if waiting:
        raise Conflict(f"Còn {waiting} ý kiến góp ý chưa xử lý.", code="comments_unresolved", detail={"count": waiting})


async def unresolved(session: AnySession, minutes: Minutes) -> int:
    query = select(func.count()).select_from(Comment).join(CommentRound, Comment.round_id == CommentRound.id)
    found = await session.scalar(query.where(CommentRound.minutes_id == minutes.id, Comment.resolved_at.is_(None)))
    return found or 0
