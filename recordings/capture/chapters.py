"""Chapters, papers and captions of a recording from the facts of its meeting, placed on its timeline. Pure.

A speech begins where its picture does: a grant is a fact some tenths of a second before the site's keyframe is on air.
A speech that was over before its picture came began with its grant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import pairwise
from typing import Any, Literal

from recordings.capture.course import instant_ns
from recordings.capture.scan import Seen
from recordings.capture.timeline import Timeline
from scheduler.proceedings import facts as f

ChapterKind = Literal["item", "speech", "pause", "gap"]
PICTURE_WITHIN_NS = 5_000_000_000

PAUSE_TITLE = "Tạm dừng ghi hình"
GAP_TITLE = "Gián đoạn ghi hình"


@dataclass(frozen=True, slots=True)
class Names:
    """What ids are called on screen."""

    items: dict[str, str] = field(default_factory=dict)
    sites: dict[str, str] = field(default_factory=dict)

    def item(self, item_id: str | None) -> str:
        return self.items.get(item_id or "", "")

    def site(self, site_id: str | None) -> str:
        return self.sites.get(site_id or "", "")


@dataclass(frozen=True, slots=True)
class Chapter:
    """A stretch of recording time; a pause has no length in it."""

    start_ms: int
    end_ms: int
    kind: ChapterKind
    title: str
    site_id: str | None = None
    item_id: str | None = None
    speech_id: str | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(slots=True)
class _Open:
    """An item or speech that has begun."""

    start_ns: int
    site_id: str | None = None
    item_id: str | None = None
    speech_id: str | None = None
    speaker: f.Somebody | None = None
    closes: int | None = None  # wall clock ns


def chapters(facts: Sequence[f.Fact], timeline: Timeline, seen: Sequence[Seen], names: Names) -> list[Chapter]:
    """Items, speeches, pauses and gaps in order of time, longer ones before the shorter ones they hold."""
    items, speeches = _openings(facts, seen)
    found = [_chapter("item", item, timeline, names.item(item.item_id)) for item in items]
    found += [_chapter("speech", speech, timeline, speech_title(speech, names)) for speech in speeches]
    found = [chapter for chapter in found if chapter.end_ms > chapter.start_ms]
    for span in timeline.spans:
        start_ms, end_ms = span.start_ns // 1_000_000, (span.start_ns + span.length_ns) // 1_000_000
        if span.kind == "pause":
            found.append(Chapter(start_ms, end_ms, "pause", PAUSE_TITLE))
        elif span.kind == "gap":
            found.append(Chapter(start_ms, end_ms, "gap", GAP_TITLE))
    return sorted(found, key=lambda chapter: (chapter.start_ms, -chapter.end_ms))


def papers(facts: Sequence[f.Fact], timeline: Timeline) -> list[dict[str, Any]]:
    """Which page was shown from when; ``paper_id`` None: none from here on."""
    shown: list[dict[str, Any]] = []
    for fact in facts:
        if not isinstance(fact.body, f.PaperShown | f.Adjourned):
            continue
        paper_id, page = (fact.body.paper_id, fact.body.page) if isinstance(fact.body, f.PaperShown) else (None, 1)
        entry = {"start_ms": timeline.place_ms(instant_ns(fact.at)), "paper_id": paper_id, "page": page}
        if shown and shown[-1]["start_ms"] == entry["start_ms"]:
            shown.pop()
        if (shown[-1]["paper_id"], shown[-1]["page"]) != (paper_id, page) if shown else paper_id is not None:
            shown.append(entry)
    return [entry for entry in shown if entry["start_ms"] < timeline.duration_ms]


def gaps(timeline: Timeline) -> list[dict[str, Any]]:
    """Where something is missing, how long that really was, and why."""
    return [
        {
            "start_ms": span.start_ns // 1_000_000,
            "end_ms": (span.start_ns + span.length_ns) // 1_000_000,
            "cause": span.cause,
            "missing_ms": span.wall_length_ns // 1_000_000,
            "wall_ms": span.wall_ns // 1_000_000,
        }
        for span in timeline.spans
        if span.kind == "gap"
    ]


def flat(found: Sequence[Chapter]) -> list[Chapter]:
    """Chapters one after the other, as a container wants them: at each moment the innermost one."""
    edges = sorted({edge for chapter in found for edge in (chapter.start_ms, chapter.end_ms)})
    rank = {"item": 0, "speech": 1, "gap": 2, "pause": -1}
    stretches: list[Chapter] = []
    for start_ms, end_ms in pairwise(edges):
        over = [chapter for chapter in found if chapter.start_ms <= start_ms < chapter.end_ms]
        if over:
            inner = max(over, key=lambda chapter: rank[chapter.kind])
            stretches.append(replace(inner, start_ms=start_ms, end_ms=end_ms))
    return stretches


def speech_title(speech: _Open, names: Names) -> str:
    """Site and speaker: "xã Quản Bạ – Vàng A Sính, Chủ tịch UBND xã"."""
    site = names.site(speech.site_id)
    if speech.speaker is None or not speech.speaker.name:
        return site
    person = speech.speaker.name + (f", {speech.speaker.post}" if speech.speaker.post else "")
    return f"{site} – {person}" if site else person


def _openings(facts: Sequence[f.Fact], seen: Sequence[Seen]) -> tuple[list[_Open], list[_Open]]:
    items: list[_Open] = []
    speeches: list[_Open] = []
    requested: dict[str, f.Somebody | None] = {}
    for fact in facts:
        at_ns = instant_ns(fact.at)
        match fact.body:
            case f.ItemOpened(item_id=item_id):
                _close(items, at_ns)
                items.append(_Open(at_ns, item_id=item_id))
            case f.ItemClosed() | f.ItemPostponed():
                _close(items, at_ns)
            case (
                f.FloorRequested(request_id=request_id, speaker=speaker)
                | f.FloorClimbed(request_id=request_id, speaker=speaker)
            ):
                requested[request_id] = speaker
            case f.FloorGranted() as granted:
                current = items[-1].item_id if items and items[-1].closes is None else None
                named_before = requested.get(granted.request_id or "")
                speeches.append(_Open(at_ns, granted.site_id, current, granted.speech_id, named_before))
            case f.FloorRevoked() | f.FloorReturned():
                _close(speeches, at_ns)
            case f.SpeakerNamed(speech_id=speech_id, speaker=named):
                for speech in speeches:
                    speech.speaker = named if speech.speech_id == speech_id else speech.speaker
            case f.Adjourned():
                _close(items, at_ns)
                _close(speeches, at_ns)
    _begin_with_pictures(speeches, seen)
    return items, speeches


def _close(opened: list[_Open], at_ns: int) -> None:
    if opened and opened[-1].closes is None:
        opened[-1].closes = max(at_ns, opened[-1].start_ns)


def _begin_with_pictures(speeches: Sequence[_Open], seen: Sequence[Seen]) -> None:
    """Move each speech from its grant to its picture; one that nobody ended lasts to the picture of the next."""
    for number, speech in enumerate(speeches):
        following = speeches[number + 1].start_ns if number + 1 < len(speeches) else None
        over_ns = following if speech.closes is None else speech.closes
        speech.start_ns = _picture_ns(speech, over_ns, seen)
    for speech, after in pairwise(speeches):
        if speech.closes is None:
            speech.closes = after.start_ns


def _picture_ns(speech: _Open, over_ns: int | None, seen: Sequence[Seen]) -> int:
    """When the site's picture came on air after the grant; the grant itself when it was there already, or never.

    What comes after the speech is of another one, or of a room that lost the picture of its chair.
    """
    until_ns = speech.start_ns + PICTURE_WITHIN_NS
    until_ns = until_ns if over_ns is None else min(until_ns, over_ns)
    for one in seen:
        if one.source == "program" and one.label == speech.site_id and speech.start_ns <= one.at_ns < until_ns:
            return one.at_ns
    return speech.start_ns


def _chapter(kind: ChapterKind, opened: _Open, timeline: Timeline, title: str) -> Chapter:
    start_ms = timeline.place_ms(opened.start_ns)
    end_ms = timeline.duration_ms if opened.closes is None else timeline.place_ms(opened.closes)
    return Chapter(start_ms, end_ms, kind, title, opened.site_id, opened.item_id, opened.speech_id)
