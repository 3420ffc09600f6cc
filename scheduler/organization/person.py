"""Persons of the directory, and the standing roles they hold in units."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.database import Base, Id, new_id

StandingRole = Literal["secretary", "clerk", "technician", "unit_administrator", "administrator"]


class Person(Base):
    __tablename__ = "person"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    name: Mapped[str]  # as written: family, middle, given ("Nguyễn Thị Hoa")
    sort_name: Mapped[str] = mapped_column(index=True)  # folded, given name first
    email: Mapped[str | None]
    phone: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True)
    calendar_epoch: Mapped[int] = mapped_column(default=1)  # raised to make the old calendar address invalid


class RoleAssignment(Base):
    """A standing role in a unit: its secretary plans its meetings, its clerk (văn thư) numbers and issues, its
    technician is called when a line fails, its administrator keeps its accounts, sites and links. The installation's
    ``administrator`` holds the role in the root unit. Chair is never standing: it is given per meeting."""

    __tablename__ = "role_assignment"
    __table_args__ = (UniqueConstraint("person_id", "unit_id", "role"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"), index=True)
    role: Mapped[str] = mapped_column(String(32))  # a StandingRole
