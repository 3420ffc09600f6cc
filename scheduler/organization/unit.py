"""Units (W3C Organization Ontology): an organ of government, with a level, a parent and validity dates."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from scheduler.database import Base, Id, new_id
from scheduler.organization.level import Level


class Unit(Base):
    __tablename__ = "unit"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    level_id: Mapped[str] = mapped_column(ForeignKey("level.id"))
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("unit.id"), index=True)
    name: Mapped[str]  # "Quản Bạ"
    kind: Mapped[str]  # "huyện", "xã", "thị trấn", "sở", "tỉnh ủy" …; shown before the name
    search_name: Mapped[str] = mapped_column(index=True)  # folded: lower case, no accents, đ → d
    code: Mapped[str | None]  # administrative code, zero-padded text ("02", "029", "00874")
    organ_id: Mapped[str | None]  # QĐ 20/2020: "H22.05"
    organ_name: Mapped[str]  # the issuing organ on documents: "ỦY BAN NHÂN DÂN HUYỆN QUẢN BẠ"
    notation: Mapped[str]  # of documents: "UBND", "HU"
    place: Mapped[str] = mapped_column(default="")  # for the place-date line: "Quản Bạ"
    protocol_order: Mapped[int] = mapped_column(default=0)
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]

    level: Mapped[Level] = relationship(lazy="joined")

    @property
    def title(self) -> str:
        """The name with its kind, as shown: "xã Quản Bạ"."""
        return titled(self.kind, self.name)

    @property
    def organ(self) -> str:
        """Its organ in running text: "UBND huyện Quản Bạ", "Sở Tài chính"."""
        return f"{self.notation} {self.title}" if self.kind else self.name


def titled(kind: str, name: str) -> str:
    """A unit's title, of the two columns that make it."""
    return f"{kind} {name}".strip()
