"""Revise the text. A writer names the revision he started from; if another is newer, he gets both texts and nothing is
lost: each kept revision stays, and what he wrote comes back to him beside what is there."""

from __future__ import annotations

import difflib
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from recordings.errors import Conflict, NotFound
from recordings.minutes.access import AnySession, open_minutes, require, require_status
from recordings.minutes.tables import Minutes, Revision
from recordings.minutes.text import Text, text_from_json
from scheduler.database import WriteSession
from scheduler.permissions import Actor, may_write_minutes


@dataclass(frozen=True, slots=True)
class Change:
    """One part that differs between two revisions, as lines: " " same, "-" before, "+" after."""

    part: str  # "opening", "closing", "recipients", "<item id>.opinions", "<item id>.conclusion"
    lines: tuple[tuple[str, str], ...]


async def revise_minutes(
    session: WriteSession, actor: Actor, meeting_id: str, *, revision: int, text: Text, now: datetime
) -> Revision:
    """A new revision; :class:`Conflict` with code ``stale`` carries both texts when ``revision`` is not the newest."""
    opened = await open_minutes(session, actor, meeting_id)
    require(may_write_minutes(actor, opened.access), "write")
    minutes = opened.existing
    require_status(minutes, "draft", "review")
    newest = await revision_of(session, minutes, minutes.revision)
    if revision != minutes.revision:
        raise _stale(newest, text, revision)
    if text_from_json(newest.text_json) == text:
        return newest
    minutes.revision += 1
    made = Revision(
        minutes_id=minutes.id,
        number=minutes.revision,
        author_person_id=actor.person_id,
        at=now,
        text_json=text.to_json(),
    )
    session.add(made)
    await session.flush()  # a writer at the same moment fails here: StaleDataError
    return made


def _stale(newest: Revision, yours: Text, started_from: int) -> Conflict:
    current = text_from_json(newest.text_json)
    return Conflict(
        "Người khác đã sửa biên bản. Nội dung của anh/chị chưa mất: xem hai bản và chọn.",
        code="stale",
        detail={
            "current": {"revision": newest.number, "author_person_id": newest.author_person_id, **asdict(current)},
            "yours": {"revision": started_from, **asdict(yours)},
            "changes": [asdict(change) for change in difference(current, yours)],
        },
    )


async def revision_of(session: AnySession, minutes: Minutes, number: int) -> Revision:
    query = select(Revision).where(Revision.minutes_id == minutes.id, Revision.number == number)
    revision = await session.scalar(query)
    if revision is None:
        raise NotFound(f"Không có bản sửa số {number}.")
    return revision


async def revisions_of(session: AnySession, minutes: Minutes) -> list[Revision]:
    query = select(Revision).where(Revision.minutes_id == minutes.id).order_by(Revision.number)
    return list(await session.scalars(query))


async def difference_of(session: AnySession, minutes: Minutes, number: int) -> list[Change]:
    """What this revision changed against the one before it."""
    after = text_from_json((await revision_of(session, minutes, number)).text_json)
    before = text_from_json((await revision_of(session, minutes, number - 1)).text_json) if number > 1 else Text()
    return difference(before, after)


def difference(before: Text, after: Text) -> list[Change]:
    """Part by part, only what differs."""
    old, new = parts_of(before), parts_of(after)
    return [
        Change(part, _lines(old.get(part, ""), new.get(part, "")))
        for part in [*old, *(part for part in new if part not in old)]
        if old.get(part, "") != new.get(part, "")
    ]


def parts_of(text: Text) -> dict[str, str]:
    """Everything written by hand, by the name of its part."""
    parts: dict[str, Any] = {"opening": text.opening}
    for section in text.sections:
        parts[f"{section.item_id}.opinions"] = section.opinions
        parts[f"{section.item_id}.conclusion"] = section.conclusion
    return {**parts, "closing": text.closing, "recipients": "\n".join(text.recipients)}


def _lines(before: str, after: str) -> tuple[tuple[str, str], ...]:
    found = difflib.ndiff(before.split("\n"), after.split("\n"))
    return tuple((line[0], line[2:]) for line in found if line[0] in " +-")
