"""Submit the minutes to the signatures, and return them to the draft.

Submitting draws the facts a last time and makes the PDF with its empty fields: that file is what gets signed.
"""

from __future__ import annotations

import asyncio
import json
from datetime import datetime

from sqlalchemy import delete

from recordings.errors import BadInput, Conflict
from recordings.minutes.access import open_minutes, require, require_status, signatures_of
from recordings.minutes.draft import draw_facts, facts_in
from recordings.minutes.fields import add_fields
from recordings.minutes.form import Form, minutes_form
from recordings.minutes.party import refuse_party_form
from recordings.minutes.render import places, render
from recordings.minutes.revise import revision_of
from recordings.minutes.rounds import require_no_comments_waiting
from recordings.minutes.tables import Minutes, Signature
from recordings.minutes.text import text_from_json
from recordings.papers.store import ObjectStore
from scheduler.database import ReadSession, WriteSession
from scheduler.permissions import Actor, may_sign, may_write_minutes
from scheduler.proceedings.projection import move

FORM = "bien_ban"


async def form_of(session: ReadSession | WriteSession, minutes: Minutes) -> Form:
    """The page as it stands now; refused for an organ whose form is not here."""
    facts = facts_in(minutes)
    refuse_party_form(facts["organ"]["name"])
    text = text_from_json((await revision_of(session, minutes, minutes.revision)).text_json)
    return minutes_form(facts, text, minutes.number, minutes.notation)


async def preview(session: ReadSession | WriteSession, minutes: Minutes, now: datetime) -> bytes:
    """The PDF of a draft, without fields."""
    form = await form_of(session, minutes)
    return await asyncio.to_thread(lambda: add_fields(render(FORM, form, now), _number_place(form), form["number"]))


def _number_place(form: Form) -> list:  # type: ignore[type-arg]
    return [place for place in places(FORM, form) if place.name == "number"]


async def submit_minutes(
    session: WriteSession, store: ObjectStore, actor: Actor, meeting_id: str, now: datetime
) -> Minutes:
    """From now on the text is frozen; the secretary signs next."""
    opened = await open_minutes(session, actor, meeting_id)
    require(may_write_minutes(actor, opened.access), "write")
    minutes = opened.existing
    require_status(minutes, "draft", "review")
    await require_no_comments_waiting(session, minutes, now)
    facts = await draw_facts(session, opened.meeting)
    if not facts["started_at"] or not facts["ended_at"]:
        raise Conflict("Diễn biến cuộc họp chưa có thời điểm bắt đầu hoặc kết thúc.", code="wrong_stage")
    minutes.facts_json = json.dumps(facts, ensure_ascii=False)
    form = await form_of(session, minutes)
    pdf = await asyncio.to_thread(lambda: add_fields(render(FORM, form, now), places(FORM, form), form["number"]))
    minutes.pdf_sha256, minutes.signed_pdf_sha256 = await store.put(pdf), None
    minutes.status, minutes.return_reason = "waiting_secretary", ""
    if opened.meeting.stage == "adjourned":
        await move(session, meeting_id, "minuted")
    return minutes


async def return_minutes(session: WriteSession, actor: Actor, meeting_id: str, reason: str) -> Minutes:
    """Back to the draft, by the secretary or by the chair who will not sign; signatures given so far fall away."""
    opened = await open_minutes(session, actor, meeting_id)
    require(may_write_minutes(actor, opened.access) or may_sign(actor, opened.access, "chair"), "write")
    minutes = opened.existing
    require_status(minutes, "waiting_secretary", "waiting_chair")
    if not reason.strip():
        raise BadInput("Ghi lý do trả lại.", {"reason": "bắt buộc"})
    if await signatures_of(session, minutes):
        await session.execute(delete(Signature).where(Signature.minutes_id == minutes.id))
    minutes.status, minutes.return_reason = "draft", reason.strip()
    minutes.pdf_sha256 = minutes.signed_pdf_sha256 = None
    if opened.meeting.stage == "minuted":
        await move(session, meeting_id, "adjourned")
    return minutes
