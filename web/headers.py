"""Security headers on every answer: strict CSP (no inline, no foreign origin), no framing, no sniffing, no referrer."""

from __future__ import annotations

import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HOST = re.compile(r"[A-Za-z0-9.\-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?")

PERMISSIONS = (
    "camera=(self), microphone=(self), display-capture=(self), fullscreen=(self), screen-wake-lock=(self), "
    "autoplay=(self), clipboard-write=(self), speaker-selection=(self), geolocation=(), payment=(), usb=(), "
    "serial=(), midi=()"
)


def content_security_policy(host: str) -> str:
    """The policy of pages: ``host`` names our own WebSocket for browsers whose 'self' does not cover it."""
    sockets = f" ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' blob: data:; "
        f"media-src 'self' blob:; connect-src 'self'{sockets}; worker-src 'self' blob:; manifest-src 'self'; "
        "frame-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


class SecurityHeaders:
    """ASGI middleware; a header that an endpoint has set itself (a sandboxed document) stays."""

    def __init__(self, app: ASGIApp, *, has_tls: bool) -> None:
        self._app = app
        self._has_tls = has_tls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        host = Headers(scope=scope).get("host", "")

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add(MutableHeaders(scope=message), scope["path"], host)
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _add(self, headers: MutableHeaders, path: str, host: str) -> None:
        headers.setdefault("content-security-policy", content_security_policy(host))
        headers.setdefault("cross-origin-opener-policy", "same-origin")
        headers.setdefault("cross-origin-resource-policy", "same-origin")
        headers.setdefault("x-content-type-options", "nosniff")
        headers.setdefault("x-frame-options", "DENY")
        headers.setdefault("referrer-policy", "no-referrer" if path.startswith("/j/") else "same-origin")
        headers.setdefault("permissions-policy", PERMISSIONS)
        if path.startswith("/api/"):
            headers.setdefault("cache-control", "no-store")
        if self._has_tls:
            headers.setdefault("strict-transport-security", "max-age=31536000")
