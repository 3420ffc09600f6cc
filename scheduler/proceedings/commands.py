"""Commands: what a participant asks for, in the imperative; strictly read from a name and arguments.

The names on the wire are those of ``web/signalling/PROTOCOL.md``: ``grant_floor`` is :class:`GrantFloor`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from scheduler.proceedings.encoding import from_plain
from scheduler.proceedings.errors import Malformed, Refused
from scheduler.proceedings.facts import Mode, RequestKind, Somebody


class Command:
    """Base of all commands."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class OpenTesting(Command):
    pass


@dataclass(frozen=True, slots=True)
class Convene(Command):
    pass


@dataclass(frozen=True, slots=True)
class Suspend(Command):
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Resume(Command):
    pass


@dataclass(frozen=True, slots=True)
class Adjourn(Command):
    pass


@dataclass(frozen=True, slots=True)
class ChangeMode(Command):
    mode: Mode


@dataclass(frozen=True, slots=True)
class HandOverChair(Command):
    person_id: str
    site_id: str


@dataclass(frozen=True, slots=True)
class LendChair(Command):
    site_id: str


@dataclass(frozen=True, slots=True)
class ReturnChair(Command):
    pass


@dataclass(frozen=True, slots=True)
class AppointSecretary(Command):
    person_id: str


@dataclass(frozen=True, slots=True)
class ReportHeadCount(Command):
    head_count: int
    people: tuple[Somebody, ...] = ()
    site_id: str | None = None


@dataclass(frozen=True, slots=True)
class ConfirmAttendance(Command):
    site_id: str


@dataclass(frozen=True, slots=True)
class ExcuseAbsence(Command):
    site_id: str
    excused: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AcceptDeputy(Command):
    site_id: str
    deputy: Somebody


@dataclass(frozen=True, slots=True)
class CallRoll(Command):
    pass


@dataclass(frozen=True, slots=True)
class OpenItem(Command):
    item_id: str


@dataclass(frozen=True, slots=True)
class CloseItem(Command):
    item_id: str


@dataclass(frozen=True, slots=True)
class PostponeItem(Command):
    item_id: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AmendAgenda(Command):
    item_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShowPaper(Command):
    paper_id: str | None
    page: int = 1


@dataclass(frozen=True, slots=True)
class RequestFloor(Command):
    kind: RequestKind = "speech"
    speaker: Somebody | None = None


@dataclass(frozen=True, slots=True)
class WithdrawRequest(Command):
    request_id: str


@dataclass(frozen=True, slots=True)
class GrantFloor(Command):
    site_id: str
    request_id: str | None = None
    limit_s: int | None = None


@dataclass(frozen=True, slots=True)
class GrantNext(Command):
    pass


@dataclass(frozen=True, slots=True)
class PutOff(Command):
    request_id: str


@dataclass(frozen=True, slots=True)
class Reorder(Command):
    request_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReturnFloor(Command):
    pass


@dataclass(frozen=True, slots=True)
class RevokeFloor(Command):
    pass


@dataclass(frozen=True, slots=True)
class ExtendTime(Command):
    by_s: int


@dataclass(frozen=True, slots=True)
class NameSpeaker(Command):
    speech_id: str
    speaker: Somebody


@dataclass(frozen=True, slots=True)
class StartPresentation(Command):
    site_id: str | None = None


@dataclass(frozen=True, slots=True)
class StopPresentation(Command):
    site_id: str | None = None


@dataclass(frozen=True, slots=True)
class PostChat(Command):
    text: str


@dataclass(frozen=True, slots=True)
class StartRecording(Command):
    pass


@dataclass(frozen=True, slots=True)
class PauseRecording(Command):
    pass


@dataclass(frozen=True, slots=True)
class ResumeRecording(Command):
    pass


@dataclass(frozen=True, slots=True)
class RecordConclusion(Command):
    text: str
    item_id: str | None = None
    conclusion_id: str | None = None


@dataclass(frozen=True, slots=True)
class AssignTask(Command):
    what: str
    lead_unit_id: str
    item_id: str | None = None
    with_unit_ids: tuple[str, ...] = ()
    due: str | None = None
    task_id: str | None = None


@dataclass(frozen=True, slots=True)
class CloseMicrophones(Command):
    pass


@dataclass(frozen=True, slots=True)
class RemoveParticipant(Command):
    site_id: str
    connection_id: str | None = None


@dataclass(frozen=True, slots=True)
class MergeRequests(Command):
    request_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ForwardRequest(Command):
    request_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnswerRequest(Command):
    request_id: str
    text: str


@dataclass(frozen=True, slots=True)
class LeaveProgram(Command):
    pass


@dataclass(frozen=True, slots=True)
class RejoinProgram(Command):
    pass


def name_of(cls: type[Command]) -> str:
    """``GrantFloor`` → ``grant_floor``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


COMMANDS: dict[str, type[Command]] = {name_of(cls): cls for cls in Command.__subclasses__()}
"""Every command by its name on the wire."""


def parse(name: Any, args: Any) -> Command:
    """The command of a message; an unknown name or wrong arguments are refused with what is wrong."""
    if not isinstance(name, str) or name not in COMMANDS:
        raise Refused("bad_arguments", detail=f"no command {str(name)[:40]!r}")
    try:
        return from_plain(COMMANDS[name], args, name)
    except Malformed as error:
        raise Refused("bad_arguments", detail=str(error)) from error
