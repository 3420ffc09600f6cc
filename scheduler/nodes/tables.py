"""Tables of the nodes: those linked with this one, those introduced by them, and edges between their meetings."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.database import Base, Id, Instant


class LinkedNode(Base):
    """An installation directly above or below, added by an administrator. Revoked ones stay, for the record."""

    __tablename__ = "linked_node"

    id: Mapped[str] = mapped_column(Id, primary_key=True)  # its origin in the proceedings
    role: Mapped[str] = mapped_column(String(8))  # "upper": this installation dials it; "lower": it dials us
    name: Mapped[str] = mapped_column(String(200))
    unit_id: Mapped[str | None] = mapped_column(ForeignKey("unit.id"))  # the unit whose installation it is
    public_key: Mapped[str] = mapped_column(String(64))
    url: Mapped[str] = mapped_column(String(500), default="")
    authority_pem: Mapped[str] = mapped_column(Text, default="")  # of its own certificate authority, if it has one
    added_at: Mapped[datetime] = mapped_column(Instant)
    added_by: Mapped[str | None] = mapped_column(Id)  # person; none: at the server's keyboard
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    seen_at: Mapped[datetime | None] = mapped_column(Instant)  # when the link was up last
    error: Mapped[str] = mapped_column(String(40), default="")  # code of what went wrong last
    error_detail: Mapped[str] = mapped_column(String(500), default="")
    error_at: Mapped[datetime | None] = mapped_column(Instant)


class KnownNode(Base):
    """A node further away, as a linked node introduced it."""

    __tablename__ = "known_node"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    public_key: Mapped[str] = mapped_column(String(64))
    introduced_by: Mapped[str] = mapped_column(Id)  # the node next to it on our side
    signature: Mapped[str] = mapped_column(String(128))  # of that node
    via: Mapped[str] = mapped_column(Id, index=True)  # the linked node through which we reach it
    seen_at: Mapped[datetime] = mapped_column(Instant)


class MeetingEdge(Base):
    """A meeting stands under another; each is held on one node. Both may be elsewhere, so there are no references."""

    __tablename__ = "meeting_edge"

    meeting_id: Mapped[str] = mapped_column(Id, primary_key=True)
    node: Mapped[str] = mapped_column(Id)
    parent_meeting_id: Mapped[str] = mapped_column(Id, index=True)
    parent_node: Mapped[str] = mapped_column(Id)


class LogSeal(Base):
    """The origin's signature under one of its logs, up to a fact: kept by those who pass the log on."""

    __tablename__ = "log_seal"

    origin: Mapped[str] = mapped_column(Id, primary_key=True)
    meeting_id: Mapped[str] = mapped_column(Id, primary_key=True)
    epoch: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    signature: Mapped[str] = mapped_column(String(128))
