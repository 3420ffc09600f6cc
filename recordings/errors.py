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
    └── OurFailure                    disk full, store damaged, renderer died
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
