"""The audit trail: security relevant acts, kept apart from the proceedings; never edited, never a secret's title."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import String, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.database import Base, Id, Instant, ReadSession, WriteSession, new_id
from scheduler.permissions import Actor

AuditKind = Literal[
    "login",
    "login_failed",
    "logout",
    "site_login",
    "password_changed",
    "password_reset",
    "secret_refused",
    "site_link_renewed",
    "calendar_address_renewed",
    "roles_changed",
    "unit_changed",
    "site_changed",
    "person_changed",
    "settings_changed",
    "meeting_cancelled",
    "certificate_changed",
    "minutes_issued",
    "minutes_recalled",
    "ticket_given",
    "ticket_revoked",
    "tree_planned",
    "room_held",
    "node_linked",
    "node_revoked",
    "capture_started",
    "capture_stopped",
]


class AuditEntry(Base):
    """Ids are plain text, not references: an entry outlives what it speaks of."""

    __tablename__ = "audit_entry"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(Instant, index=True)
    kind: Mapped[str] = mapped_column(String(64))  # an AuditKind
    person_id: Mapped[str | None] = mapped_column(Id)
    site_id: Mapped[str | None] = mapped_column(Id)
    subject_id: Mapped[str | None] = mapped_column(String(64))  # what it was done to
    address: Mapped[str] = mapped_column(default="")  # where the request came from
    detail_json: Mapped[str] = mapped_column(Text, default="{}")


@dataclass(frozen=True, slots=True)
class AuditPage:
    entries: list[AuditEntry]  # newest first
    next: str | None


def record(
    session: WriteSession,
    kind: AuditKind,
    actor: Actor | None,
    now: datetime,
    *,
    subject_id: str | None = None,
    address: str = "",
    **detail: Any,
) -> AuditEntry:
    """Write an entry in this transaction."""
    entry = AuditEntry(
        id=new_id(),
        at=now,
        kind=kind,
        person_id=actor.person_id if actor else None,
        site_id=actor.site_id if actor else None,
        subject_id=subject_id,
        address=address,
        detail_json=json.dumps(detail, ensure_ascii=False),
    )
    session.add(entry)
    return entry


async def read_audit(session: ReadSession, cursor: str | None = None, limit: int = 100) -> AuditPage:
    """A page of entries, newest first; for the installation's administrator."""
    query = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(limit + 1)
    if cursor:
        query = query.where(AuditEntry.id < cursor)
    found = list((await session.scalars(query)).all())
    return AuditPage(found[:limit], found[limit - 1].id if len(found) > limit else None)
