"""The audit log: who did what to which thing, written in the transaction of the deed; never a secret, never a text."""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.database import Base, Id, Instant, WriteSession, new_id


class AuditEntry(Base):
    __tablename__ = "audit_entry"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)  # sorted by time
    at: Mapped[datetime] = mapped_column(Instant)
    person_id: Mapped[str | None] = mapped_column(Id)  # no foreign key: the entry outlives its subject
    site_id: Mapped[str | None] = mapped_column(Id)
    address: Mapped[str] = mapped_column(String(64), default="")
    action: Mapped[str] = mapped_column(String(64))  # "session.login", "meeting.send" …
    object_id: Mapped[str | None] = mapped_column(String(80))
    detail_json: Mapped[str] = mapped_column(Text, default="{}")


def record(
    session: WriteSession,
    action: str,
    now: datetime,
    *,
    person_id: str | None = None,
    site_id: str | None = None,
    address: str = "",
    object_id: str | None = None,
    **detail: object,
) -> None:
    """Write an entry down."""
    session.add(
        AuditEntry(
            at=now,
            person_id=person_id,
            site_id=site_id,
            address=address[:64],
            action=action,
            object_id=object_id,
            detail_json=json.dumps(detail, ensure_ascii=False, default=str),
        )
    )
