"""The minutes as the screen shows them (web/api/API.md, Minutes), and their files."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from recordings.errors import NotFound
from recordings.minutes.access import AnySession, Opened, open_minutes, signatures_of
from recordings.minutes.draft import ENDED_STAGES, facts_in
from recordings.minutes.form import default_notation
from recordings.minutes.html import html_of
from recordings.minutes.revise import revision_of
from recordings.minutes.rounds import status_at
from recordings.minutes.submit import form_of, preview
from recordings.minutes.tables import Minutes
from recordings.minutes.text import text_from_json
from recordings.minutes.word import word_of
from recordings.papers.store import ObjectStore
from scheduler.permissions import Actor, may_number_and_issue, may_see_dossier, may_sign, may_write_minutes
from scheduler.proceedings.chain import instant

SHOWN = ("opened_at", "closed_at", "seconds", "status", "reason", "presenter", "speeches", "papers", "conclusions",
         "tasks")  # fmt: skip


async def minutes_json(session: AnySession, actor: Actor, meeting_id: str, now: datetime) -> dict[str, Any]:
    """Everything the minutes page needs."""
    opened = await open_minutes(session, actor, meeting_id, now)
    minutes = opened.existing
    facts = facts_in(minutes)
    text = text_from_json((await revision_of(session, minutes, minutes.revision)).text_json)
    signatures = await signatures_of(session, minutes)
    return {
        "id": minutes.id,
        "meeting_id": meeting_id,
        "status": await status_at(session, minutes, now),
        "revision": minutes.revision,
        "number": minutes.number,
        "notation": minutes.notation or default_notation(facts),
        "issued_on": minutes.issued_on.isoformat() if minutes.issued_on else None,
        "template": minutes.template,
        "return_reason": minutes.return_reason,
        "recall_reason": minutes.recall_reason,
        "locked": facts,
        "sections": [
            {
                "item_id": item["item_id"],
                "title": item["title"],
                "locked": {name: item[name] for name in SHOWN},
                "opinions": text.section(item["item_id"]).opinions,
                "conclusion": text.section(item["item_id"]).conclusion,
            }
            for item in facts["items"]
        ],
        "opening": text.opening,
        "closing": text.closing,
        "recipients": list(text.recipients),
        "signatures": [
            {
                "role": s.role, "name": s.name, "at": instant(s.at), "test_certificate": s.is_test,
                "source": s.source, "valid": True,
            }
            for s in signatures
        ],
        "files": _files(meeting_id, minutes),
        "may": acts(actor, opened),
    }  # fmt: skip


def _files(meeting_id: str, minutes: Minutes) -> dict[str, str | None]:
    base = f"/api/meetings/{meeting_id}/minutes"
    signed = f"{base}/signed.pdf" if minutes.signed_pdf_sha256 else None
    return {"pdf": f"{base}/pdf", "docx": f"{base}/docx", "html": f"{base}/html", "signed_pdf": signed}


def acts(actor: Actor, opened: Opened) -> list[str]:
    """What this person may do with the minutes now."""
    writes, clerk = may_write_minutes(actor, opened.access), may_number_and_issue(actor, opened.access)
    chairs = may_sign(actor, opened.access, "chair")
    if opened.minutes is None:
        return ["draft"] if writes and opened.meeting.stage in ENDED_STAGES else []
    status = opened.minutes.status
    waiting = status in ("waiting_secretary", "waiting_chair")
    allowed = {
        "draft": writes and status in ("draft", "review"),
        "edit": writes and status in ("draft", "review"),
        "submit": writes and status in ("draft", "review"),
        "return": (writes or chairs) and waiting,
        "sign_secretary": may_sign(actor, opened.access, "secretary") and status == "waiting_secretary",
        "sign_chair": chairs and status == "waiting_chair",
        "upload": waiting and (writes or (chairs and status == "waiting_chair")),
        "number": clerk and status not in ("issued", "recalled"),
        "issue": clerk and status == "signed" and opened.minutes.number is not None,
        "recall": clerk and status == "issued",
        "file": (clerk or writes) and status == "issued",
        "dossier": may_see_dossier(actor, opened.access),
    }
    return [act for act, is_allowed in allowed.items() if is_allowed]


async def pdf_file(session: AnySession, store: ObjectStore, actor: Actor, meeting_id: str, now: datetime) -> bytes:
    """What is to be signed next, or already is; of a draft, a preview made now."""
    minutes = (await open_minutes(session, actor, meeting_id, now)).existing
    newest = minutes.signed_pdf_sha256 or minutes.pdf_sha256
    return await store.get(newest) if newest else await preview(session, minutes, now)


async def signed_pdf_file(session: AnySession, store: ObjectStore, actor: Actor, meeting_id: str) -> bytes:
    minutes = (await open_minutes(session, actor, meeting_id)).existing
    if minutes.signed_pdf_sha256 is None:
        raise NotFound("Biên bản chưa có chữ ký.")
    return await store.get(minutes.signed_pdf_sha256)


async def word_file(session: AnySession, actor: Actor, meeting_id: str) -> bytes:
    return word_of(await form_of(session, (await open_minutes(session, actor, meeting_id)).existing))


async def html_file(session: AnySession, actor: Actor, meeting_id: str, now: datetime) -> str:
    return html_of(await form_of(session, (await open_minutes(session, actor, meeting_id, now)).existing))
