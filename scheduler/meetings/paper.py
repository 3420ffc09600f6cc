"""Papers of a meeting: what is known of a file; the bytes lie in the object store under their SHA-256."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.database import Base, Id, Instant, new_id


class Paper(Base):
    __tablename__ = "paper"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meeting.id", ondelete="CASCADE"), index=True)
    item_id: Mapped[str | None] = mapped_column(ForeignKey("agenda_item.id", ondelete="SET NULL"))
    position: Mapped[int] = mapped_column(default=0)
    title: Mapped[str]
    file_name: Mapped[str]
    media_type: Mapped[str]  # sniffed, never the browser's word
    size_bytes: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    pdf_sha256: Mapped[str | None] = mapped_column(String(64))  # what is shown page by page: itself, or a conversion
    page_count: Mapped[int | None]
    not_secret: Mapped[bool]  # "không thuộc bí mật nhà nước" was ticked by the one below
    uploaded_by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    uploaded_at: Mapped[datetime] = mapped_column(Instant)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)
