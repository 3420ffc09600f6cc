"""Hand a paper in: the upload taken in becomes a paper of a meeting, perhaps of one of its items."""

from __future__ import annotations

from datetime import datetime
from pathlib import PurePosixPath

from sqlalchemy import func, select

from recordings.errors import BadInput, Conflict, NotFound
from recordings.papers.office import Office
from recordings.papers.sniff import EXTENSIONS, OFFICE, PDF
from recordings.papers.take_in import TICK_WANTED, TakenIn
from scheduler.database import WriteSession
from scheduler.meetings.agenda import AgendaItem
from scheduler.meetings.meeting import Meeting
from scheduler.meetings.paper import Paper
from scheduler.outbox import enqueue
from scheduler.secrecy import NETWORKED, Secrecy, is_secret

CONVERT_PAPER = (
    "convert_paper"  # outbox kind; payload {"paper_id"}; done by :func:`recordings.papers.convert.convert_paper`
)
CLOSED_STAGES = frozenset({"cancelled", "signed", "published", "filed"})


async def add_paper(
    session: WriteSession,
    *,
    by_person_id: str,
    meeting_id: str,
    taken: TakenIn,
    file_name: str,
    title: str,
    not_secret: bool,
    item_id: str | None = None,
    now: datetime,
    secrecy: Secrecy = NETWORKED,
) -> Paper:
    """A new paper at the end of its item's list; the caller has asked ``scheduler.permissions``."""
    await _check(session, meeting_id, item_id, not_secret, secrecy)
    name = clean_name(file_name, taken.media_type)
    paper = Paper(
        meeting_id=meeting_id,
        item_id=item_id,
        position=await _next_position(session, meeting_id),
        title=" ".join(title.split())[:500] or PurePosixPath(name).stem,
        file_name=name,
        media_type=taken.media_type,
        size_bytes=taken.size_bytes,
        sha256=taken.sha256,
        pdf_sha256=taken.sha256 if taken.media_type == PDF else None,
        page_count=taken.page_count,
        not_secret=not_secret,
        uploaded_by=by_person_id,
        uploaded_at=now,
    )
    session.add(paper)
    await session.flush()
    if taken.media_type in OFFICE:
        enqueue(session, CONVERT_PAPER, {"paper_id": paper.id}, now)
    return paper


def may_be_secret(marking: str, secrecy: Secrecy) -> bool:
    """Whether papers of a meeting so marked need not be confirmed to be no secret: Mật on an isolated installation."""
    return is_secret(marking) and secrecy.admits(marking)


async def _check(
    session: WriteSession, meeting_id: str, item_id: str | None, not_secret: bool, secrecy: Secrecy
) -> None:
    meeting = await session.get(Meeting, meeting_id)
    if not not_secret and not (meeting and may_be_secret(meeting.security_marking, secrecy)):
        raise BadInput(TICK_WANTED, {"not_secret": TICK_WANTED}, code="not_secret_required")
    if meeting is None:
        raise NotFound("Không tìm thấy cuộc họp.")
    if not secrecy.admits(meeting.security_marking):
        raise Conflict(
            "Hệ thống không tiếp nhận nội dung bí mật nhà nước. Chưa có dữ liệu nào được lưu.", code="secret"
        )
    if meeting.stage in CLOSED_STAGES:
        raise Conflict("Hồ sơ cuộc họp đã khóa, không thêm tài liệu được nữa.", code="wrong_stage")
    if item_id is not None:
        item = await session.get(AgendaItem, item_id)
        if item is None or item.meeting_id != meeting_id:
            raise BadInput("Nội dung này không có trong chương trình họp.", {"item_id": "không có trong chương trình"})


async def _next_position(session: WriteSession, meeting_id: str) -> int:
    highest = await session.scalar(select(func.max(Paper.position)).where(Paper.meeting_id == meeting_id))
    return (highest or 0) + 1


def clean_name(file_name: str, media_type: str) -> str:
    """A file name without folders or control characters, ending as its content demands."""
    name = file_name.replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(letter for letter in name if letter.isprintable() and letter not in '<>:"|?*').strip(". ")
    path = PurePosixPath(name or "tai-lieu")
    extension = EXTENSIONS[media_type]
    return path.name[:180] if path.suffix.lower() in (extension, ".jpeg") else f"{path.stem[:170]}{extension}"


def is_viewable(paper: Paper, office: Office) -> bool:
    """Whether its pages can be shown now or after a conversion that this installation can do."""
    return paper.pdf_sha256 is not None or office.can_convert(paper.media_type)
