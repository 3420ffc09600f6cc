"""Sites ("điểm cầu"): a place that joins as one. The invitation link belongs to the site, never to a person."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from scheduler.database import Base, Id, Instant, new_id
from scheduler.organization.unit import Unit


class Site(Base):
    __tablename__ = "site"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"), index=True)
    name: Mapped[str]  # "Phòng họp UBND xã Quản Bạ"
    email: Mapped[str | None]  # where its invitations go
    technician_person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    technician_phone: Mapped[str] = mapped_column(default="")
    line_down_kbps: Mapped[int | None]  # of the line it comes over; None: nobody has said
    line_up_kbps: Mapped[int | None]
    protocol_order: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)
    link_epoch: Mapped[int] = mapped_column(default=1)  # raised to make all older links of the site invalid

    unit: Mapped[Unit] = relationship(lazy="joined")


class SitePeople(Base):
    """Who sat at the site last time: prefills the head count."""

    __tablename__ = "site_people"

    site_id: Mapped[str] = mapped_column(ForeignKey("site.id"), primary_key=True)
    head_count: Mapped[int]
    people_json: Mapped[str]  # [{"name": …, "post": …}, …]
    at: Mapped[datetime] = mapped_column(Instant)
