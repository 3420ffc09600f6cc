"""The dossier of a meeting: file it, look at it, take it along as a ZIP, verify it."""

from __future__ import annotations

import asyncio
from dataclasses import asdict

from fastapi import APIRouter
from starlette.responses import Response

from recordings.documents.file_dossier import dossier_json, dossier_zip, file_dossier
from recordings.verify import verify_bytes
from web.api.call import Json, Somebody
from web.installation import read_installation

router = APIRouter(tags=["dossier"])


@router.get("/meetings/{meeting_id}/dossier")
async def read(meeting_id: str, call: Somebody) -> Json:
    async with call.database.reading() as session:
        return await dossier_json(session, await call.actor(session), meeting_id)


@router.post("/meetings/{meeting_id}/dossier", status_code=201)
async def file_it(meeting_id: str, call: Somebody) -> Json:
    """Gathered and written down now, delivered by a durable job, once."""
    async with call.database.transaction() as session:
        name = (await read_installation(session))["name"]
        actor = await call.actor(session)
        await file_dossier(session, call.services.store, actor, meeting_id, installation=name, now=call.now)
    call.services.outbox_changed.set()
    return await read(meeting_id, call)


@router.get("/meetings/{meeting_id}/dossier.zip")
async def take_along(meeting_id: str, call: Somebody) -> Response:
    async with call.database.reading() as session:
        content = await dossier_zip(session, call.services.store, await call.actor(session), meeting_id)
    headers = {"content-disposition": 'attachment; filename="ho-so-cuoc-hop.zip"'}
    return Response(content, media_type="application/zip", headers=headers)


@router.post("/meetings/{meeting_id}/dossier/verify")
async def check(meeting_id: str, call: Somebody) -> Json:
    """The same check as ``giaoban verify``, in a thread: signatures and hashes of a large dossier take their time."""
    async with call.database.reading() as session:
        content = await dossier_zip(session, call.services.store, await call.actor(session), meeting_id)
    roots = call.services.signing.trusted_roots
    report = await asyncio.to_thread(asyncio.run, verify_bytes(content, "ho-so-cuoc-hop.zip", roots))
    return {
        "is_whole": report.is_whole,
        "lines": report.lines(),
        "defects": [asdict(defect) for defect in report.defects],
        "notes": report.notes,
        "files": report.files,
        "facts": report.facts,
    }
