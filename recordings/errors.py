"""Errors of the package, one tree; ``web`` alone turns them into status codes. Messages are for people, in Vietnamese.

RecordingsError
├── CallerMistake                 the one who asked can mend it
│   ├── BadInput                  a field is wrong (``fields``: name → what is wrong)
│   ├── NotAllowed                somebody else may do it
│   ├── NotFound                  not there, or not to be seen
│   ├── Conflict                  wrong moment, stale revision, duplicate (``detail`` for the screen)
│   ├── TooLarge
│   └── WrongType
├── OutsideMistake                a file or system from outside is broken, hostile or unreachable
│   └── NotAPacketLog
└── OurFailure                    disk full, store damaged, renderer died
    ├── TapFailed, NothingRecorded, JobFailed       capture
    └── StorageFull, Damaged
"""

from __future__ import annotations

from typing import Any


class RecordingsError(Exception):
    """Base of all errors of ``recordings``: a stable ``code`` for programs, a message for people."""

    code = "error"

    def __init__(self, message: str, *, code: str | None = None, detail: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.detail = detail or {}


class CallerMistake(RecordingsError):
    code = "bad_request"


class BadInput(CallerMistake):
    code = "bad_input"

    def __init__(self, message: str, fields: dict[str, str] | None = None, *, code: str | None = None) -> None:
        super().__init__(message, code=code, detail=dict(fields or {}))


class NotAllowed(CallerMistake):
    code = "not_allowed"


class NotFound(CallerMistake):
    code = "not_found"


class Conflict(CallerMistake):
    code = "conflict"


class TooLarge(CallerMistake):
    code = "too_large"


class WrongType(CallerMistake):
    code = "wrong_type"


class OutsideMistake(RecordingsError):
    code = "outside"


class OurFailure(RecordingsError):
    code = "failure"


class StorageFull(OurFailure):
    code = "storage_full"


class Damaged(OurFailure):
    """What lies in the store is not what was put there."""

    code = "damaged"


# -- capture: read by technicians and logs; the screen shows the recording's state instead ----------------------


class NotAPacketLog(OutsideMistake):
    """The file does not begin with a whole packet log header of a version we know."""

    code = "not_a_packet_log"


class TapFailed(OurFailure):
    """Nothing more can be written of this part; the meeting goes on and a new part may be tried."""

    code = "tap_failed"

    def __init__(self, message: str, *, cause: str = "disk", from_ns: int | None = None) -> None:
        super().__init__(message)
        self.cause = cause  # as in RecordingInterrupted
        self.from_ns = from_ns  # CLOCK_REALTIME of the first packet that is not on disk, if known


class NothingRecorded(OurFailure):
    """There is no packet log, or none of its packets can be shown."""

    code = "nothing_recorded"


class JobFailed(OurFailure):
    """A finishing job ended without its file; it may be run again."""

    code = "job_failed"
