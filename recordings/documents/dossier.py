"""Gather the dossier of a meeting: what people signed, what it rests on, and what proves both.

giay-moi/   the invitation: Giấy mời, iCalendar, whom it went to
bien-ban/   the signed PDF, the DOCX, facts.json (the locked facts, bound to the PDF by their hash)
tai-lieu/   the papers and their list       diem-danh/  attendance as CSV and JSON
ghi-hinh/   recording: hash, reference      dien-bien/  the log, one fact a line with its hash, a file per log
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import or_, select

from recordings.documents.convened import INVITATION, INVITATION_CALENDAR, INVITED, invitation_files
from recordings.documents.package import LENGTHS, Package, safe_name, unique_name
from recordings.errors import Conflict
from recordings.minutes import clock
from recordings.minutes.access import AnySession, signatures_of
from recordings.minutes.draft import facts_in
from recordings.minutes.locked import Facts
from recordings.minutes.submit import form_of
from recordings.minutes.tables import Minutes, Signature
from recordings.minutes.word import word_of
from recordings.papers.store import ObjectStore
from scheduler.meetings.meeting import Meeting
from scheduler.meetings.paper import Paper
from scheduler.organization.unit import Unit
from scheduler.proceedings.log import logs_of, read
from scheduler.proceedings.wire import fact_to_text

SIGNED_PDF, WORD, FACTS = "bien-ban/bien-ban.pdf", "bien-ban/bien-ban.docx", "bien-ban/facts.json"
ATTENDANCE_CSV, ATTENDANCE_JSON = "diem-danh/diem-danh.csv", "diem-danh/diem-danh.json"
RECORDING, RECORDING_FILE, LOGS = "ghi-hinh/ghi-hinh.json", "recording.mp4", "dien-bien/"
PAPERS, PAPER_LIST = "tai-lieu/", "tai-lieu/danh-muc.json"
KINDS = {
    SIGNED_PDF: "minutes", WORD: "minutes_copy", FACTS: "facts", ATTENDANCE_CSV: "attendance",
    ATTENDANCE_JSON: "attendance", RECORDING: "recording", PAPER_LIST: "papers",
    INVITATION: "invitation", INVITATION_CALENDAR: "invitation", INVITED: "invitation",
}  # fmt: skip


async def gather(session: AnySession, store: ObjectStore, minutes: Minutes, installation: str) -> Package:
    """The package as it stands."""
    if minutes.signed_pdf_sha256 is None or minutes.issued_on is None:
        raise Conflict("Biên bản chưa phát hành, chưa lưu hồ sơ được.", code="wrong_stage")
    meeting = await session.get_one(Meeting, minutes.meeting_id)
    organ = await session.get_one(Unit, minutes.issuing_unit_id)
    facts = facts_in(minutes)
    files = {
        SIGNED_PDF: await store.get(minutes.signed_pdf_sha256),
        WORD: word_of(await form_of(session, minutes)),
        FACTS: _json(facts),
        ATTENDANCE_CSV: attendance_csv(facts),
        ATTENDANCE_JSON: _json(facts["attendance"]),
        RECORDING: _json({"recording": facts["recording"], "file": RECORDING_FILE}),
        **await invitation_files(session, meeting),
    }
    kinds = dict(KINDS)
    for name, content in (await paper_files(session, store, meeting.id, facts)).items():
        files[name], kinds[name] = content, KINDS.get(name, "paper")
    for name, content in (await log_files(session, meeting.id)).items():
        files[name], kinds[name] = content, "log"
    signatures = await signatures_of(session, minutes)
    return Package(metadata_of(meeting, organ, minutes, facts, signatures, files, installation), files, kinds)


async def paper_files(session: AnySession, store: ObjectStore, meeting_id: str, facts: Facts) -> dict[str, bytes]:
    """Every paper that was not withdrawn, and every one that was shown, with the list of them."""
    shown = {paper["paper_id"] for item in facts["items"] for paper in item["papers"]}
    query = select(Paper).where(Paper.meeting_id == meeting_id, or_(Paper.withdrawn_at.is_(None), Paper.id.in_(shown)))
    files: dict[str, bytes] = {}
    listed = []
    for paper in await session.scalars(query.order_by(Paper.position, Paper.id)):
        name = unique_name(f"{PAPERS}{paper.position:02d} {safe_name(paper.file_name)}", files)
        files[name] = await store.get(paper.sha256)
        listed.append({
            "paper_id": paper.id, "name": name, "title": paper.title, "sha256": paper.sha256,
            "item_id": paper.item_id, "withdrawn": paper.withdrawn_at is not None,
        })  # fmt: skip
    return {**files, PAPER_LIST: _json(listed)}


async def log_files(session: AnySession, meeting_id: str) -> dict[str, bytes]:
    """Each log whole, also what was added after the minutes were signed."""
    files = {}
    for head in await logs_of(session, meeting_id):
        lines = [fact_to_text(fact) for fact in await read(session, head.log)]
        files[f"{LOGS}{safe_name(head.log.origin)}-{head.log.epoch}.jsonl"] = ("\n".join(lines) + "\n").encode()
    return files


def metadata_of(
    meeting: Meeting,
    organ: Unit,
    minutes: Minutes,
    facts: Facts,
    signatures: list[Signature],
    files: Mapping[str, bytes],
    installation: str,
) -> dict[str, Any]:
    """NĐ 30/2020, Appendix VI: of the file (hồ sơ) and of its main document."""
    code = {
        "OrganId": organ.organ_id or "",
        "FileCatalog": str(clock.local(meeting.starts_at).year),
        "FileNotation": file_notation(meeting),
    }
    day = clock.local(meeting.starts_at).date().isoformat()
    values: dict[str, Any] = {
        "FileCode": ".".join(_cut(name, part) for name, part in code.items() if part),
        **code,
        "Title": f"Hồ sơ {meeting.title}",
        "Maintenance": "",  # retention is the organ's to set
        "Rights": "Nội bộ",
        "Creator": installation,
        "Language": "Tiếng Việt",
        "StartDate": day,
        "EndDate": minutes.issued_on.isoformat() if minutes.issued_on else day,
        "DocTotal": len(files),
        "TypeName": "Biên bản",
        "CodeNumber": minutes.number or "",
        "CodeNotation": minutes.notation or "",
        "IssuedDate": minutes.issued_on.isoformat() if minutes.issued_on else "",
        "OrganName": organ.organ_name,
        "Subject": f"Biên bản {meeting.title}",
        "MeetingId": meeting.id,
    }
    values = {name: _cut(name, value) for name, value in values.items()}
    values["SignerInfo"] = [_signer(signature, facts) for signature in signatures]
    return values


def file_notation(meeting: Meeting) -> str:
    """Day and the end of the meeting's id: a stable mark, not a number of any series."""
    return f"{clock.local(meeting.starts_at):%m%d}-{meeting.id[-8:]}"


def _signer(signature: Signature, facts: Facts) -> dict[str, str]:
    post = facts["secretary" if signature.role == "secretary" else "chair"]["post"]
    return {"Position": _cut("Position", post), "FullName": _cut("FullName", signature.name)}


def _cut(name: str, value: Any) -> Any:
    return value[: LENGTHS[name]] if isinstance(value, str) and name in LENGTHS else value


def attendance_csv(facts: Facts) -> bytes:
    """One row per person present and one per site away; opens in Excel with its accents (BOM)."""
    output = io.StringIO()
    writer = csv.writer(output)
    writer.writerow(["Điểm cầu", "Trạng thái", "Họ tên", "Chức vụ", "Lý do", "Vào lúc", "Rời lúc"])
    attendance = facts["attendance"]
    for site in attendance["present"]:
        times = [clock.clock(at) if at else "" for at in (site["late_at"], site["left_at"])]
        for person in site["people"] or [{"name": "", "post": ""}]:
            writer.writerow(map(inert, [site["title"], "Có mặt", person["name"], person["post"], "", *times]))
    for name, label in (("excused", "Vắng có lý do"), ("absent", "Vắng không có lý do")):
        for site in attendance[name]:
            writer.writerow(map(inert, [site["title"], label, "", "", site["reason"], "", ""]))
    return ("\ufeff" + output.getvalue()).encode()


def inert(cell: str) -> str:
    """A spreadsheet would run a cell that begins like a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode()
