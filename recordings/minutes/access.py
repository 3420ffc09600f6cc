"""The minutes of a meeting with what permissions need to know; a meeting one may not see is not there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from recordings.errors import Conflict, NotAllowed, NotFound
from recordings.minutes.tables import CommentRound, Minutes, Signature
from scheduler.database import ReadSession, WriteSession
from scheduler.meetings.access import load_access
from scheduler.meetings.meeting import Meeting
from scheduler.permissions import (
    Actor,
    MeetingAccess,
    may_comment_on_minutes,
    may_see_minutes,
    may_see_proceedings,
)

AnySession = ReadSession | WriteSession
WHO_MAY = {
    "write": "Chỉ thư ký cuộc họp được lập và sửa biên bản.",
    "secretary": "Chỉ thư ký cuộc họp được ký ở vị trí này.",
    "chair": "Chỉ chủ tọa được ký ở vị trí này.",
    "clerk": "Chỉ văn thư của cơ quan ban hành được cấp số và phát hành.",
    "file": "Chỉ văn thư hoặc thư ký được lưu hồ sơ cuộc họp.",
    "dossier": "Chỉ chủ tọa, thư ký, văn thư và quản trị của đơn vị chủ trì được xem hồ sơ cuộc họp.",
}


@dataclass(frozen=True, slots=True)
class Opened:
    """A meeting and its access; its minutes if there are any."""

    meeting: Meeting
    access: MeetingAccess
    minutes: Minutes | None

    @property
    def existing(self) -> Minutes:
        if self.minutes is None:
            raise NotFound("Cuộc họp này chưa có biên bản.")
        return self.minutes


async def open_minutes(
    session: AnySession, actor: Actor, meeting_id: str, reading_at: datetime | None = None
) -> Opened:
    """Raises NotFound for those who may not see them; before they are issued few may.

    With ``reading_at``, the draft is also there for those whose comments are asked for at that moment.
    """
    meeting = await session.get(Meeting, meeting_id)
    if meeting is None:
        raise NotFound("Không tìm thấy cuộc họp.")
    access = await load_access(session, meeting)
    minutes = await session.scalar(select(Minutes).where(Minutes.meeting_id == meeting_id))
    issued = minutes is not None and minutes.status in ("issued", "recalled")
    if may_see_minutes(actor, access, issued=issued) or may_see_proceedings(actor, access):
        return Opened(meeting, access, minutes)
    if minutes is None or reading_at is None or not may_comment_on_minutes(actor, access):
        raise NotFound("Không tìm thấy cuộc họp.")
    if not is_open(await newest_round(session, minutes), reading_at):
        raise NotFound("Không tìm thấy cuộc họp.")
    return Opened(meeting, access, minutes)


async def newest_round(session: AnySession, minutes: Minutes) -> CommentRound | None:
    """The round of comments that is open, or was last."""
    query = select(CommentRound).where(CommentRound.minutes_id == minutes.id).order_by(CommentRound.number.desc())
    return (await session.scalars(query.limit(1))).first()


def is_open(comments: CommentRound | None, now: datetime) -> bool:
    """Comments are taken: the secretary did not close the round and its deadline has not passed."""
    return comments is not None and comments.closed_at is None and now < comments.deadline


async def signatures_of(session: AnySession, minutes: Minutes) -> list[Signature]:
    query = select(Signature).where(Signature.minutes_id == minutes.id).order_by(Signature.at, Signature.id)
    return list(await session.scalars(query))


def require(allowed: bool, what: str) -> None:
    if not allowed:
        raise NotAllowed(WHO_MAY[what])


def require_status(minutes: Minutes, *statuses: str) -> None:
    if minutes.status not in statuses:
        raise Conflict(
            f"Biên bản đang ở trạng thái “{STATUS_NAMES[minutes.status]}”, không làm việc này được.",
            code="wrong_stage",
            detail={"status": minutes.status},
        )


STATUS_NAMES = {
    "draft": "Dự thảo", "review": "Đang lấy ý kiến", "waiting_secretary": "Chờ thư ký ký",
    "waiting_chair": "Chờ chủ tọa ký", "signed": "Đã ký, chờ cấp số và đóng dấu", "issued": "Đã phát hành",
    "recalled": "Đã thu hồi",
}  # fmt: skip
