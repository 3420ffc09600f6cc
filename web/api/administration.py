"""For the installation's administrator: settings, letters of the mail folder, jobs, the audit trail."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute
from starlette.responses import Response

from scheduler.audit import AuditEntry, read_audit, record
from scheduler.database import ReadSession, WriteSession
from scheduler.mail import FolderTransport
from scheduler.meetings.access import require
from scheduler.meetings.meeting import Meeting
from scheduler.meetings.seen_letters import SeenLetter, seen_letters
from scheduler.meetings.visibility import visible_to
from scheduler.organization.installation import write_settings
from scheduler.organization.person import Person
from scheduler.organization.site import Site
from scheduler.organization.unit import Unit
from scheduler.outbox import OutboxRow
from scheduler.permissions import Actor, may_see_settings
from web.api.call import Body, Json, SessionCall, Somebody
from web.errors import NotAllowed, NotFound, WrongStage
from web.installation import DEFAULTS, read_installation

router = APIRouter(tags=["administration"])

Line = Annotated[str, Field(max_length=200)]
JOBS_SHOWN = 200
_NAMED: tuple[tuple[InstrumentedAttribute[str], ...], ...] = (
    (Person.id, Person.name),
    (Site.id, Site.name),
    (Unit.id, Unit.kind, Unit.name),
)


MAY_BE_UNKNOWN = frozenset({"line_down_kbps", "line_up_kbps"})


class SettingsIn(Body):
    name: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    banner: Line | None = None
    mail_sender: Line | None = None
    support_phone: Line | None = None
    line_down_kbps: Annotated[int, Field(ge=0, le=100_000_000)] | None = None
    line_up_kbps: Annotated[int, Field(ge=0, le=100_000_000)] | None = None


async def administrator(call: SessionCall, session: ReadSession | WriteSession) -> Actor:
    """The caller, who must be an administrator of the installation."""
    actor = await call.actor(session)
    require(may_see_settings(actor), "administer", "administrator")
    return actor


@router.get("/settings")
async def read_settings(call: Somebody) -> Json:
    async with call.database.reading() as session:
        await administrator(call, session)
        return await _settings(session, call)


@router.put("/settings")
async def change_settings(body: SettingsIn, call: Somebody) -> Json:
    async with call.database.transaction() as session:
        actor = await administrator(call, session)
        said = body.model_dump(exclude_unset=True)
        values = {name: value for name, value in said.items() if value is not None or name in MAY_BE_UNKNOWN}
        await write_settings(session, values)
        record(session, "settings_changed", actor, call.now, address=call.address, names=sorted(values))
        return await _settings(session, call)


async def _settings(session: ReadSession | WriteSession, call: SessionCall) -> Json:
    values = await read_installation(session)
    settings = call.services.settings
    return {
        **{name: values[name] for name in DEFAULTS},
        "public_url": settings.url,
        "has_tls": settings.has_tls,
        "mail": "smtp" if settings.smtp_url else "folder",
        "upload_limit": settings.upload_limit,
        "isolated_network": settings.isolated_network,
    }


@router.get("/mail")
async def letters(call: Somebody) -> Json:
    """The folder's letters, newest first; none when a mail server takes them.

    Of meetings that the administrator may not see the envelope only; of invented ones (demonstration) everything.
    """
    async with call.database.reading() as session:
        actor = await administrator(call, session)
    mail = call.services.mail
    found = await mail.list() if isinstance(mail, FolderTransport) else []
    async with call.database.reading() as session:
        seen = await seen_letters(session, actor, found, withhold=await _withholds(session))
    return {"items": [shape_letter(one) for one in seen], "next": None}


@router.get("/mail/{letter_id}.eml")
async def letter(letter_id: str, call: Somebody) -> Response:
    mail = call.services.mail
    async with call.database.reading() as session:
        actor = await administrator(call, session)
        if not isinstance(mail, FolderTransport):
            raise NotFound
        found = [await mail.envelope(letter_id)]
        (seen,) = await seen_letters(session, actor, found, withhold=await _withholds(session))
    if not seen.may_open:
        raise NotAllowed("letter_withheld")
    headers = {"content-disposition": f'attachment; filename="{letter_id[:80]}.eml"'}
    return Response(await mail.read(letter_id), media_type="message/rfc822", headers=headers)


async def _withholds(session: ReadSession) -> bool:
    """Not where every meeting is invented: who tries the product opens all its letters."""
    return not (await read_installation(session))["demo"]


def shape_letter(seen: SeenLetter) -> dict[str, Any]:
    letter = seen.letter
    return {
        "id": letter.id,
        "to": letter.to,
        "at": letter.at,
        "kind": letter.kind,
        "state": "in_folder",  # nothing else becomes of it: no mail server is set
        "subject": seen.subject,
        "may_open": seen.may_open,
    }


@router.get("/jobs")
async def jobs(call: Somebody, cursor: Annotated[str | None, Query(max_length=36)] = None) -> Json:
    """What the outbox holds, newest first: what is going on, what failed and why."""
    query = select(OutboxRow).order_by(OutboxRow.id.desc()).limit(JOBS_SHOWN + 1)
    if cursor:
        query = query.where(OutboxRow.id < cursor)
    async with call.database.reading() as session:
        await administrator(call, session)
        rows = (await session.scalars(query)).all()
    more = rows[JOBS_SHOWN - 1].id if len(rows) > JOBS_SHOWN else None
    return {"items": [shape_job(row) for row in rows[:JOBS_SHOWN]], "next": more}


@router.post("/jobs/{job_id}/retry")
async def retry(job_id: str, call: Somebody) -> Json:
    async with call.database.transaction() as session:
        await administrator(call, session)
        row = await session.get(OutboxRow, job_id)
        if row is None:
            raise NotFound
        if row.done_at is not None:
            raise WrongStage("job_done")
    if call.services.jobs is not None:
        await call.services.jobs.retry(job_id)
    return shape_job(row)


def shape_job(row: OutboxRow) -> dict[str, Any]:
    state = "done" if row.done_at else "failing" if row.error else "running" if row.started_at else "waiting"
    return {
        "id": row.id,
        "kind": row.kind,
        "at": row.at,
        "started_at": row.started_at,
        "done_at": row.done_at,
        "progress": row.progress,
        "error": row.error,
        "state": state,
        "about": json.loads(row.payload_json),
    }


@router.get("/audit")
async def audit(call: Somebody, cursor: Annotated[str | None, Query(max_length=36)] = None) -> Json:
    async with call.database.reading() as session:
        actor = await administrator(call, session)
        page = await read_audit(session, cursor)
        names = await _names(session, actor, page.entries)
    items = [
        {
            "id": entry.id,
            "at": entry.at,
            "kind": entry.kind,
            "person_id": entry.person_id,
            "site_id": entry.site_id,
            "subject_id": entry.subject_id,
            "who": names.get(entry.person_id or entry.site_id or "", ""),
            "about": names.get(entry.subject_id or "", ""),
            "address": entry.address,
            "detail": json.loads(entry.detail_json),
        }
        for entry in page.entries
    ]
    return {"items": items, "next": page.next}


async def _names(session: ReadSession, actor: Actor, entries: Sequence[AuditEntry]) -> dict[str, str]:
    """What people call the persons, sites and units of these entries, and the meetings that the actor may see."""
    ids = {one for entry in entries for one in (entry.person_id, entry.site_id, entry.subject_id) if one}
    found: dict[str, str] = {}
    for key, *parts in _NAMED:
        for row in await session.execute(select(key, *parts).where(key.in_(ids))):
            found[row[0]] = " ".join(part for part in row[1:] if part)
    titles = select(Meeting.id, Meeting.title).where(Meeting.id.in_(ids), visible_to(actor))
    found.update({row.id: row.title for row in await session.execute(titles)})
    return found
