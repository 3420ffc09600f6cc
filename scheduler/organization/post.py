"""Posts and memberships: which posts a unit has, and which person holds one, from when to when."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from scheduler.database import Base, Id, new_id
from scheduler.organization.person import Person
from scheduler.organization.unit import Unit


class Post(Base):
    __tablename__ = "post"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"), index=True)
    name: Mapped[str]  # "Chủ tịch UBND huyện"
    protocol_order: Mapped[int] = mapped_column(default=0)

    unit: Mapped[Unit] = relationship(lazy="joined")


class Membership(Base):
    """A person holds a post."""

    __tablename__ = "membership"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    post_id: Mapped[str] = mapped_column(ForeignKey("post.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]

    post: Mapped[Post] = relationship(lazy="joined")
    person: Mapped[Person] = relationship(lazy="joined")
