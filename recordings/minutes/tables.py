"""Tables of the minutes: the minutes of a meeting, every revision of their text, rounds of comments, signatures,
certificates."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from sqlalchemy import ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.database import Base, Id, Instant, new_id

Status = Literal["draft", "review", "waiting_secretary", "waiting_chair", "signed", "issued", "recalled"]
SignatureRole = Literal["secretary", "chair"]


class Minutes(Base):
    """The record of one meeting. The text is in revisions, frozen in the PDF once the secretary signed."""

    __tablename__ = "minutes"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meeting.id"), unique=True)
    issuing_unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"), index=True)
    status: Mapped[str] = mapped_column(String(24), default="draft", index=True)
    template: Mapped[str] = mapped_column(String(32), default="bien_ban_1_9")
    revision: Mapped[int] = mapped_column(default=1)  # number of the newest revision
    facts_json: Mapped[str] = mapped_column(Text)  # the locked facts last drawn from the proceedings
    number: Mapped[str | None] = mapped_column(String(11))  # "07"; given by the văn thư, never by us
    notation: Mapped[str | None] = mapped_column(String(30))  # "BB-UBND"
    issued_on: Mapped[date | None]
    numbered_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    return_reason: Mapped[str] = mapped_column(Text, default="")
    pdf_sha256: Mapped[str | None] = mapped_column(String(64))  # with empty signature fields; set when submitted
    signed_pdf_sha256: Mapped[str | None] = mapped_column(String(64))  # the newest, an incremental update of the above
    created_by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    issued_at: Mapped[datetime | None] = mapped_column(Instant)
    issued_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    recalled_at: Mapped[datetime | None] = mapped_column(Instant)
    recalled_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    recall_reason: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int] = mapped_column(default=1)  # optimistic lock: two signatures cannot both be the next

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own spelling


class Revision(Base):
    """One state of the text, never edited."""

    __tablename__ = "minutes_revision"
    __table_args__ = (UniqueConstraint("minutes_id", "number"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    minutes_id: Mapped[str] = mapped_column(ForeignKey("minutes.id"), index=True)
    number: Mapped[int]  # from 1
    author_person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(Instant)
    text_json: Mapped[str] = mapped_column(Text)  # recordings.minutes.text.Text


class CommentRound(Base):
    """A time in which those who attended comment on the draft; its deadline ends it, or the secretary before."""

    __tablename__ = "minutes_round"
    __table_args__ = (UniqueConstraint("minutes_id", "number"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    minutes_id: Mapped[str] = mapped_column(ForeignKey("minutes.id"), index=True)
    number: Mapped[int]  # from 1
    note: Mapped[str] = mapped_column(Text, default="")  # what the secretary asks them
    opened_by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    opened_at: Mapped[datetime] = mapped_column(Instant)
    deadline: Mapped[datetime] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)  # None also after the deadline, until somebody writes
    closed_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    comments: Mapped[int] = mapped_column(default=0)


class Comment(Base):
    """What somebody said of one paragraph of one revision, and what the secretary made of it. Never edited."""

    __tablename__ = "minutes_comment"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    round_id: Mapped[str] = mapped_column(ForeignKey("minutes_round.id"), index=True)
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))  # one of the two
    site_id: Mapped[str | None] = mapped_column(ForeignKey("site.id"))
    author: Mapped[str]  # the name at that time
    revision: Mapped[int]  # of the text that was read
    part: Mapped[str] = mapped_column(String(80))  # as in ``recordings.minutes.paragraphs``
    paragraph: Mapped[int]  # from 0
    quote: Mapped[str] = mapped_column(Text)  # the paragraph as it was
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)
    outcome: Mapped[str] = mapped_column(String(16), default="")  # "accepted", "declined"; empty: not resolved yet
    answer: Mapped[str] = mapped_column(Text, default="")
    resolved_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    resolved_at: Mapped[datetime | None] = mapped_column(Instant)


class Signature(Base):
    """A signature that stands in the signed PDF."""

    __tablename__ = "minutes_signature"
    __table_args__ = (UniqueConstraint("minutes_id", "role"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    minutes_id: Mapped[str] = mapped_column(ForeignKey("minutes.id"), index=True)
    role: Mapped[str] = mapped_column(String(16))  # a SignatureRole
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str]  # as the certificate says
    at: Mapped[datetime] = mapped_column(Instant)
    certificate_sha256: Mapped[str] = mapped_column(String(64))
    is_test: Mapped[bool]  # not under a trusted root: "CHỮ KÝ THỬ NGHIỆM"
    source: Mapped[str] = mapped_column(String(16))  # "here" or "outside"


class Certificate(Base):
    """A person's PKCS#12 file as uploaded, still locked by its PIN, which is never stored."""

    __tablename__ = "signing_certificate"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    pkcs12: Mapped[bytes] = mapped_column(LargeBinary)
    subject: Mapped[str]
    issuer: Mapped[str]
    sha256: Mapped[str] = mapped_column(String(64))  # of the certificate, DER
    valid_from: Mapped[datetime] = mapped_column(Instant)
    valid_to: Mapped[datetime] = mapped_column(Instant)
    is_test: Mapped[bool]
    failures: Mapped[int] = mapped_column(default=0)  # wrong PINs in a row
    locked_until: Mapped[datetime | None] = mapped_column(Instant)
    added_at: Mapped[datetime] = mapped_column(Instant)
