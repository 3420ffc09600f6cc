"""Number and date, given by the văn thư by hand. The series lives in the document system: none is ever invented here;
the same number twice in one organ and year is warned of, and taken only when confirmed."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import date, datetime

from sqlalchemy import func, select

from recordings.errors import BadInput, Conflict
from recordings.minutes.access import AnySession, open_minutes, require, require_status
from recordings.minutes.clock import local
from recordings.minutes.fields import fill_number
from recordings.minutes.form import number_text
from recordings.minutes.tables import Minutes
from recordings.papers.store import ObjectStore
from scheduler.database import WriteSession
from scheduler.meetings.meeting import Meeting
from scheduler.permissions import Actor, may_number_and_issue

NUMBER = re.compile(r"[0-9]{1,6}[a-zA-Z]?")
NOTATION = re.compile(r"[A-ZĐ0-9&.]+(-[A-ZĐa-zđ0-9&.]+)*")


async def give_number(
    session: WriteSession,
    store: ObjectStore,
    actor: Actor,
    meeting_id: str,
    *,
    number: str,
    notation: str,
    issued_on: date,
    confirm: bool = False,
    now: datetime,
) -> Minutes:
    """Set or change number and date until the minutes are issued; Conflict ``duplicate`` unless confirmed."""
    opened = await open_minutes(session, actor, meeting_id)
    require(may_number_and_issue(actor, opened.access), "clerk")
    minutes = opened.existing
    require_status(minutes, "draft", "review", "waiting_secretary", "waiting_chair", "signed")
    number, notation = _checked(number, notation, issued_on, _held_on(minutes, opened.meeting), now)
    twin = await same_number(session, minutes, number, notation, issued_on)
    if twin is not None and not confirm:
        there, title = number_text(twin[0].number, twin[0].notation or ""), twin[1].title
        raise Conflict(
            f"Số {there} năm {issued_on.year} đã cấp cho biên bản “{title}”. Kiểm tra lại sổ văn bản.",
            code="duplicate",
            detail={"meeting_id": twin[1].id, "title": title, "number": there},
        )
    minutes.number, minutes.notation, minutes.issued_on = number, notation, issued_on
    minutes.numbered_by = actor.person_id
    await _fill(store, minutes)
    return minutes


def _held_on(minutes: Minutes, meeting: Meeting) -> date:
    """The day it was convened, which may be before the planned one."""
    return local(json.loads(minutes.facts_json)["started_at"] or meeting.starts_at).date()


def _checked(number: str, notation: str, issued_on: date, held_on: date, now: datetime) -> tuple[str, str]:
    number, notation = number.strip(), notation.strip()
    wrong = {}
    if not NUMBER.fullmatch(number) or int(re.sub(r"\D", "", number)) == 0:
        wrong["number"] = "chỉ gồm chữ số, ví dụ 07"
    if not NOTATION.fullmatch(notation) or len(notation) > 30:
        wrong["notation"] = "ví dụ BB-UBND"
    if not held_on <= issued_on <= local(now).date():
        wrong["date"] = "không trước ngày họp và không sau hôm nay"
    if wrong:
        raise BadInput("Số, ký hiệu hoặc ngày chưa đúng.", wrong)
    return number.zfill(2), notation


async def same_number(
    session: AnySession, minutes: Minutes, number: str, notation: str, issued_on: date
) -> tuple[Minutes, Meeting] | None:
    """Minutes of another meeting that bear this number in this organ and year, however it was typed there."""
    query = (
        select(Minutes, Meeting)
        .join(Meeting, Minutes.meeting_id == Meeting.id)
        .where(
            Minutes.issuing_unit_id == minutes.issuing_unit_id,
            func.ltrim(func.lower(Minutes.number), "0") == counted(number),
            Minutes.issued_on.between(date(issued_on.year, 1, 1), date(issued_on.year, 12, 31)),
            Minutes.id != minutes.id,
        )
        .order_by(Minutes.created_at, Minutes.id)
    )
    for there, meeting in await session.execute(query):
        if (there.notation or "").casefold() == notation.casefold():
            return there, meeting
    return None


def counted(number: str) -> str:
    """The number as a register counts it: 7, 07 and 007 are one, 7A and 07a another. Printed is what was typed."""
    return number.lower().lstrip("0")


async def _fill(store: ObjectStore, minutes: Minutes) -> None:
    """Into the PDF, if there is one: an incremental update that the signatures permit."""
    newest = minutes.signed_pdf_sha256 or minutes.pdf_sha256
    if newest is None:
        return
    pdf = await store.get(newest)
    text = number_text(minutes.number, minutes.notation or "")
    filled = await store.put(await asyncio.to_thread(fill_number, pdf, text))
    if minutes.signed_pdf_sha256 is not None:
        minutes.signed_pdf_sha256 = filled
    else:
        minutes.pdf_sha256 = filled
