"""Signed elsewhere: our PDF is downloaded, signed with whatever the signer has (VGCA token, SIM), and uploaded back.

What comes back must be our file and then a signature, nothing else: same bytes first, difference analysis clean, the
new signature valid, and in the name of the person whose turn it is. Otherwise it is refused with the reason.
"""

from __future__ import annotations

import asyncio
from datetime import datetime

from asn1crypto import x509

from recordings.errors import Conflict, TooLarge, WrongType
from recordings.minutes.access import open_minutes, require, require_status
from recordings.minutes.check import BrokenPdf, Checked, check_signatures, difference_from
from recordings.minutes.fields import number_in
from recordings.minutes.settings import SigningSettings
from recordings.minutes.sign import keep_signature, newest_pdf
from recordings.minutes.tables import Signature
from recordings.minutes.trust import load_roots
from recordings.papers.store import ObjectStore
from scheduler.database import WriteSession
from scheduler.organization.folding import fold
from scheduler.organization.person import Person
from scheduler.permissions import Actor, may_sign, may_write_minutes

MAX_BYTES = 60_000_000
REFUSED = "Không nhận tệp này: "


async def upload_signed(
    session: WriteSession,
    store: ObjectStore,
    settings: SigningSettings,
    actor: Actor,
    meeting_id: str,
    content: bytes,
    now: datetime,
) -> Signature:
    """Take the signed PDF as the signature of the one whose turn it is; he or the secretary uploads it."""
    opened = await open_minutes(session, actor, meeting_id)
    minutes = opened.existing
    require_status(minutes, "waiting_secretary", "waiting_chair")
    role = "secretary" if minutes.status == "waiting_secretary" else "chair"
    is_signer = may_sign(actor, opened.access, "secretary" if role == "secretary" else "chair")
    require(is_signer or may_write_minutes(actor, opened.access), role)
    ours = await store.get(newest_pdf(minutes))
    checked = await _new_signature(ours, content, load_roots(settings.trusted_roots))
    signer_id = opened.meeting.secretary_person_id if role == "secretary" else opened.meeting.chair_person_id
    _check_name(checked, (await session.get_one(Person, signer_id)).name)
    signature = Signature(
        role=role,
        person_id=signer_id,
        name=checked.name,
        at=checked.at or now,
        certificate_sha256=checked.certificate_sha256,
        is_test=checked.is_test,
        source="outside",
    )
    await keep_signature(session, minutes, signature, await store.put(content))
    return signature


async def _new_signature(ours: bytes, theirs: bytes, roots: tuple[x509.Certificate, ...]) -> Checked:
    """The one signature that ``theirs`` adds to ``ours``; raises with the reason otherwise."""
    if len(theirs) > MAX_BYTES:
        raise TooLarge(f"{REFUSED}tệp quá lớn.")
    if not theirs.startswith(b"%PDF-"):
        raise WrongType(f"{REFUSED}không phải tệp PDF.")
    reason = await asyncio.to_thread(difference_from, ours, theirs)
    if reason:
        raise Conflict(f"{REFUSED}{reason}.", code="not_our_file")
    try:
        before, after = await check_signatures(ours, roots), await check_signatures(theirs, roots)
        same_number = number_in(ours) == number_in(theirs)
    except BrokenPdf as error:
        raise Conflict(f"{REFUSED}tệp hỏng, không đọc được.", code="not_our_file") from error
    if len(after) != len(before) + 1:
        raise Conflict(f"{REFUSED}phải có thêm đúng một chữ ký, tệp có {len(after)}.", code="not_our_file")
    defect = next((signature.defect for signature in after if not signature.is_valid), "")
    if defect or not same_number:
        raise Conflict(f"{REFUSED}{defect or 'số văn bản đã bị sửa'}.", code="bad_signature")
    return after[-1]


def _check_name(checked: Checked, expected: str) -> None:
    if fold(expected) not in fold(checked.name):
        raise Conflict(
            f"{REFUSED}chữ ký mang tên “{checked.name}”, lượt ký này là của “{expected}”.", code="wrong_signer"
        )
