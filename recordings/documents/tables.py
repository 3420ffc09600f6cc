"""Tables of filing: the dossier of a meeting and its deliveries to document systems."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.database import Base, Id, Instant, new_id

DeliveryStatus = Literal["waiting", "sent", "arrived", "accepted", "refused", "failed"]


class Dossier(Base):
    """The file of a meeting (NĐ 30 Appendix VI names), made once it is issued."""

    __tablename__ = "dossier"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meeting.id"), unique=True)
    file_code: Mapped[str] = mapped_column(String(60))
    title: Mapped[str] = mapped_column(String(500))
    manifest_json: Mapped[str] = mapped_column(Text)
    zip_sha256: Mapped[str] = mapped_column(String(64))
    zip_size_bytes: Mapped[int]
    created_by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(Instant)


class Delivery(Base):
    """One dossier to one recipient, exactly once; the row's id is the delivery key."""

    __tablename__ = "delivery"
    __table_args__ = (UniqueConstraint("dossier_id", "recipient"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    dossier_id: Mapped[str] = mapped_column(ForeignKey("dossier.id"), index=True)
    recipient: Mapped[str] = mapped_column(String(100))  # name of the document system
    status: Mapped[str] = mapped_column(String(16), default="waiting")
    reference: Mapped[str] = mapped_column(default="")  # what the document system calls it
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(Text, default="")
    next_try_at: Mapped[datetime | None] = mapped_column(Instant)
    at: Mapped[datetime] = mapped_column(Instant)  # of the status
