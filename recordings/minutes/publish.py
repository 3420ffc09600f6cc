"""Issue the signed and numbered minutes inside ("Đã phát hành"), and recall them. A public page is another act."""

from __future__ import annotations

from datetime import datetime

from recordings.errors import BadInput, Conflict
from recordings.minutes.access import open_minutes, require, require_status
from recordings.minutes.draft import facts_in
from recordings.minutes.submit import form_of
from recordings.minutes.tables import Minutes
from scheduler.database import WriteSession
from scheduler.permissions import Actor, may_number_and_issue
from scheduler.proceedings.projection import move
from scheduler.search import index_document


async def issue_minutes(session: WriteSession, actor: Actor, meeting_id: str, now: datetime) -> Minutes:
    """From now on everybody who may see the meeting reads them."""
    opened = await open_minutes(session, actor, meeting_id)
    require(may_number_and_issue(actor, opened.access), "clerk")
    minutes = opened.existing
    require_status(minutes, "signed")
    if not minutes.number or minutes.issued_on is None:
        raise Conflict("Chưa có số và ngày. Văn thư cấp số trước khi phát hành.", code="number_missing")
    minutes.status, minutes.issued_at, minutes.issued_by = "issued", now, actor.person_id
    await move(session, meeting_id, "published")
    await _make_findable(session, minutes, opened.meeting.title)
    return minutes


async def _make_findable(session: WriteSession, minutes: Minutes, title: str) -> None:
    """Each item by itself, so that a hit opens the recording where it was dealt with."""
    form = await form_of(session, minutes)
    seconds = {item["item_id"]: item["speeches"] for item in facts_in(minutes)["items"]}
    for item in form["items"]:
        speeches = seconds.get(item["item_id"]) or []
        text = "\n".join([*item["speeches"], *item["opinions"], *item["conclusions"]])
        await index_document(
            session,
            "minutes",
            minutes.meeting_id,
            f"{minutes.id}:{item['item_id'][-24:]}",  # 61 characters at most
            f"Biên bản {title} – {item['heading']}",
            text,
            at_ms=next((s["recording_ms"] for s in speeches if s["recording_ms"] is not None), None),
        )


async def recall_minutes(session: WriteSession, actor: Actor, meeting_id: str, reason: str, now: datetime) -> Minutes:
    """Say that these minutes no longer hold; they stay readable, marked "Đã thu hồi"."""
    opened = await open_minutes(session, actor, meeting_id)
    require(may_number_and_issue(actor, opened.access), "clerk")
    minutes = opened.existing
    require_status(minutes, "issued")
    if not reason.strip():
        raise BadInput("Ghi lý do thu hồi.", {"reason": "bắt buộc"})
    minutes.status, minutes.recall_reason = "recalled", reason.strip()
    minutes.recalled_at, minutes.recalled_by = now, actor.person_id
    return minutes
