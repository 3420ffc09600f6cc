"""Tables of the recordings: one recording of a meeting, and the segments a browser plays."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy import BigInteger, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.database import Base, Id, Instant, new_id

RecordingState = Literal["none", "capturing", "preparing", "playable", "archived", "failed"]


class Recording(Base):
    """What was on air of one meeting; its packet logs and files lie in folders named by its id."""

    __tablename__ = "recording"

    id: Mapped[str] = mapped_column(Id, primary_key=True)  # from the fact RecordingStarted
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meeting.id", ondelete="CASCADE"), index=True)
    state: Mapped[str] = mapped_column(String(16), default="preparing")
    progress: Mapped[int] = mapped_column(default=0)  # percent of the job going on
    started_at: Mapped[datetime] = mapped_column(Instant)
    stopped_at: Mapped[datetime | None] = mapped_column(Instant)
    duration_ms: Mapped[int | None]
    sha256: Mapped[str | None] = mapped_column(String(64))  # of the MP4
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)  # of the MP4
    error: Mapped[str] = mapped_column(Text, default="")  # why it failed; empty again after a run that did not
    contents_json: Mapped[str] = mapped_column(Text, default="{}")  # contents.py: chapters, papers, gaps, timeline …
    keep_until: Mapped[datetime | None] = mapped_column(Instant)  # None: kept until somebody decides
    deleted_at: Mapped[datetime | None] = mapped_column(Instant)


class RecordingSegment(Base):
    """A file a browser plays: one stretch of recording time with one codec."""

    __tablename__ = "recording_segment"
    __table_args__ = (UniqueConstraint("recording_id", "number"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    recording_id: Mapped[str] = mapped_column(ForeignKey("recording.id", ondelete="CASCADE"))
    number: Mapped[int]  # from 0
    start_ms: Mapped[int]
    duration_ms: Mapped[int]
    media_type: Mapped[str] = mapped_column(String(64))
    file_name: Mapped[str]
    size_bytes: Mapped[int] = mapped_column(BigInteger)
