"""Who is invited: sites, each with a role in the meeting (RFC 5545 words) and its reply."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.database import Base, Id, Instant, new_id

Reply = Literal["needs_action", "accepted", "delegated", "declined"]  # Chưa phản hồi, Sẽ dự, Cử người dự thay, Xin vắng
Delivery = Literal["none", "queued", "sent", "failed"]


class Attendee(Base):
    """A site invited to a meeting."""

    __tablename__ = "attendee"
    __table_args__ = (UniqueConstraint("meeting_id", "site_id"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meeting.id", ondelete="CASCADE"), index=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("site.id"), index=True)
    role: Mapped[str] = mapped_column(String(16), default="required")  # "chair", "required", "optional"
    reply: Mapped[str] = mapped_column(String(16), default="needs_action")
    reply_reason: Mapped[str] = mapped_column(default="")
    deputy_name: Mapped[str] = mapped_column(default="")
    deputy_post: Mapped[str] = mapped_column(default="")
    replied_at: Mapped[datetime | None] = mapped_column(Instant)
    delivery: Mapped[str] = mapped_column(String(16), default="none")
    delivery_error: Mapped[str] = mapped_column(default="")
    delivered_at: Mapped[datetime | None] = mapped_column(Instant)
    tested_at: Mapped[datetime | None] = mapped_column(Instant)  # last device check that passed
