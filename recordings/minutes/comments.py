"""Comments on a draft: given while a round is open, each about one paragraph of one revision, and answered once.

Nothing of them is ever lost or changed: a comment comes in as long as its round is open at the moment of writing, later
revisions leave its quotation as it was.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import func, select, update

from recordings.errors import BadInput, Conflict, NotAllowed, NotFound
from recordings.minutes.access import AnySession, Opened, is_open, newest_round, open_minutes, require, require_status
from recordings.minutes.draft import facts_in
from recordings.minutes.names import load_persons
from recordings.minutes.paragraphs import parts
from recordings.minutes.revise import revision_of
from recordings.minutes.rounds import status_at
from recordings.minutes.tables import Comment, CommentRound, Minutes
from recordings.minutes.text import clean, text_from_json
from scheduler.database import WriteSession
from scheduler.organization.person import Person
from scheduler.organization.site import Site
from scheduler.permissions import Actor, may_comment_on_minutes, may_see_proceedings, may_write_minutes
from scheduler.proceedings.chain import instant

Outcome = Literal["accepted", "declined"]
LONGEST, MOST = 5000, 100  # characters; comments of one person or site in one round


async def add_comment(
    session: WriteSession,
    actor: Actor,
    meeting_id: str,
    *,
    revision: int,
    part: str,
    paragraph: int,
    text: str,
    now: datetime,
) -> Comment:
    """Somebody invited says something of the paragraph he reads."""
    opened = await open_minutes(session, actor, meeting_id, now)
    minutes = opened.existing
    if not may_comment_on_minutes(actor, opened.access):
        raise NotAllowed("Chỉ thành phần được mời họp được góp ý dự thảo.")
    quote = await _quoted(session, minutes, revision, part, paragraph)
    text = clean(text, "text").strip()
    if not 0 < len(text) <= LONGEST:
        raise BadInput("Ghi ý kiến góp ý.", {"text": f"bắt buộc, tối đa {LONGEST} ký tự"})
    newest = await _counted(session, minutes, now)
    await _check_not_too_many(session, newest, actor)
    comment = Comment(
        round_id=newest.id,
        person_id=actor.person_id,
        site_id=actor.site_id if actor.person_id is None else None,
        author=await _name_of(session, actor, now),
        revision=revision,
        part=part,
        paragraph=paragraph,
        quote=quote,
        text=text,
        at=now,
    )
    session.add(comment)
    await session.flush()
    return comment


async def _quoted(session: AnySession, minutes: Minutes, revision: int, part: str, paragraph: int) -> str:
    text = text_from_json((await revision_of(session, minutes, revision)).text_json)
    found = next((one for one in parts(facts_in(minutes), text) if one.name == part), None)
    if found is None or not 0 <= paragraph < len(found.lines):
        raise BadInput("Không có đoạn này trong dự thảo.", {"paragraph": "không có"})
    return found.lines[paragraph]


async def _counted(session: WriteSession, minutes: Minutes, now: datetime) -> CommentRound:
    """The open round, counting one more: whoever ends it at this moment waits for this comment or turns it away."""
    newest = await newest_round(session, minutes)
    counted = (
        update(CommentRound)
        .where(CommentRound.minutes_id == minutes.id, CommentRound.closed_at.is_(None), CommentRound.deadline > now)
        .values(comments=CommentRound.comments + 1)
        .returning(CommentRound.id)
        .execution_options(synchronize_session=False)
    )
    if newest is None or newest.id not in list(await session.scalars(counted)):
        raise Conflict("Đợt lấy ý kiến đã kết thúc. Ý kiến chưa được ghi: gửi trực tiếp thư ký.", code="round_closed")
    return newest


async def _check_not_too_many(session: WriteSession, newest: CommentRound, actor: Actor) -> None:
    own = Comment.person_id == actor.person_id if actor.person_id else Comment.site_id == actor.site_id
    query = select(func.count()).select_from(Comment).where(Comment.round_id == newest.id, own)
    if (await session.scalar(query) or 0) >= MOST:
        raise Conflict(f"Mỗi người góp tối đa {MOST} ý kiến trong một đợt.", code="too_many_comments")


async def _name_of(session: AnySession, actor: Actor, now: datetime) -> str:
    if actor.person_id is None:
        site = await session.get_one(Site, actor.site_id)
        return f"{site.unit.title} – {site.name}"
    person = (await load_persons(session, {actor.person_id}, now))[actor.person_id]
    return f"{person.name}, {person.post}" if person.post else person.name


async def resolve_comment(
    session: WriteSession,
    actor: Actor,
    meeting_id: str,
    comment_id: str,
    *,
    outcome: Outcome,
    answer: str,
    now: datetime,
) -> None:
    """The secretary takes it over or declines it with a reason, once."""
    opened = await open_minutes(session, actor, meeting_id)
    require(may_write_minutes(actor, opened.access), "write")
    minutes = opened.existing
    require_status(minutes, "draft", "review")
    answer = clean(answer, "answer").strip()
    if len(answer) > LONGEST or (outcome == "declined" and not answer):
        raise BadInput("Ghi lý do không tiếp thu.", {"answer": f"bắt buộc khi không tiếp thu, tối đa {LONGEST} ký tự"})
    rounds = select(CommentRound.id).where(CommentRound.minutes_id == minutes.id)
    resolved = (
        update(Comment)
        .where(Comment.id == comment_id, Comment.round_id.in_(rounds), Comment.resolved_at.is_(None))
        .values(outcome=outcome, answer=answer, resolved_by=actor.person_id, resolved_at=now)
        .returning(Comment.id)
        .execution_options(synchronize_session=False)
    )
    if not list(await session.scalars(resolved)):
        await _refuse(session, minutes, comment_id)


async def _refuse(session: AnySession, minutes: Minutes, comment_id: str) -> None:
    query = select(Comment).join(CommentRound, Comment.round_id == CommentRound.id)
    found = await session.scalar(query.where(Comment.id == comment_id, CommentRound.minutes_id == minutes.id))
    if found is None:
        raise NotFound("Không có ý kiến góp ý này.")
    raise Conflict(
        "Ý kiến này đã được xử lý.", code="resolved", detail={"outcome": found.outcome, "answer": found.answer}
    )


async def comments_json(session: AnySession, actor: Actor, meeting_id: str, now: datetime) -> dict[str, Any]:
    """The round, what can be commented on, and every comment so far (web/api/API.md)."""
    opened = await open_minutes(session, actor, meeting_id, now)
    minutes, newest = opened.existing, await newest_round(session, opened.existing)
    open_now = is_open(newest, now)
    if not may_see_proceedings(actor, opened.access) and not open_now:
        raise NotFound("Không có đợt lấy ý kiến nào đang mở.")
    text = text_from_json((await revision_of(session, minutes, minutes.revision)).text_json)
    return {
        "revision": minutes.revision,
        "round": await _round(session, newest, now) if newest else None,
        "parts": [asdict(part) for part in parts(facts_in(minutes), text)],
        "items": [_comment(one, number, actor) for one, number in await _all(session, minutes)],
        "may": _acts(actor, opened, await status_at(session, minutes, now), open_now),
    }


async def _all(session: AnySession, minutes: Minutes) -> list[tuple[Comment, int]]:
    query = select(Comment, CommentRound.number).join(CommentRound, Comment.round_id == CommentRound.id)
    found = await session.execute(query.where(CommentRound.minutes_id == minutes.id).order_by(Comment.at, Comment.id))
    return [(comment, number) for comment, number in found]


async def _round(session: AnySession, one: CommentRound, now: datetime) -> dict[str, Any]:
    people = {one.opened_by, one.closed_by} - {None}
    names = {person.id: person.name for person in await session.scalars(select(Person).where(Person.id.in_(people)))}
    ended = one.closed_at or (one.deadline if now >= one.deadline else None)
    return {
        "number": one.number,
        "note": one.note,
        "opened_at": instant(one.opened_at),
        "opened_by": names.get(one.opened_by, ""),
        "deadline": instant(one.deadline),
        "is_open": is_open(one, now),
        "closed_at": instant(ended) if ended else None,
        "closed_by": names.get(one.closed_by or "", ""),
    }


def _comment(one: Comment, number: int, actor: Actor) -> dict[str, Any]:
    mine = one.person_id == actor.person_id if one.person_id else one.site_id == actor.site_id
    return {
        "id": one.id, "round": number, "author": one.author, "is_mine": mine, "revision": one.revision,
        "part": one.part, "paragraph": one.paragraph, "quote": one.quote, "text": one.text, "at": instant(one.at),
        "outcome": one.outcome or None, "answer": one.answer,
        "resolved_at": instant(one.resolved_at) if one.resolved_at else None,
    }  # fmt: skip


def _acts(actor: Actor, opened: Opened, status: str, open_now: bool) -> list[str]:
    writes = may_write_minutes(actor, opened.access) and status in ("draft", "review")
    allowed = {
        "open_round": writes and not open_now,
        "close_round": writes and open_now,
        "comment": open_now and may_comment_on_minutes(actor, opened.access),
        "resolve": writes,
    }
    return [act for act, is_allowed in allowed.items() if is_allowed]
