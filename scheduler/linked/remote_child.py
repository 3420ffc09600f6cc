"""A room of a linked meeting that another installation holds: what this side has asked for and was told."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.database import Base, Id, Instant, new_id

RemoteState = Literal["planned", "asked", "accepted", "declined", "failed"]


class RemoteChild(Base):
    """One hosting unit with an installation of its own, below a meeting of ours."""

    __tablename__ = "remote_child"
    __table_args__ = (UniqueConstraint("parent_id", "unit_id"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    parent_id: Mapped[str] = mapped_column(ForeignKey("meeting.id", ondelete="CASCADE"), index=True)
    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"))
    node_id: Mapped[str] = mapped_column(Id, index=True)
    state: Mapped[str] = mapped_column(String(16), default="planned")
    wish_json: Mapped[str] = mapped_column(Text, default="")  # units below it that are wanted, by code and title
    meeting_id: Mapped[str | None] = mapped_column(Id)  # of the room there, once it has answered
    told_json: Mapped[str] = mapped_column(Text, default="")  # its chair, secretary and sites, as it says
    error: Mapped[str] = mapped_column(default="")
    asked_at: Mapped[datetime | None] = mapped_column(Instant)
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
