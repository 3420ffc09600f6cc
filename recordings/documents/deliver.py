"""Job: deliver a dossier to its document system. Run it as often as you like: delivered once, told once.

The adapter is idempotent on the delivery's id, so a crash between its work and our writing it down is mended by the
next run. A failure is written down with when to try again; the workflow engine asks :func:`next_try` how long to wait.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from recordings.documents.document_system import DocumentSystem, DocumentSystemFailed
from recordings.documents.package import from_zip
from recordings.documents.tables import Delivery, Dossier
from recordings.errors import RecordingsError
from recordings.papers.store import ObjectStore
from scheduler.database import Database
from scheduler.meetings.meeting import Meeting
from scheduler.proceedings.projection import move

FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)


async def deliver(
    database: Database, store: ObjectStore, systems: Mapping[str, DocumentSystem], delivery_id: str, now: datetime
) -> Delivery:
    """Deliver, or write down why not; raises the failure after writing it down, so that the engine tries again."""
    async with database.reading() as session:
        delivery = await session.get_one(Delivery, delivery_id)
        dossier = await session.get_one(Dossier, delivery.dossier_id)
    if delivery.status != "sent":
        try:
            package = from_zip(await store.get(dossier.zip_sha256))
            filed = await _system(systems, delivery.recipient).push(delivery.id, package)
        except RecordingsError as failure:
            await _write_failure(database, delivery_id, failure.message, now)
            raise
        await _write_success(database, delivery_id, dossier.meeting_id, filed.reference, now)
    async with database.reading() as session:
        return await session.get_one(Delivery, delivery_id)


def _system(systems: Mapping[str, DocumentSystem], name: str) -> DocumentSystem:
    if name not in systems:
        raise DocumentSystemFailed(f"Hệ thống quản lý văn bản “{name}” chưa được cấu hình.")
    return systems[name]


def next_try(attempts: int) -> timedelta:
    """Doubling from half a minute to an hour."""
    return min(LONGEST_WAIT, FIRST_WAIT * (1 << min(attempts, 10)))


async def _write_failure(database: Database, delivery_id: str, why: str, now: datetime) -> None:
    async with database.transaction() as session:
        delivery = await session.get_one(Delivery, delivery_id)
        delivery.status, delivery.error, delivery.at = "failed", why, now
        delivery.attempts += 1
        delivery.next_try_at = now + next_try(delivery.attempts - 1)


async def _write_success(database: Database, delivery_id: str, meeting_id: str, reference: str, now: datetime) -> None:
    async with database.transaction() as session:
        delivery = await session.get_one(Delivery, delivery_id)
        delivery.status, delivery.error, delivery.reference = "sent", "", reference
        delivery.attempts, delivery.next_try_at, delivery.at = delivery.attempts + 1, None, now
        meeting = await session.get_one(Meeting, meeting_id)
        if meeting.stage == "published":
            await move(session, meeting_id, "filed")
