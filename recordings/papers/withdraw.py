"""Withdraw a paper: it is no longer listed or shown; its bytes stay, as the log may name it."""

from __future__ import annotations

from datetime import datetime

from recordings.errors import Conflict, NotFound
from recordings.papers.add import CLOSED_STAGES
from scheduler.database import WriteSession
from scheduler.meetings.meeting import Meeting
from scheduler.meetings.paper import Paper


async def withdraw_paper(session: WriteSession, paper_id: str, now: datetime) -> Paper:
    """Mark it withdrawn; the caller has asked ``scheduler.permissions``."""
    paper = await session.get(Paper, paper_id)
    if paper is None or paper.withdrawn_at is not None:
        raise NotFound("Không tìm thấy tài liệu.")
    meeting = await session.get_one(Meeting, paper.meeting_id)
    if meeting.stage in CLOSED_STAGES:
        raise Conflict("Hồ sơ cuộc họp đã khóa, không rút tài liệu được nữa.", code="wrong_stage")
    paper.withdrawn_at = now
    return paper
