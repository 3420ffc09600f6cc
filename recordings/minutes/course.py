"""The course of a meeting as the minutes need it: a pure fold over its (corrected) facts. Knows ids only, no names.

Who was present: whoever the secretary confirmed or the roll found present, or who was in the room while the meeting was
on, even if late. The last word counts; an excused site that joins after all was present.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from scheduler.proceedings import facts as f
from scheduler.proceedings.facts import Fact, Somebody

GAP_SHOWN_S = 10.0  # an interruption longer than this is cut to it in the recording


@dataclass(slots=True)
class SiteCourse:
    site_id: str
    status: str = "unknown"  # "present", "excused", "absent"
    reason: str = ""
    deputy: Somebody | None = None
    head_count: int | None = None
    people: tuple[Somebody, ...] = ()
    here: set[str] = field(default_factory=set)  # connections now
    first_seen_at: str | None = None  # while the meeting was on
    left_at: str | None = None


@dataclass(slots=True)
class SpeechCourse:
    speech_id: str
    site_id: str
    item_id: str | None
    started_at: str
    speaker: Somebody | None
    ended_at: str | None = None
    recording_ms: int | None = None


@dataclass(slots=True)
class ItemCourse:
    item_id: str
    status: str = "waiting"
    openings: list[list[str | None]] = field(default_factory=list)  # [opened_at, closed_at]
    papers: dict[str, dict[str, Any]] = field(default_factory=dict)  # paper id → {"shown_at", "pages"}
    reason: str = ""


@dataclass(slots=True)
class Course:
    """Everything that happened, by id."""

    convened_at: str | None = None
    adjourned_at: str | None = None
    pauses: list[dict[str, str | None]] = field(default_factory=list)
    chair_person_id: str | None = None
    chair_site_id: str | None = None
    handovers: list[dict[str, str]] = field(default_factory=list)
    far_chairs: dict[str, Somebody] = field(default_factory=dict)  # of rooms below, by the name that those gave
    secretary_person_id: str | None = None
    sites: dict[str, SiteCourse] = field(default_factory=dict)
    items: dict[str, ItemCourse] = field(default_factory=dict)
    current_item_id: str | None = None
    speeches: dict[str, SpeechCourse] = field(default_factory=dict)
    requests: dict[str, Somebody | None] = field(default_factory=dict)
    conclusions: dict[str, dict[str, Any]] = field(default_factory=dict)
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)
    recording_id: str | None = None
    recording_sha256: str | None = None
    recording_duration_ms: int | None = None
    recorded: list[tuple[str, str | None]] = field(default_factory=list)  # stretches on record
    recorded_gaps: list[tuple[str, str]] = field(default_factory=list)

    def site(self, site_id: str) -> SiteCourse:
        return self.sites.setdefault(site_id, SiteCourse(site_id))

    def item(self, item_id: str) -> ItemCourse:
        return self.items.setdefault(item_id, ItemCourse(item_id))

    @property
    def is_on(self) -> bool:
        return self.convened_at is not None and self.adjourned_at is None


def fold(facts: Iterable[Fact]) -> Course:
    """The course after these facts; unknown or irrelevant facts (chat, queue) leave it as it is."""
    course = Course()
    for fact in facts:
        handler = _HANDLERS.get(type(fact.body))
        if handler is not None:
            handler(course, fact, fact.body)
    for speech in course.speeches.values():
        speech.recording_ms = recording_ms(course, speech.started_at)
    return course


def seconds(start: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()


def recording_ms(course: Course, at: str) -> int | None:
    """Where in the recording this moment is, or None if it was not on record."""
    elapsed = 0.0
    for start, end in course.recorded:
        if at < start:
            return None
        if end is None or at <= end:
            return round((elapsed + seconds(start, at)) * 1000)
        elapsed += seconds(start, end)
        gap = next((gap for gap in course.recorded_gaps if gap[0] == end), None)
        elapsed += min(GAP_SHOWN_S, seconds(*gap)) if gap else 0.0
    return None


_NewChair = f.ChairHandedOver | f.ChairLent | f.DeputyPresided | f.ChairResumed

# -- one handler per fact type ------------------------------------------------------------------------------------


def _testing(course: Course, fact: Fact, body: f.TestingOpened) -> None:
    course.chair_person_id, course.chair_site_id = body.chair_person_id, body.chair_site_id
    course.secretary_person_id = body.secretary_person_id
    for site_id in body.expected_site_ids:
        course.site(site_id)
    for item_id in body.item_ids:
        course.item(item_id)


def _convened(course: Course, fact: Fact, body: f.Convened) -> None:
    course.convened_at = course.convened_at or fact.at
    for site in course.sites.values():
        if site.here:
            _seen(site, fact.at)


def _seen(site: SiteCourse, at: str) -> None:
    site.first_seen_at = site.first_seen_at or at
    site.status, site.left_at = "present", None


def _adjourned(course: Course, fact: Fact, body: f.Adjourned) -> None:
    course.adjourned_at = fact.at
    _close_item(course, fact.at)
    for speech in course.speeches.values():
        speech.ended_at = speech.ended_at or fact.at


def _suspended(course: Course, fact: Fact, body: f.Suspended) -> None:
    course.pauses.append({"from": fact.at, "to": None, "reason": body.reason})


def _resumed(course: Course, fact: Fact, body: f.Resumed) -> None:
    if course.pauses and course.pauses[-1]["to"] is None:
        course.pauses[-1]["to"] = fact.at


def _handed_over(course: Course, fact: Fact, body: _NewChair) -> None:
    if course.convened_at is not None and body.person_id != course.chair_person_id:
        course.handovers.append({"at": fact.at, "person_id": body.person_id})
    course.chair_person_id, course.chair_site_id = body.person_id, body.site_id


def _lent(course: Course, fact: Fact, body: f.ChairLent) -> None:
    course.far_chairs[body.person_id] = body.chair
    _handed_over(course, fact, body)


def _secretary(course: Course, fact: Fact, body: f.SecretaryAppointed) -> None:
    course.secretary_person_id = body.person_id


def _joined(course: Course, fact: Fact, body: f.SiteJoined) -> None:
    site = course.site(body.site_id)
    site.here.add(body.connection_id)
    if course.is_on:
        _seen(site, fact.at)


def _left(course: Course, fact: Fact, body: f.SiteLeft) -> None:
    site = course.site(body.site_id)
    site.here.discard(body.connection_id)
    if not site.here and course.is_on:
        site.left_at = fact.at


def _head_count(course: Course, fact: Fact, body: f.HeadCountReported) -> None:
    site = course.site(body.site_id)
    site.head_count, site.people = body.head_count, body.people


def _confirmed(course: Course, fact: Fact, body: f.AttendanceConfirmed) -> None:
    course.site(body.site_id).status = "present"


def _excused(course: Course, fact: Fact, body: f.AbsenceExcused) -> None:
    site = course.site(body.site_id)
    site.status, site.reason = ("excused" if body.excused else "absent"), body.reason


def _deputy(course: Course, fact: Fact, body: f.DeputyAccepted) -> None:
    course.site(body.site_id).deputy = body.deputy


def _roll(course: Course, fact: Fact, body: f.RollCalled) -> None:
    for status, site_ids in (("present", body.present), ("excused", body.excused), ("absent", body.absent)):
        for site_id in site_ids:
            course.site(site_id).status = status


def _item_opened(course: Course, fact: Fact, body: f.ItemOpened) -> None:
    _close_item(course, fact.at)
    item = course.item(body.item_id)
    item.status = "open"
    item.openings.append([fact.at, None])
    course.current_item_id = body.item_id


def _item_closed(course: Course, fact: Fact, body: f.ItemClosed) -> None:
    if course.current_item_id == body.item_id:
        _close_item(course, fact.at)


def _close_item(course: Course, at: str) -> None:
    if course.current_item_id is not None:
        item = course.item(course.current_item_id)
        item.status, item.openings[-1][1] = "closed", at
        course.current_item_id = None


def _item_postponed(course: Course, fact: Fact, body: f.ItemPostponed) -> None:
    if course.current_item_id == body.item_id:
        _close_item(course, fact.at)
    item = course.item(body.item_id)
    item.status, item.reason = "postponed", body.reason


def _amended(course: Course, fact: Fact, body: f.AgendaAmended) -> None:
    kept = [item_id for item_id, item in course.items.items() if item_id not in body.item_ids and item.openings]
    course.items = {item_id: course.item(item_id) for item_id in [*body.item_ids, *kept]}


def _paper(course: Course, fact: Fact, body: f.PaperShown) -> None:
    if body.paper_id is None or not course.is_on or course.current_item_id is None:
        return
    papers = course.item(course.current_item_id).papers
    shown = papers.setdefault(body.paper_id, {"shown_at": fact.at, "pages": []})
    if body.page not in shown["pages"]:
        shown["pages"].append(body.page)


def _requested(course: Course, fact: Fact, body: f.FloorRequested | f.FloorClimbed) -> None:
    course.requests[body.request_id] = body.speaker


def _granted(course: Course, fact: Fact, body: f.FloorGranted) -> None:
    for speech in course.speeches.values():
        speech.ended_at = speech.ended_at or fact.at
    if course.is_on:
        speaker = course.requests.get(body.request_id or "")
        course.speeches[body.speech_id] = SpeechCourse(
            body.speech_id, body.site_id, course.current_item_id, fact.at, speaker
        )


def _speech_ended(course: Course, fact: Fact, body: f.FloorRevoked | f.FloorReturned) -> None:
    speech = course.speeches.get(body.speech_id)
    if speech is not None:
        speech.ended_at = speech.ended_at or fact.at


def _named(course: Course, fact: Fact, body: f.SpeakerNamed) -> None:
    if body.speech_id in course.speeches:
        course.speeches[body.speech_id].speaker = body.speaker


def _recording_on(course: Course, fact: Fact, body: f.RecordingStarted | f.RecordingResumed) -> None:
    course.recording_id = body.recording_id
    gaps = course.recorded_gaps
    if gaps and gaps[-1][1] == "":
        gaps[-1] = (gaps[-1][0], fact.at)
    if not course.recorded or course.recorded[-1][1] is not None:
        course.recorded.append((fact.at, None))


def _recording_off(course: Course, fact: Fact, body: f.RecordingPaused | f.RecordingStopped) -> None:
    _close_stretch(course, fact.at)


def _recording_interrupted(course: Course, fact: Fact, body: f.RecordingInterrupted) -> None:
    _close_stretch(course, body.from_at)
    course.recorded_gaps.append((body.from_at, ""))


def _close_stretch(course: Course, at: str) -> None:
    if course.recorded and course.recorded[-1][1] is None:
        course.recorded[-1] = (course.recorded[-1][0], at)


def _sealed(course: Course, fact: Fact, body: f.RecordingSealed) -> None:
    course.recording_id = body.recording_id
    course.recording_sha256, course.recording_duration_ms = body.sha256, body.duration_ms


def _concluded(course: Course, fact: Fact, body: f.ConclusionRecorded) -> None:
    course.conclusions[body.conclusion_id] = {"id": body.conclusion_id, "item_id": body.item_id, "text": body.text}


def _task(course: Course, fact: Fact, body: f.TaskAssigned) -> None:
    course.tasks[body.task_id] = {
        "id": body.task_id, "item_id": body.item_id, "what": body.what, "lead_unit_id": body.lead_unit_id,
        "with_unit_ids": list(body.with_unit_ids), "due": body.due,
    }  # fmt: skip


_HANDLERS: dict[type[f.Body], Callable[[Course, Fact, Any], None]] = {
    f.TestingOpened: _testing, f.Convened: _convened, f.Adjourned: _adjourned, f.Suspended: _suspended,
    f.Resumed: _resumed, f.ChairHandedOver: _handed_over, f.ChairLent: _lent, f.DeputyPresided: _handed_over,
    f.ChairResumed: _handed_over, f.SecretaryAppointed: _secretary,
    f.SiteJoined: _joined, f.SiteLeft: _left, f.HeadCountReported: _head_count, f.AttendanceConfirmed: _confirmed,
    f.AbsenceExcused: _excused, f.DeputyAccepted: _deputy, f.RollCalled: _roll,
    f.ItemOpened: _item_opened, f.ItemClosed: _item_closed, f.ItemPostponed: _item_postponed,
    f.AgendaAmended: _amended, f.PaperShown: _paper,
    f.FloorRequested: _requested, f.FloorClimbed: _requested, f.FloorGranted: _granted, f.FloorRevoked: _speech_ended,
    f.FloorReturned: _speech_ended, f.SpeakerNamed: _named,
    f.RecordingStarted: _recording_on, f.RecordingResumed: _recording_on, f.RecordingPaused: _recording_off,
    f.RecordingStopped: _recording_off, f.RecordingInterrupted: _recording_interrupted, f.RecordingSealed: _sealed,
    f.ConclusionRecorded: _concluded, f.TaskAssigned: _task,
}  # fmt: skip
