"""Facts: one thing that happened in a meeting, in the past tense, never edited.

A fact is an envelope (:class:`Fact`) around one body (a :class:`Body` subclass below). The envelope says in which log
it stands (origin node, meeting, epoch), at which ``seq``, after which hash, when and by whom. Hashing and the treatment
of personal content are in ``chain.py``; folding is in ``state.py``; only ``log.py`` touches the database.

Field types are JSON types; ids are UUIDv7 text, instants are RFC 3339 text in UTC with milliseconds, durations are
whole seconds. Fields named in ``personal`` enter the hash as a salted commitment, so they can be erased later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

Mode = Literal["discussion", "one_speaker", "chair_only"]
RequestKind = Literal["speech", "question", "reply", "point_of_order"]
LinkSide = Literal["upper", "lower"]
ForwardStatus = Literal["waiting", "failed", "gone"]
LeaveReason = Literal["left", "lost", "moved", "restarted", "removed"]


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person named in a meeting: who speaks or sits at a site."""

    name: str
    post: str = ""


@dataclass(frozen=True, slots=True)
class By:
    """Who did it: a person, a site's shared link, or the service itself (all None); and on whose behalf."""

    person_id: str | None = None
    site_id: str | None = None
    on_behalf_of: str | None = None


@dataclass(frozen=True, slots=True)
class LogId:
    """A log: one origin node, one meeting, one epoch (a restored backup starts a new epoch)."""

    origin: str
    meeting_id: str
    epoch: int


class Body:
    """Base of all fact bodies; the class name is the ``type`` on the wire."""

    __slots__ = ()
    personal: ClassVar[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Fact:
    """A body in its place: durable, hash-chained, ready to be told."""

    id: str
    log: LogId
    seq: int  # 1, 2, 3 … inside the log
    prev_hash: str  # hex SHA-256 of the fact before; 64 zeros for the first
    at: str  # RFC 3339 UTC, milliseconds
    by: By
    body: Body
    hash: str
    clock_offset_ms: int = 0  # measured offset of the origin's clock; shown, never applied
    schema: int = 1
    salt: str | None = None  # hex, 16 bytes, of the commitments; None: nothing personal here, or erased
    commitments: Mapping[str, str] = field(default_factory=dict)  # personal field → hex SHA-256

    @property
    def is_erased(self) -> bool:
        """Its personal content is gone; the body holds empty values in its place."""
        return self.salt is None and bool(self.commitments)


# -- meeting ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TestingOpened(Body):
    """The room is open for tests: media flows, nothing is recorded or minuted."""

    expected_site_ids: tuple[str, ...]
    chair_person_id: str
    chair_site_id: str
    secretary_person_id: str
    mode: Mode
    item_ids: tuple[str, ...]  # the agenda, in order


@dataclass(frozen=True, slots=True)
class Convened(Body):
    """The chair began the meeting."""


@dataclass(frozen=True, slots=True)
class Suspended(Body):
    """Tạm nghỉ."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Resumed(Body):
    """Họp tiếp."""


@dataclass(frozen=True, slots=True)
class Adjourned(Body):
    """The meeting ended."""


@dataclass(frozen=True, slots=True)
class ModeChanged(Body):
    mode: Mode


@dataclass(frozen=True, slots=True)
class ChairHandedOver(Body):
    """From now on this person, at this site, chairs."""

    person_id: str
    site_id: str


@dataclass(frozen=True, slots=True)
class SecretaryAppointed(Body):
    person_id: str


# -- presence -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SiteJoined(Body):
    """A site's publishing peer is connected."""

    site_id: str
    connection_id: str


@dataclass(frozen=True, slots=True)
class SiteLeft(Body):
    """That connection ended; a later connection of the same site is another presence."""

    site_id: str
    connection_id: str
    reason: LeaveReason


@dataclass(frozen=True, slots=True)
class HeadCountReported(Body):
    """The site says who is there."""

    personal: ClassVar[frozenset[str]] = frozenset({"people"})
    site_id: str
    head_count: int
    people: tuple[Somebody, ...] = ()


@dataclass(frozen=True, slots=True)
class AttendanceConfirmed(Body):
    """The secretary confirms a site present (at the roll call or afterwards)."""

    site_id: str


@dataclass(frozen=True, slots=True)
class AbsenceExcused(Body):
    """Absent, with leave; without a reason the absence is unexcused (``excused`` False)."""

    site_id: str
    excused: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DeputyAccepted(Body):
    """Somebody attends in the place of the one invited."""

    personal: ClassVar[frozenset[str]] = frozenset({"deputy"})
    site_id: str
    deputy: Somebody


@dataclass(frozen=True, slots=True)
class RollCalled(Body):
    """The roll at one moment; every expected site is in exactly one of the three."""

    present: tuple[str, ...]
    excused: tuple[str, ...]
    absent: tuple[str, ...]


# -- agenda -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ItemOpened(Body):
    """The item is being discussed; the one open before is closed by its own fact first."""

    item_id: str


@dataclass(frozen=True, slots=True)
class ItemClosed(Body):
    item_id: str


@dataclass(frozen=True, slots=True)
class ItemPostponed(Body):
    item_id: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AgendaAmended(Body):
    """The order and set of items from now on."""

    item_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PaperShown(Body):
    """This page of this paper is on everybody's screen; ``paper_id`` None takes it away."""

    paper_id: str | None
    page: int = 1  # from 1


# -- floor (RFC 8855 words) ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FloorRequested(Body):
    personal: ClassVar[frozenset[str]] = frozenset({"speaker"})
    request_id: str
    site_id: str
    kind: RequestKind = "speech"
    speaker: Somebody | None = None


@dataclass(frozen=True, slots=True)
class FloorWithdrawn(Body):
    """The site took its request back."""

    request_id: str


@dataclass(frozen=True, slots=True)
class FloorGranted(Body):
    """One action: this site is on air with picture and sound, the others' microphones are closed, its clock runs."""

    speech_id: str
    site_id: str
    request_id: str | None = None  # None: called by the chair without a request
    limit_s: int = 0  # 0: no limit


@dataclass(frozen=True, slots=True)
class FloorRevoked(Body):
    """The chair ended the speech."""

    speech_id: str


@dataclass(frozen=True, slots=True)
class FloorReturned(Body):
    """The site said: Đã phát biểu xong (or its connection ended for good)."""

    speech_id: str


@dataclass(frozen=True, slots=True)
class RequestReordered(Body):
    """The queue's order from now on; ``put_off`` requests stand behind the others."""

    request_ids: tuple[str, ...]
    put_off: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SpeakerNamed(Body):
    """Who speaks at the site, picked during or after the speech."""

    personal: ClassVar[frozenset[str]] = frozenset({"speaker"})
    speech_id: str
    speaker: Somebody


@dataclass(frozen=True, slots=True)
class TimeExtended(Body):
    speech_id: str
    by_s: int


# -- floor over levels --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RequestsMerged(Body):
    """One speaks for several: these requests stand with that one, and are answered or done with as it is."""

    request_id: str
    merged: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RequestAnswered(Body):
    """Answered in words instead of with the floor; the request leaves the queue."""

    request_id: str
    text: str


@dataclass(frozen=True, slots=True)
class RequestJoined(Body):
    """In a room above another request speaks for this one, which waits there with it."""

    request_id: str
    site_name: str  # of whoever speaks for it


@dataclass(frozen=True, slots=True)
class RequestSpoken(Body):
    """Whoever speaks for it has the floor in a room above: this request is done with."""

    request_id: str


@dataclass(frozen=True, slots=True)
class FloorForwarded(Body):
    """The request goes up to the room above; it stays in the queue here, and its way is seen."""

    request_id: str
    meeting_id: str  # of the room above


@dataclass(frozen=True, slots=True)
class ForwardFollowed(Body):
    """What became of it there: in the queue, could not be handed over, or no longer there (it is ours again)."""

    request_id: str
    status: ForwardStatus


@dataclass(frozen=True, slots=True)
class FloorClimbed(Body):
    """A request came up from a room below; it keeps its id at all levels."""

    personal: ClassVar[frozenset[str]] = frozenset({"speaker"})
    request_id: str
    site_id: str
    kind: RequestKind
    meeting_id: str  # the room below through which it came
    site_name: str
    path: tuple[str, ...]  # units it passed, the asking one first
    asked_at: str
    speaker: Somebody | None = None


# -- link ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LinkOpened(Body):
    """This room and another one are linked; ``side`` is where the other one is."""

    meeting_id: str
    side: LinkSide
    node: str  # that holds it; empty: this installation
    title: str


@dataclass(frozen=True, slots=True)
class LinkLost(Body):
    """Nothing is heard of the other room any more; each goes on by itself."""

    meeting_id: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LinkRestored(Body):
    meeting_id: str
    lost_s: int


@dataclass(frozen=True, slots=True)
class CaughtUp(Body):
    """All that was said there while the link was lost is here: above, what was missed; below, what it did."""

    meeting_id: str
    missed_s: int
    items: tuple[str, ...]  # ids of the items that were opened there meanwhile
    speeches: int
    facts: int


@dataclass(frozen=True, slots=True)
class LinkClosed(Body):
    """One of the two rooms ended, or left the linked meeting."""

    meeting_id: str


@dataclass(frozen=True, slots=True)
class ChairLent(Body):
    """A site of a room below has the chair from now on, until it comes back: the person who is logged in there.

    ``person_id`` is as the room below knows him; of another installation it ends in ``@`` and that node's id, so that
    it never means somebody here.
    """

    personal: ClassVar[frozenset[str]] = frozenset({"chair"})
    person_id: str
    site_id: str
    meeting_id: str  # of the room directly below, through which he is reached
    site_name: str
    chair: Somebody


@dataclass(frozen=True, slots=True)
class ChairBorrowed(Body):
    """The room above lent its chair to a site of this room, or of a room below it (``through``)."""

    personal: ClassVar[frozenset[str]] = frozenset({"chair"})
    person_id: str
    site_id: str
    meeting_id: str  # of the room above
    through: str | None
    chair: Somebody


@dataclass(frozen=True, slots=True)
class ChairGivenBack(Body):
    """The chair of the room above is there again, or is lent to somebody else."""

    meeting_id: str


@dataclass(frozen=True, slots=True)
class DeputyPresided(Body):
    """Somebody chairs in the place of a chair who is cut off; ``meeting_id`` names the link that was lost.

    Cut off from the room above: the deputy. Cut off from the room below that had the chair: the deputy, or who lent it.
    """

    person_id: str
    site_id: str
    meeting_id: str


@dataclass(frozen=True, slots=True)
class ChairResumed(Body):
    """The link is back, or the chair came in: he chairs again."""

    person_id: str
    site_id: str


@dataclass(frozen=True, slots=True)
class ProgramLeft(Body):
    """This room leaves the program of the room above, for a discussion of its own."""

    meeting_id: str


@dataclass(frozen=True, slots=True)
class ProgramRejoined(Body):
    meeting_id: str


# -- room ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ChatPosted(Body):
    personal: ClassVar[frozenset[str]] = frozenset({"name", "text"})
    message_id: str
    site_id: str | None
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class RecordingStarted(Body):
    recording_id: str


@dataclass(frozen=True, slots=True)
class RecordingPaused(Body):
    recording_id: str


@dataclass(frozen=True, slots=True)
class RecordingResumed(Body):
    recording_id: str


@dataclass(frozen=True, slots=True)
class RecordingInterrupted(Body):
    """Nothing could be written from ``from_at`` on (worker died, disk full); the meeting went on."""

    recording_id: str
    from_at: str
    cause: str  # "worker" | "disk"


@dataclass(frozen=True, slots=True)
class RecordingStopped(Body):
    recording_id: str


@dataclass(frozen=True, slots=True)
class RecordingSealed(Body):
    """The archive file exists and has this SHA-256; appended after the meeting."""

    recording_id: str
    sha256: str
    duration_ms: int


@dataclass(frozen=True, slots=True)
class PresentationStarted(Body):
    """A site (or the secretary: site of the chair) shares a screen."""

    site_id: str


@dataclass(frozen=True, slots=True)
class PresentationStopped(Body):
    site_id: str


# -- outcome ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ConclusionRecorded(Body):
    """A conclusion of the chair; the same id again replaces the text."""

    conclusion_id: str
    item_id: str | None
    text: str


@dataclass(frozen=True, slots=True)
class TaskAssigned(Body):
    """What is to be done, by whom, with whom, by when (``due`` is a date, ISO 8601); same id again replaces."""

    task_id: str
    item_id: str | None
    what: str
    lead_unit_id: str
    with_unit_ids: tuple[str, ...] = ()
    due: str | None = None


@dataclass(frozen=True, slots=True)
class Corrected(Body):
    """Đính chính: what the log says of ``field`` of fact ``fact_id`` was wrong; old and new values are JSON text."""

    personal: ClassVar[frozenset[str]] = frozenset({"old", "new"})
    fact_id: str
    field: str
    old: str
    new: str
    reason: str


BODIES: dict[str, type[Body]] = {cls.__name__: cls for cls in Body.__subclasses__()}
"""Every fact type by its name on the wire."""
