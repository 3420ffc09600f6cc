"""Tables of the log: who this node is, which logs there are, their facts, and who may write."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.database import Base, Id, Instant


class NodeRow(Base):
    """This installation as an origin of facts; one row."""

    __tablename__ = "node"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    origin: Mapped[str] = mapped_column(Id)
    epoch: Mapped[int] = mapped_column(default=1)  # raised when a backup is restored
    since: Mapped[datetime] = mapped_column(Instant)  # of this epoch


class LogRow(Base):
    """The head of one log. A meeting of another installation has its logs here too, so there is no foreign key."""

    __tablename__ = "log"

    origin: Mapped[str] = mapped_column(Id, primary_key=True)
    meeting_id: Mapped[str] = mapped_column(Id, primary_key=True, index=True)
    epoch: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    head_seq: Mapped[int] = mapped_column(default=0)
    head_hash: Mapped[str] = mapped_column(String(64))


class FactRow(Base):
    __tablename__ = "fact"
    __table_args__ = (Index("ix_fact_meeting_id_type", "meeting_id", "type"),)

    origin: Mapped[str] = mapped_column(Id, primary_key=True)
    meeting_id: Mapped[str] = mapped_column(Id, primary_key=True)
    epoch: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(Id, unique=True)
    type: Mapped[str] = mapped_column(String(40))
    json: Mapped[str] = mapped_column(Text)  # the fact on the wire, without ``personal``
    personal_json: Mapped[str | None] = mapped_column(Text)  # salt and values; null: nothing personal, or erased


class LeaseRow(Base):
    """Who may append: a server holds it for a time, and its token grows with every holder."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    holder: Mapped[str]  # for people: host and process
    token: Mapped[int]
    expires_at: Mapped[datetime] = mapped_column(Instant)
