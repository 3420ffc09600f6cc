"""Levels of government: an ordered table with validity dates. Nothing in code may count to four."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Mapped, mapped_column

from scheduler.database import Base, Id, new_id


class Level(Base):
    __tablename__ = "level"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    rank: Mapped[int]  # 0 is the highest (trung ương); unique among levels valid on one day
    code: Mapped[str]  # "central", "province", "district", "commune"
    name: Mapped[str]  # "huyện"
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]  # last day of validity
