"""File the dossier of an issued meeting: gathered once, kept in the store, and delivered by durable jobs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from recordings.documents.dossier import gather
from recordings.documents.package import to_zip
from recordings.documents.tables import Delivery, Dossier
from recordings.errors import Conflict, NotFound
from recordings.minutes.access import AnySession, open_minutes, require, require_status
from recordings.papers.store import ObjectStore
from scheduler.database import WriteSession
from scheduler.outbox import enqueue
from scheduler.permissions import Actor, may_file, may_see_dossier
from scheduler.proceedings.chain import instant
from scheduler.secrecy import is_secret

DELIVER_DOSSIER = "deliver_dossier"  # outbox kind; payload {"delivery_id"}; done by :func:`deliver.deliver`


async def file_dossier(
    session: WriteSession,
    store: ObjectStore,
    actor: Actor,
    meeting_id: str,
    *,
    recipients: Sequence[str] = ("folder",),
    installation: str = "Giao Ban",
    now: datetime,
) -> Dossier:
    """Gather and send; filing again gives the dossier that is there and adds recipients that are new."""
    opened = await open_minutes(session, actor, meeting_id)
    require(may_file(actor, opened.access), "file")
    if is_secret(opened.meeting.security_marking):
        raise Conflict("Hồ sơ cuộc họp bí mật nhà nước không xuất, không liên thông.", code="secret_stays")
    minutes = opened.existing
    require_status(minutes, "issued")
    dossier = await session.scalar(select(Dossier).where(Dossier.meeting_id == meeting_id))
    if dossier is None:
        package = await gather(session, store, minutes, installation)
        archive = to_zip(package)
        dossier = Dossier(
            meeting_id=meeting_id,
            file_code=package.metadata["FileCode"],
            title=package.metadata["Title"],
            manifest_json=json.dumps(package.manifest, ensure_ascii=False),
            zip_sha256=await store.put(archive),
            zip_size_bytes=len(archive),
            created_by=actor.person_id,
            created_at=now,
        )
        session.add(dossier)
        await session.flush()
    known = set(await session.scalars(select(Delivery.recipient).where(Delivery.dossier_id == dossier.id)))
    for recipient in recipients:
        if recipient not in known:
            await _send(session, dossier, recipient, now)
    return dossier


async def _send(session: WriteSession, dossier: Dossier, recipient: str, now: datetime) -> None:
    delivery = Delivery(dossier_id=dossier.id, recipient=recipient, at=now)
    session.add(delivery)
    await session.flush()
    enqueue(session, DELIVER_DOSSIER, {"delivery_id": delivery.id}, now)


async def dossier_of(session: AnySession, actor: Actor, meeting_id: str) -> Dossier:
    """The filed dossier, for those who may file it or read the log that lies in it."""
    opened = await open_minutes(session, actor, meeting_id)
    require(may_see_dossier(actor, opened.access), "dossier")
    dossier = await session.scalar(select(Dossier).where(Dossier.meeting_id == meeting_id))
    if dossier is None:
        raise NotFound("Cuộc họp này chưa lưu hồ sơ.")
    return dossier


async def dossier_json(session: AnySession, actor: Actor, meeting_id: str) -> dict[str, Any]:
    """As the screen shows it (web/api/API.md)."""
    dossier = await dossier_of(session, actor, meeting_id)
    manifest = json.loads(dossier.manifest_json)
    meta = manifest["file"]
    year, month, day = meta["IssuedDate"].split("-")
    query = select(Delivery).where(Delivery.dossier_id == dossier.id).order_by(Delivery.recipient)
    return {
        "file_code": dossier.file_code,
        "title": dossier.title,
        "so_ky_hieu": f"{meta['CodeNumber']}/{meta['CodeNotation']}",
        "trich_yeu": meta["Subject"],
        "ngay": f"{day}/{month}/{year}",
        "documents": manifest["documents"],
        "deliveries": [
            {
                "id": d.id, "recipient": d.recipient, "status": d.status, "at": instant(d.at), "error": d.error,
                "next_try": instant(d.next_try_at) if d.next_try_at else None,
            }
            for d in await session.scalars(query)
        ],
        "zip_url": f"/api/meetings/{meeting_id}/dossier.zip",
    }  # fmt: skip


async def dossier_zip(session: AnySession, store: ObjectStore, actor: Actor, meeting_id: str) -> bytes:
    return await store.get((await dossier_of(session, actor, meeting_id)).zip_sha256)
