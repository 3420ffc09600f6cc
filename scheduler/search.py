"""Search over titles, items, papers and minutes: with or without accents, exact matches first, permission on every hit.

One table, two columns per text: ``folded`` is searched, ``accented`` ranks. It is LIKE on both databases: the same
answers everywhere, quick enough for the archive of a province (measured by bench), replaceable behind these functions.
"""

from __future__ import annotations

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.database import Base, Id, WriteSession, new_id
from scheduler.meetings.meeting import Meeting
from scheduler.organization.folding import accented, fold
from scheduler.secrecy import is_secret


class SearchEntry(Base):
    __tablename__ = "search_entry"
    __table_args__ = (UniqueConstraint("kind", "ref_id"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(16))  # "meeting", "item", "paper", "minutes"
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meeting.id", ondelete="CASCADE"), index=True)
    ref_id: Mapped[str] = mapped_column(String(64))  # what was found: the id of the meeting, item, paper, revision …
    title: Mapped[str]
    text: Mapped[str] = mapped_column(Text)
    folded: Mapped[str] = mapped_column(Text)
    accented: Mapped[str] = mapped_column(Text)
    released: Mapped[bool]  # False: found only by those who run the meeting (minutes before they are issued)
    at_ms: Mapped[int | None]  # second of the recording, where the text has one


async def index_document(
    session: WriteSession,
    kind: str,
    meeting_id: str,
    ref_id: str,
    title: str,
    text: str = "",
    *,
    released: bool = True,
    at_ms: int | None = None,
) -> None:
    """Make this text findable, unless its meeting is a state secret; the same (kind, ref_id) again replaces it."""
    await forget_document(session, kind, ref_id)
    if is_secret(await session.scalar(select(Meeting.security_marking).where(Meeting.id == meeting_id)) or "none"):
        return
    whole = f"{title}\n{text}"
    session.add(
        SearchEntry(
            id=new_id(),
            kind=kind,
            meeting_id=meeting_id,
            ref_id=ref_id,
            title=title,
            text=text,
            folded=fold(whole),
            accented=accented(whole),
            released=released,
            at_ms=at_ms,
        )
    )
    await session.flush()


async def forget_document(session: WriteSession, kind: str, ref_id: str) -> None:
    """Take a text out of the search."""
    await session.execute(delete(SearchEntry).where(SearchEntry.kind == kind, SearchEntry.ref_id == ref_id))


async def forget_meeting(session: WriteSession, meeting_id: str) -> None:
    """Take everything of a meeting out."""
    await session.execute(delete(SearchEntry).where(SearchEntry.meeting_id == meeting_id))


async def forget_items(session: WriteSession, meeting_id: str) -> None:
    """Take all agenda items of a meeting out, before they are indexed anew."""
    await session.execute(delete(SearchEntry).where(SearchEntry.kind == "item", SearchEntry.meeting_id == meeting_id))
