"""The outbox: side effects written down in the business transaction, carried out afterwards, once.

A row's id is the id of the durable workflow that carries it out and the delivery key handed to every adapter.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.database import Base, Id, Instant, WriteSession, new_id


class OutboxRow(Base):
    __tablename__ = "outbox"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(64))  # "send_invitation", "finish_recording", "deliver_dossier" …
    payload_json: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)
    started_at: Mapped[datetime | None] = mapped_column(Instant, index=True)  # handed to the workflow engine
    done_at: Mapped[datetime | None] = mapped_column(Instant)
    progress: Mapped[int] = mapped_column(default=0)  # percent
    error: Mapped[str] = mapped_column(Text, default="")  # the last failure, in words for people


def enqueue(session: WriteSession, kind: str, payload: dict[str, Any], now: datetime | None = None) -> OutboxRow:
    """Write down a side effect in this transaction."""
    row = OutboxRow(id=new_id(), kind=kind, payload_json=json.dumps(payload), at=now or datetime.now(UTC))
    session.add(row)
    return row
