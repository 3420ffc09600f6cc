"""Errors of the web package. The tree:

WebError
├── Refused            the caller's mistake
│   ├── NotLoggedIn · BadCredentials · PasswordChangeNeeded
│   ├── NotAllowed · ForeignOrigin · BadCsrfToken · TlsNeeded
│   ├── NotFound · Stale · WrongStage · Duplicate
│   ├── BadInput · TooLarge · WrongType
│   └── TooManyAttempts
├── Unreachable        a media worker, the mail server or the store does not answer
└── Broken             our own failure
"""

from __future__ import annotations

from typing import Any


class WebError(Exception):
    """Any error of this package; ``code`` is what the wire and the message table know it by."""

    code = "broken"

    def __init__(self, code: str | None = None, *, detail: dict[str, Any] | None = None, **values: object) -> None:
        self.code = code or type(self).code
        self.detail = detail
        self.values = values
        super().__init__(self.code, values)


class Refused(WebError):
    """The caller's mistake."""

    code = "refused"


class NotLoggedIn(Refused):
    """No session, or one that has ended."""

    code = "not_logged_in"


class BadCredentials(Refused):
    """Unknown login or wrong password; never says which."""

    code = "bad_credentials"


class PasswordChangeNeeded(Refused):
    """The account's password was set by somebody else and must be changed first."""

    code = "password_change_needed"


class NotAllowed(Refused):
    """Logged in, but not entitled."""

    code = "not_allowed"


class ForeignOrigin(Refused):
    """A changing request or a socket that another site started."""

    code = "foreign_origin"


class BadCsrfToken(Refused):
    """A changing request without this session's token."""

    code = "bad_csrf_token"


class TlsNeeded(Refused):
    """Browsers give no camera to this address: it is neither https nor localhost."""

    code = "tls_needed"


class NotFound(Refused):
    """Not there, or not to be seen."""

    code = "not_found"


class Stale(Refused):
    """Somebody changed it meanwhile; ``detail`` may carry the newer state."""

    code = "stale"


class WrongStage(Refused):
    """Right request, wrong moment."""

    code = "wrong_stage"


class Duplicate(Refused):
    """There is one like it already."""

    code = "duplicate"


class BadInput(Refused):
    """Fields that cannot be; ``detail`` maps field to message."""

    code = "bad_input"


class TooLarge(Refused):
    """More bytes than the limit."""

    code = "too_large"


class WrongType(Refused):
    """A file whose content is none of the accepted types."""

    code = "wrong_type"


class TooManyAttempts(Refused):
    """Too many failures; ``retry_after_s`` says when to come back."""

    code = "too_many_attempts"

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(seconds=retry_after_s)
        self.retry_after_s = retry_after_s


class Unreachable(WebError):
    """Something outside this process does not answer."""

    code = "unreachable"


class Broken(WebError):
    """Our own failure."""

    code = "broken"
