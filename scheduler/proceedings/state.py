"""The state of a meeting's room: a pure fold over its facts. The browser has the same fold in TypeScript.

``fold.apply(state, fact) -> state`` never fails on a well-formed log and never looks at a clock: durations are derived
from ``at`` by whoever shows them. ``fold.to_json(state)`` is the snapshot on the wire; its shape is this module's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from scheduler.proceedings.facts import LinkSide, Mode, RequestKind, Somebody

Stage = Literal["waiting", "testing", "convened", "suspended", "adjourned"]
Attendance = Literal["unknown", "present", "excused", "absent"]
ItemStatus = Literal["waiting", "open", "closed", "postponed"]
Forwarded = Literal["no", "sent", "waiting", "failed"]
LinkStatus = Literal["open", "away", "lost"]


@dataclass(frozen=True, slots=True)
class SiteState:
    """One site ("điểm cầu") in the room."""

    site_id: str
    expected: bool = True
    connection_id: str | None = None  # None: not here now
    joined_at: str | None = None  # of the present connection
    first_joined_at: str | None = None
    left_at: str | None = None
    head_count: int | None = None
    people: tuple[Somebody, ...] = ()
    attendance: Attendance = "unknown"
    reason: str = ""
    deputy: Somebody | None = None


@dataclass(frozen=True, slots=True)
class Item:
    item_id: str
    status: ItemStatus = "waiting"
    opened_at: str | None = None  # of the present or last opening
    spent_ms: int = 0  # of closed openings


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request from below came from."""

    meeting_id: str  # the room below through which it came
    site_name: str
    path: tuple[str, ...]
    asked_at: str


@dataclass(frozen=True, slots=True)
class Merged:
    """A request that another one speaks for."""

    request_id: str
    site_id: str
    kind: RequestKind
    speaker: Somebody | None
    at: str
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Request:
    request_id: str
    site_id: str
    kind: RequestKind
    speaker: Somebody | None
    at: str
    put_off: bool = False
    origin: Origin | None = None  # None: of this room
    forwarded: Forwarded = "no"  # to the room above
    merged: tuple[Merged, ...] = ()  # for whom he speaks too
    joined: str = ""  # who speaks for it in a room above

    @property
    def everybody(self) -> tuple[Request | Merged, ...]:
        """The request, and those that it speaks for."""
        return (self, *self.merged)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was answered in words."""

    request_id: str
    site_id: str
    text: str
    at: str


@dataclass(frozen=True, slots=True)
class Speech:
    speech_id: str
    site_id: str
    item_id: str | None
    speaker: Somebody | None
    started_at: str
    limit_s: int = 0
    request_id: str | None = None
    ended_at: str | None = None
    origin: Origin | None = None  # of a site in a room below
    from_above: bool = False  # granted by the room above
    merged: tuple[Merged, ...] = ()  # for whom he speaks too


@dataclass(frozen=True, slots=True)
class Roll:
    at: str
    present: tuple[str, ...]
    excused: tuple[str, ...]
    absent: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShownPaper:
    paper_id: str
    page: int


@dataclass(frozen=True, slots=True)
class Message:
    message_id: str
    at: str
    site_id: str | None
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Conclusion:
    conclusion_id: str
    item_id: str | None
    text: str
    at: str


@dataclass(frozen=True, slots=True)
class Task:
    task_id: str
    item_id: str | None
    what: str
    lead_unit_id: str
    with_unit_ids: tuple[str, ...]
    due: str | None


@dataclass(frozen=True, slots=True)
class Missed:
    """What was said above while the link was lost."""

    seconds: int
    items: tuple[str, ...]
    speeches: int


@dataclass(frozen=True, slots=True)
class Link:
    """A room above or below that this one is linked with."""

    meeting_id: str
    side: LinkSide
    node: str
    title: str
    status: LinkStatus
    since: str  # of the status
    missed: Missed | None = None  # of the last time it was lost


@dataclass(frozen=True, slots=True)
class Chair:
    person_id: str
    site_id: str


@dataclass(frozen=True, slots=True)
class FarChair:
    """The chair is lent to a site of a room below; who has it stands in ``State.chair_person_id`` as ever."""

    meeting_id: str  # of the room directly below, through which he is reached
    site_name: str
    chair: Somebody
    lent_by: Chair  # to whom it comes back


@dataclass(frozen=True, slots=True)
class ChairAbove:
    """The chair of the room above is with a site of this room, or of a room below it (``through``)."""

    meeting_id: str
    person_id: str
    site_id: str
    through: str | None
    chair: Somebody


@dataclass(frozen=True, slots=True)
class State:
    """Everything a room shows; the empty State is a room nobody has opened."""

    stage: Stage = "waiting"
    mode: Mode = "one_speaker"
    chair_person_id: str | None = None
    chair_site_id: str | None = None
    secretary_person_id: str | None = None
    testing_at: str | None = None
    convened_at: str | None = None
    suspended_at: str | None = None
    adjourned_at: str | None = None
    sites: dict[str, SiteState] = field(default_factory=dict)
    items: tuple[Item, ...] = ()
    current_item_id: str | None = None
    queue: tuple[Request, ...] = ()  # in the order shown; put-off ones last
    floor: Speech | None = None  # who has the floor now
    speeches: tuple[Speech, ...] = ()  # those that ended
    paper: ShownPaper | None = None
    presentation_site_id: str | None = None
    recording_id: str | None = None
    recording: Literal["off", "on", "paused", "interrupted"] = "off"
    paused_by_break: bool = False  # the recording pauses because the meeting does, and goes on with it
    roll: Roll | None = None
    chat: tuple[Message, ...] = ()  # the last 200
    conclusions: tuple[Conclusion, ...] = ()
    tasks: tuple[Task, ...] = ()
    answers: tuple[Answer, ...] = ()  # the last 50
    links: tuple[Link, ...] = ()
    absent_chair: Chair | None = None  # in whose place somebody presides while a link is lost
    far_chair: FarChair | None = None
    chair_above: ChairAbove | None = None
    seq: int = 0  # of the last fact folded

    @property
    def home_site_id(self) -> str | None:
        """The site of this room that it is led from: the chair's, or while the chair is lent, who lent it."""
        return self.chair_site_id if self.far_chair is None else self.far_chair.lent_by.site_id
