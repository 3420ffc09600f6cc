"""Sign the minutes here, with the signer's own PKCS#12: the secretary first, then the chair.

The PIN is used once and kept nowhere. The signature is made outside any transaction; if the PDF changed meanwhile (a
number was filled in, another signature came), it is thrown away and the signer is told.
"""

from __future__ import annotations

from datetime import datetime

from recordings.errors import Conflict
from recordings.minutes.access import Opened, open_minutes, require, require_status
from recordings.minutes.certificate import unlock
from recordings.minutes.seal import seal
from recordings.minutes.settings import SigningSettings
from recordings.minutes.tables import Minutes, Signature, SignatureRole
from recordings.papers.store import ObjectStore
from scheduler.database import Database, WriteSession
from scheduler.permissions import Actor, may_sign
from scheduler.proceedings.projection import move

NEXT = {"waiting_secretary": "waiting_chair", "waiting_chair": "signed"}
WAITING = {"secretary": "waiting_secretary", "chair": "waiting_chair"}


async def sign_minutes(
    database: Database,
    store: ObjectStore,
    settings: SigningSettings,
    actor: Actor,
    meeting_id: str,
    *,
    role: SignatureRole,
    pin: str,
    now: datetime,
) -> Signature:
    """Add this person's signature in this role."""
    async with database.reading() as session:
        opened = await open_minutes(session, actor, meeting_id)
        base = check_turn(opened, actor, role)
    certificate, signer = await unlock(database, settings, person_id=str(actor.person_id), pin=pin, now=now)
    signed = await seal(
        await store.get(base),
        role,
        signer,
        name=certificate.subject,
        is_test=certificate.is_test,
        now=now,
    )
    sha256 = await store.put(signed)
    signature = Signature(
        role=role,
        person_id=actor.person_id,
        name=certificate.subject,
        at=now,
        certificate_sha256=certificate.sha256,
        is_test=certificate.is_test,
        source="here",
    )
    async with database.transaction() as writing:
        opened = await open_minutes(writing, actor, meeting_id)
        if check_turn(opened, actor, role) != base:
            raise Conflict("Tệp biên bản vừa thay đổi trong lúc ký. Mở lại và ký lại.", code="stale")
        await keep_signature(writing, opened.existing, signature, sha256)
    return signature


def check_turn(opened: Opened, actor: Actor, role: str) -> str:
    """The SHA-256 of what is to be signed now by this person in this role."""
    require(may_sign(actor, opened.access, "secretary" if role == "secretary" else "chair"), role)
    minutes = opened.existing
    if role == "chair" and minutes.status == "waiting_secretary":
        raise Conflict("Thư ký ký trước, sau đó chủ tọa ký.", code="wrong_stage")
    require_status(minutes, WAITING[role])
    return newest_pdf(minutes)


def newest_pdf(minutes: Minutes) -> str:
    newest = minutes.signed_pdf_sha256 or minutes.pdf_sha256
    if newest is None:
        raise Conflict("Biên bản chưa trình ký.", code="wrong_stage")
    return newest


async def keep_signature(session: WriteSession, minutes: Minutes, signature: Signature, sha256: str) -> None:
    """Write the signature down and move on to the next signer; the last one makes the meeting signed."""
    signature.minutes_id = minutes.id
    session.add(signature)
    minutes.signed_pdf_sha256, minutes.status = sha256, NEXT[minutes.status]
    if minutes.status == "signed":
        await move(session, minutes.meeting_id, "signed")
    await session.flush()
