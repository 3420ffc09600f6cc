"""Errors as encoders and pages of other origins read them: problem details (RFC 9457) under open CORS.

No cookie is ever looked at here, so an open CORS gives nobody anything that the ticket does not.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from fastapi import Request
from fastapi.routing import APIRoute
from starlette.responses import JSONResponse, Response

from web.errors import TooManyAttempts
from web.responses import body_of, code_of, language_of, status_of

log = structlog.get_logger("web.doors")

CORS = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "Location, ETag, Link, Accept-Patch, Retry-After, WWW-Authenticate",
    "cross-origin-resource-policy": "cross-origin",
}
PREFLIGHT = {
    "access-control-allow-methods": "POST, PATCH, DELETE, OPTIONS",
    "access-control-allow-headers": "Authorization, Content-Type, If-Match",
    "access-control-max-age": "86400",
}
STATUS = {
    "ticket_missing": 401,
    "ticket_unknown": 401,
    "ticket_revoked": 401,
    "ticket_expired": 401,
    "ticket_other": 403,
    "bad_offer": 400,
    "no_codec": 400,
    "bad_fragment": 400,
    "wrong_content": 415,
    "condition_missing": 428,
    "condition_failed": 412,
    "occupied": 409,
    "full": 503,
    "too_many_players": 503,
    "no_media": 503,
    "busy": 503,
}
RETRY_AFTER_S = {"wrong_stage": 10, "full": 30, "too_many_players": 30, "no_media": 2, "busy": 2, "occupied": 10}


def problem(error: Exception, language: str) -> Response:
    """The error as problem details; ``code`` is the API's, ``detail`` says what is wrong with an offer."""
    body = body_of(error, language)
    code = f"ticket_{error.state}" if code_of(error) == "ticket_refused" and hasattr(error, "state") else body["code"]
    status = STATUS.get(code, status_of(error))
    answer: dict[str, Any] = {"type": "about:blank", "title": body["message"], "status": status, "code": code}
    if detail := _detail(error, body):
        answer["detail"] = detail
    headers = dict(CORS)
    if status == 401:
        headers["www-authenticate"] = 'Bearer realm="giaoban"'
    wait_s = error.retry_after_s if isinstance(error, TooManyAttempts) else RETRY_AFTER_S.get(code)
    if wait_s is not None:
        headers["retry-after"] = str(wait_s)
    return JSONResponse(answer, status, headers, media_type="application/problem+json")


def _detail(error: Exception, body: dict[str, Any]) -> str:
    """In words: what the worker said of an offer, or what is wrong with a fragment."""
    own = getattr(error, "detail", None)
    if isinstance(own, str):
        return own
    told = body.get("detail")
    return str(told.get("reason", "")) if isinstance(told, dict) else ""


class DoorRoute(APIRoute):
    """Every answer of these endpoints, refusals too, in the form above."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        handle = super().get_route_handler()

        async def handle_door(request: Request) -> Response:
            try:
                response = await handle(request)
            except Exception as error:
                answer = problem(error, language_of(request))
                if answer.status_code >= 500 and answer.status_code != 503:
                    log.error("failed", exc_info=error)
                return answer
            for name, value in CORS.items():
                response.headers.setdefault(name, value)
            return response

        return handle_door
