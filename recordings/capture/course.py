"""The course of a recording as the proceedings tell it: start, stop, pauses, interruptions. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from recordings.capture.timeline import Interruption, Interval
from scheduler.proceedings import facts as f

FOREVER_NS = 1 << 62


@dataclass(slots=True)
class Course:
    """What the facts know; packet logs know the rest."""

    begin_ns: int | None = None
    end_ns: int | None = None
    pauses: list[Interval] = field(default_factory=list)
    interruptions: list[Interruption] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        return {
            "begin_ns": self.begin_ns,
            "end_ns": self.end_ns,
            "pauses": [[pause.start_ns, pause.end_ns] for pause in self.pauses],
            "interruptions": [[interruption.at_ns, interruption.cause] for interruption in self.interruptions],
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Course:
        return cls(
            value["begin_ns"],
            value["end_ns"],
            [Interval(*pause) for pause in value["pauses"]],
            [Interruption(*interruption) for interruption in value["interruptions"]],
        )


def instant_ns(at: str) -> int:
    """RFC 3339 → ns since 1970, exact to the millisecond."""
    return round(datetime.fromisoformat(at).timestamp() * 1000) * 1_000_000


def course_of(facts: Sequence[f.Fact], recording_id: str) -> Course:
    """The course of this recording; a pause that nobody ended lasts to the end."""
    course, paused_ns = Course(), None
    for fact in facts:
        if getattr(fact.body, "recording_id", None) != recording_id:
            continue
        at_ns = instant_ns(fact.at)
        match fact.body:
            case f.RecordingStarted():
                course.begin_ns = at_ns if course.begin_ns is None else course.begin_ns
            case f.RecordingPaused():
                paused_ns = at_ns if paused_ns is None else paused_ns
            case f.RecordingResumed() if paused_ns is not None:
                course.pauses.append(Interval(paused_ns, at_ns))
                paused_ns = None
            case f.RecordingInterrupted(from_at=from_at, cause=cause):
                course.interruptions.append(Interruption(instant_ns(from_at), cause.partition(":")[0]))
            case f.RecordingStopped():
                course.end_ns = at_ns
    if paused_ns is not None:
        course.pauses.append(Interval(paused_ns, course.end_ns or FOREVER_NS))
    return course
