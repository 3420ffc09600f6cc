"""What is in a finished recording, as one JSON value: made by the two jobs, read by ``describe`` and the player."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from recordings.capture import chapters as chapter_rules
from recordings.capture.chapters import Names
from recordings.capture.scan import Seen
from recordings.capture.scenes import scenes
from recordings.capture.timeline import Interval, Timeline
from scheduler.database import ReadSession, WriteSession
from scheduler.meetings.agenda import AgendaItem
from scheduler.organization.site import Site
from scheduler.proceedings.facts import Fact


async def names_of(session: ReadSession | WriteSession, meeting_id: str, site_ids: set[str]) -> Names:
    """Titles of the meeting's items; a site is called by its unit, or by its own name where a unit has several."""
    items = await session.scalars(select(AgendaItem).where(AgendaItem.meeting_id == meeting_id))
    sites = (await session.scalars(select(Site).where(Site.id.in_(site_ids)))).all()
    units = Counter(site.unit_id for site in sites)
    return Names(
        {item.id: item.title for item in items},
        {site.id: site.unit.title if units[site.unit_id] == 1 else site.name for site in sites},
    )


def site_ids_in(facts: Sequence[Fact], seen: Sequence[Seen]) -> set[str]:
    """Every site that spoke or was in the picture."""
    spoke = {getattr(fact.body, "site_id", None) for fact in facts}
    return {site_id for site_id in spoke | {one.label for one in seen} if site_id}


def contents(
    timeline: Timeline, seen: Sequence[Seen], presented: Sequence[Interval], facts: Sequence[Fact], names: Names
) -> dict[str, Any]:
    """Chapters, papers, gaps and scenes, and what they were made from."""
    found = chapter_rules.chapters(facts, timeline, seen, names)
    papers = chapter_rules.papers(facts, timeline)
    made = scenes(timeline, found, papers, presented, seen, names)
    return {
        "timeline": timeline.to_json(),
        "seen": [[one.at_ns, one.source, one.label] for one in seen],
        "presented": [[share.start_ns, share.end_ns] for share in presented],
        "chapters": [chapter.to_json() for chapter in found],
        "papers": papers,
        "gaps": chapter_rules.gaps(timeline),
        "scenes": [scene.to_json() for scene in made],
    }
