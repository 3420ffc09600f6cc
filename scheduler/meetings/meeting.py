"""A meeting: what is planned and kept, and the table of moves its life allows."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.database import Base, Id, Instant, new_id

Stage = Literal[
    "draft",
    "sent",
    "testing",
    "convened",
    "suspended",
    "adjourned",
    "minuted",
    "signed",
    "published",
    "filed",
    "postponed",
    "cancelled",
]
SecurityMarking = Literal["none", "internal", "mat", "toi_mat", "tuyet_mat"]

MOVES: dict[Stage, frozenset[Stage]] = {
    "draft": frozenset({"sent", "testing", "cancelled"}),  # draft → testing: họp khẩn
    "sent": frozenset({"sent", "testing", "convened", "postponed", "cancelled"}),  # → convened: tested, then postponed
    "postponed": frozenset({"sent", "cancelled"}),
    "testing": frozenset({"sent", "convened", "postponed", "cancelled"}),
    "convened": frozenset({"suspended", "adjourned"}),
    "suspended": frozenset({"convened", "adjourned"}),
    "adjourned": frozenset({"minuted"}),
    "minuted": frozenset({"signed", "adjourned"}),  # back: the draft was reopened before any signature
    "signed": frozenset({"published"}),
    "published": frozenset({"filed"}),
    "filed": frozenset(),
    "cancelled": frozenset(),
}
"""Which stage may follow which. The live stages are projections of facts, written in the same transaction."""

PLANNED_STAGES = frozenset({"draft", "sent", "postponed"})  # the plan may be changed
LIVE_STAGES = frozenset({"testing", "convened", "suspended"})  # somebody may be in the room
ENDED_STAGES = frozenset({"adjourned", "minuted", "signed", "published", "filed"})


class Meeting(Base):
    __tablename__ = "meeting"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    stage: Mapped[str] = mapped_column(String(16), default="draft", index=True)
    kind: Mapped[str] = mapped_column(String(32), default="giao_ban")  # "giao_ban", "hop_khan", "hoi_nghi"
    title: Mapped[str]
    search_title: Mapped[str] = mapped_column(index=True)  # folded
    starts_at: Mapped[datetime] = mapped_column(Instant, index=True)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    host_unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"), index=True)  # who convenes
    issuing_unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"))  # whose name stands on the minutes
    chair_person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    chair_site_id: Mapped[str] = mapped_column(ForeignKey("site.id"))
    deputy_person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"), index=True)  # chairs in his place
    secretary_person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    place: Mapped[str] = mapped_column(default="")  # "Phòng họp UBND huyện và các điểm cầu"
    contact_phone: Mapped[str] = mapped_column(default="")  # whom a site calls: the secretary's or technician's number
    note: Mapped[str] = mapped_column(default="")
    mode: Mapped[str] = mapped_column(String(16), default="one_speaker")
    speech_limit_s: Mapped[int] = mapped_column(default=300)
    security_marking: Mapped[str] = mapped_column(String(16), default="none")
    record: Mapped[bool] = mapped_column(default=True)
    sequence: Mapped[int] = mapped_column(default=0)  # iCalendar SEQUENCE
    moved_from: Mapped[datetime | None] = mapped_column(Instant)  # the start before the last postponement
    reason: Mapped[str] = mapped_column(default="")  # of the last postponement or of the cancellation
    cloned_from_id: Mapped[str | None] = mapped_column(ForeignKey("meeting.id"))
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("meeting.id"), index=True)  # linked below this meeting
    remote_parent_id: Mapped[str | None] = mapped_column(Id)  # … below this meeting of another installation
    remote_parent_node_id: Mapped[str | None] = mapped_column(Id)  # … which is this node
    parent_plan_json: Mapped[str] = mapped_column(Text, default="")  # what that installation says of its plan
    created_by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    version: Mapped[int] = mapped_column(default=1)  # optimistic lock of the plan

    @property
    def is_child(self) -> bool:
        """A room of a linked meeting, not its root."""
        return self.parent_id is not None or self.remote_parent_id is not None

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own spelling
