"""Errors of the proceedings.

ProceedingsError
├── Refused            the caller may not, or not now: says who may and what is missing
├── Malformed          text from outside is no fact, state or command
│   └── UnknownType    well-formed, but of a type this version does not know
└── LogError           ours, or the machine's
    ├── LeaseHeld      another server writes to this database
    ├── LeaseLost      another server has taken over since
    ├── WrongSequence  the log has moved on under us
    └── UnknownMeeting a fact about the stage of a meeting that is not in the database
"""

from __future__ import annotations

from datetime import datetime


class ProceedingsError(Exception):
    pass


class Refused(ProceedingsError):
    """A command that may not be carried out; ``who`` names the roles that may, ``detail`` what is missing."""

    def __init__(self, code: str, who: tuple[str, ...] = (), detail: str = "") -> None:
        super().__init__(f"{code} {detail}".strip())
        self.code = code
        self.who = who
        self.detail = detail


class Malformed(ProceedingsError):
    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"{where}: {problem}")
        self.where = where
        self.problem = problem


class UnknownType(Malformed):
    pass


class LogError(ProceedingsError):
    pass


class LeaseHeld(LogError):
    def __init__(self, holder: str, until: datetime) -> None:
        super().__init__(f"another server ({holder}) writes to this database; its lease runs until {until.isoformat()}")
        self.holder = holder
        self.until = until


class LeaseLost(LogError):
    def __init__(self, token: int) -> None:
        super().__init__(f"the lease with token {token} was taken over by another server")
        self.token = token


class WrongSequence(LogError):
    def __init__(self, meeting_id: str, expected: int) -> None:
        super().__init__(f"the log of meeting {meeting_id} no longer ends at {expected}")
        self.meeting_id = meeting_id
        self.expected = expected


class UnknownMeeting(LogError):
    def __init__(self, meeting_id: str) -> None:
        super().__init__(f"no meeting {meeting_id}")
        self.meeting_id = meeting_id
