"""The agenda: items in order, with durations and presenters."""

from __future__ import annotations

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.database import Base, Id, ReadSession, WriteSession, new_id


class AgendaItem(Base):
    __tablename__ = "agenda_item"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meeting.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]  # from 1
    title: Mapped[str]
    minutes: Mapped[int]  # planned duration
    presenter_unit_id: Mapped[str | None] = mapped_column(ForeignKey("unit.id"))
    presenter_name: Mapped[str] = mapped_column(default="")  # "Ông Vàng A Sính, Trưởng phòng …"
    note: Mapped[str] = mapped_column(default="")


async def items_of(session: ReadSession | WriteSession, meeting_id: str) -> list[AgendaItem]:
    """The agenda in order."""
    query = select(AgendaItem).where(AgendaItem.meeting_id == meeting_id).order_by(AgendaItem.position)
    return list((await session.scalars(query)).all())
