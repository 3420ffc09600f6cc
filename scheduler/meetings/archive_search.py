"""Search over everything indexed: exact accents first, then titles, then the newest; permission on every hit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, or_, select

from scheduler.database import ReadSession
from scheduler.errors import Invalid
from scheduler.meetings.meeting import Meeting
from scheduler.meetings.queries import MeetingCard, MeetingFilter, cards_of, conditions
from scheduler.meetings.visibility import read_in_full_by, visible_to
from scheduler.organization.folding import accented, fold
from scheduler.permissions import Actor
from scheduler.search import SearchEntry

SNIPPET = 80  # letters on each side of the first word found
MOST_WORDS = 10


@dataclass(frozen=True, slots=True)
class Hit:
    kind: str  # "meeting", "item", "paper", "minutes"
    ref_id: str
    meeting: MeetingCard
    title: str
    snippet: str
    at_ms: int | None


@dataclass(frozen=True, slots=True)
class HitPage:
    items: list[Hit]
    next: str | None


async def search_archive(
    session: ReadSession,
    actor: Actor,
    text: str,
    wanted: MeetingFilter,
    now: datetime,
    cursor: str | None = None,
    limit: int = 30,
) -> HitPage:
    """All words must be there, with or without accents; ``wanted`` narrows by unit, level and date."""
    words = fold(text).split()[:MOST_WORDS]
    if not words:
        return HitPage([], None)
    offset = _offset(cursor)
    query = select(SearchEntry, Meeting.starts_at).join(Meeting, Meeting.id == SearchEntry.meeting_id)
    query = query.where(visible_to(actor), or_(SearchEntry.released, read_in_full_by(actor)), *conditions(wanted))
    query = query.where(*(SearchEntry.folded.contains(word, autoescape=True) for word in words))
    query = query.order_by(*_ranking(text), Meeting.starts_at.desc(), SearchEntry.id)
    entries = [row.SearchEntry for row in await session.execute(query.offset(offset).limit(limit + 1))]
    cards = await cards_of(session, actor, list({entry.meeting_id for entry in entries}), now)
    hits = [_hit(entry, cards[entry.meeting_id], words) for entry in entries[:limit]]
    return HitPage(hits, str(offset + limit) if len(entries) > limit else None)


def _ranking(text: str) -> list[ColumnElement[int]]:
    """0 the phrase with its accents; 1 all words with their accents; 2 the phrase without; 3 the words without."""
    exact = SearchEntry.accented.contains(accented(text), autoescape=True)
    words = and_(*(SearchEntry.accented.contains(word, autoescape=True) for word in accented(text).split()))
    phrase = SearchEntry.folded.contains(fold(text), autoescape=True)
    kind = case((SearchEntry.kind == "meeting", 0), (SearchEntry.kind == "item", 1), else_=2)
    return [case((exact, 0), (words, 1), (phrase, 2), else_=3), kind]


def _offset(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not cursor.isdecimal() or len(cursor) > 6:
        raise Invalid({"cursor": "unknown"})
    return int(cursor)


def _hit(entry: SearchEntry, card: MeetingCard, words: list[str]) -> Hit:
    return Hit(entry.kind, entry.ref_id, card, entry.title, snippet(entry.text, words), entry.at_ms)


def snippet(text: str, words: list[str]) -> str:
    """The text around the first word found; the beginning when the words stand in the title only."""
    flat = " ".join(text.split())
    folded = "".join(fold(letter) if not letter.isspace() else " " for letter in flat)
    found = [at for word in words if (at := folded.find(word)) >= 0] if len(folded) == len(flat) else []
    at = min(found, default=0)
    start, end = max(0, at - SNIPPET), min(len(flat), at + SNIPPET)
    return ("…" if start else "") + flat[start:end] + ("…" if end < len(flat) else "")
