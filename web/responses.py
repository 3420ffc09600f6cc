"""Errors on the wire: the only place that knows status codes.

The error trees of scheduler, sfu, recordings and web share the names of their branches; the status is that of the most
special class that is named here. Texts come from ``web.api.messages`` by code, in the language of whoever asked.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm.exc import StaleDataError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from recordings.errors import RecordingsError
from scheduler.database import DatabaseAway
from scheduler.errors import LinkRefused, SchedulerError
from scheduler.proceedings.errors import ProceedingsError
from web.api.messages import field_text, text
from web.errors import BadInput, NotFound, Stale, TooManyAttempts, Unreachable, WebError
from web.live.errors import LiveError
from web.media.errors import MediaError

STATUS: Mapping[str, int] = {
    "NotLoggedIn": 401,
    "BadCredentials": 401,
    "TicketRefused": 401,
    "PasswordChangeNeeded": 403,
    "NotAllowed": 403,
    "ForeignOrigin": 403,
    "BadCsrfToken": 403,
    "TlsNeeded": 403,
    "NotFound": 404,
    "LinkRefused": 404,
    "UnknownMeeting": 404,
    "NoEntry": 404,
    "Stale": 409,
    "WrongStage": 409,
    "Duplicate": 409,
    "Conflict": 409,
    "TooLarge": 413,
    "WrongType": 415,
    "SecretRefused": 422,
    "Invalid": 422,
    "BadInput": 422,
    "TooManyAttempts": 429,
    # the branches
    "Refused": 409,
    "CallerMistake": 400,
    "OutsideMistake": 502,
    "OutsideFailure": 502,
    "Unreachable": 503,
    "MediaUnavailable": 503,
    "Closing": 503,
    "LogError": 503,
    "MeetingOver": 409,
    "Malformed": 422,
    "StorageFull": 507,
    "OurFailure": 500,
    "Broken": 500,
}
_OF_HTTP = {404: "not_found", 405: "method_not_allowed", 413: "too_large", 415: "wrong_type"}

log = structlog.get_logger("web.responses")


def status_of(error: Exception) -> int:
    """The status code of an error of any of our trees."""
    if getattr(error, "code", "") == "not_allowed":
        return 403
    return next((STATUS[cls.__name__] for cls in type(error).__mro__ if cls.__name__ in STATUS), 500)


def language_of_headers(headers: Mapping[str, str], default: str) -> str:
    """Vietnamese or English, by the first of the two that Accept-Language names."""
    for part in headers.get("accept-language", "").split(","):
        primary = part.split(";")[0].strip().lower().split("-")[0]
        if primary in {"vi", "en"}:
            return primary
    return default


def language_of(request: Request) -> str:
    """The session's choice, else the browser's, else the installation's."""
    chosen: str | None = getattr(request.state, "language", None)
    return chosen or language_of_headers(request.headers, request.app.state.services.settings.language)


def body_of(error: Exception, language: str) -> dict[str, Any]:
    """The JSON of an error; also what a socket's refusal is made from."""
    code = code_of(error)
    values: Mapping[str, Any] = getattr(error, "values", {})
    answer: dict[str, Any] = {"code": code, "message": text(code, language, values, _own_text(error))}
    detail = _detail(error, language)
    if detail:
        answer["detail"] = detail
    return answer


def code_of(error: Exception) -> str:
    """The error's own code, or that of its class or branch; a link's says what is wrong with it."""
    if isinstance(error, LinkRefused):
        return f"link_{error.state}"
    own = getattr(error, "code", None)
    return str(own) if own else _CODES.get(status_of(error), "broken")


_CODES = {404: "not_found", 409: "refused", 422: "bad_input", 502: "outside_failure", 503: "unreachable"}


def _own_text(error: Exception) -> str:
    """What an error of recordings says itself: those are written for people."""
    return error.message if isinstance(error, RecordingsError) else ""


def _detail(error: Exception, language: str) -> dict[str, Any] | None:
    fields = getattr(error, "fields", None)
    if isinstance(fields, Mapping):
        return {name: field_text(str(code), language) for name, code in fields.items()}
    detail = getattr(error, "detail", None)
    if isinstance(error, BadInput) and isinstance(detail, Mapping):
        return {name: field_text(str(code), language, error.values) for name, code in detail.items()}
    if isinstance(detail, Mapping) and detail:
        return dict(detail)
    if isinstance(error, SchedulerError):
        return {name: value for name, value in error.values.items() if name in _TOLD} or None
    return None


_TOLD = frozenset({"who", "stage", "state", "contact_phone", "current", "field"})


def error_response(error: Exception, language: str) -> JSONResponse:
    headers = {"retry-after": str(error.retry_after_s)} if isinstance(error, TooManyAttempts) else None
    return JSONResponse({"error": body_of(error, language)}, status_of(error), headers)


def _validation(error: RequestValidationError, language: str) -> JSONResponse:
    fields: dict[str, str] = {}
    for item in error.errors():
        name = ".".join(str(part) for part in item["loc"] if part not in {"body", "query", "path"}) or "body"
        fields.setdefault(name, field_text(item["type"], language, item.get("ctx") or {}))
    body = {"code": "bad_input", "message": text("bad_input", language, {}), "detail": fields}
    return JSONResponse({"error": body}, 422)


def install(app: FastAPI) -> None:
    """Every error of ours, of the framework and of the database is answered in the one form."""

    async def ours(request: Request, error: Exception) -> JSONResponse:
        if status_of(error) >= 500:
            log.error("failed", code=getattr(error, "code", ""), exc_info=error)
        return error_response(error, language_of(request))

    async def invalid(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it alone
        return _validation(error, language_of(request))

    async def of_framework(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)  # noqa: S101 - registered for it alone
        code = _OF_HTTP.get(error.status_code, "bad_request")
        body = {"code": code, "message": text(code, language_of(request), {})}
        return JSONResponse({"error": body}, error.status_code, error.headers)

    async def stale(request: Request, _error: Exception) -> JSONResponse:
        return error_response(Stale(), language_of(request))

    async def database(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, DBAPIError)  # noqa: S101 - registered for it alone
        if _is_bad_text(error):
            return error_response(NotFound(), language_of(request))
        log.error("database", exc_info=error)
        if _is_full(error):
            body = {"code": "storage_full", "message": text("storage_full", language_of(request), {})}
            return JSONResponse({"error": body}, 507)
        return error_response(Unreachable("database_unreachable"), language_of(request))

    async def unexpected(request: Request, error: Exception) -> JSONResponse:
        log.error("unexpected", exc_info=error)
        return JSONResponse({"error": {"code": "broken", "message": text("broken", language_of(request), {})}}, 500)

    for tree in (WebError, SchedulerError, ProceedingsError, RecordingsError, MediaError, LiveError):
        app.add_exception_handler(tree, ours)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, of_framework)
    app.add_exception_handler(StaleDataError, stale)
    app.add_exception_handler(DBAPIError, database)
    app.add_exception_handler(OSError, _of_system)
    app.add_exception_handler(Exception, unexpected)


def _is_bad_text(error: DBAPIError) -> bool:
    """PostgreSQL refuses NUL in text: nothing can be found under such a name."""
    return "UntranslatableCharacter" in str(error.orig) or "invalid byte sequence" in str(error.orig)


def _is_full(error: DBAPIError) -> bool:
    """SQLite's words, and PostgreSQL's class of error."""
    return "disk is full" in str(error.orig) or getattr(error.orig, "sqlstate", None) == "53100"


async def _of_system(request: Request, error: Exception) -> JSONResponse:
    """What is away, or full."""
    log.error("outside", exc_info=error)
    if isinstance(error, DatabaseAway):
        return error_response(Unreachable("database_unreachable"), language_of(request))
    is_full = getattr(error, "errno", None) == errno.ENOSPC
    code, status = ("storage_full", 507) if is_full else ("unreachable", 503)
    return JSONResponse({"error": {"code": code, "message": text(code, language_of(request), {})}}, status)
