"""No request body larger than its limit: refused by its Content-Length, or cut off where it passes the limit."""

from __future__ import annotations

from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.errors import TooLarge
from web.responses import error_response, language_of_headers

JSON_LIMIT = 1024 * 1024


class BodyLimit:
    """ASGI middleware; ``limit_of(path)`` gives the bytes that a request to that path may have."""

    def __init__(self, app: ASGIApp, *, limit_of: Callable[[str], int]) -> None:
        self._app = app
        self._limit_of = limit_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._limit_of(scope["path"])
        headers = Headers(scope=scope)
        refusal = error_response(TooLarge(megabytes=limit // 2**20), language_of_headers(headers, "vi"))
        declared = headers.get("content-length", "0")
        if declared.isdigit() and int(declared) > limit:
            await refusal(scope, receive, send)
            return
        received = 0
        has_answered = False

        async def receive_limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise TooLarge(megabytes=limit // 2**20)
            return message

        async def send_or_refuse(message: Message) -> None:
            """Whatever the framework makes of a body that was cut off: the answer is ours."""
            nonlocal has_answered
            if received <= limit:
                await send(message)
            elif not has_answered:
                has_answered = True
                await refusal(scope, receive, send)

        await self._app(scope, receive_limited, send_or_refuse)
