"""Somebody who uses the service over HTTP, without a browser: logs in or opens a site's link, and calls the API."""

from __future__ import annotations

import ssl
from types import TracebackType
from typing import Any, Self

import httpx


class VisitFailed(Exception):
    """The server said no; the text says to what, and what it said."""


class Visitor:
    """One cookie jar: ``login`` or ``enter_by_link``, then ``get``, ``post``, ``put``: JSON, checked."""

    def __init__(self, url: str, verify: ssl.SSLContext | bool = True) -> None:
        self.url = url
        if verify is True and url.startswith("http:"):
            verify = False  # nothing to verify: reading all public authorities costs more than the visit
        self.http = httpx.AsyncClient(base_url=url, verify=verify, timeout=60, headers={"Origin": url})
        self.session: dict[str, Any] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.http.aclose()

    async def login(self, login: str, password: str) -> Self:
        await self._begin("/api/session", {"login": login, "password": password})
        return self

    async def enter_by_link(self, link: str) -> Self:
        """Enter with a site's link, whole or only its token."""
        await self._begin("/api/session/site", {"token": link.rsplit("/", 1)[-1]})
        return self

    async def _begin(self, path: str, body: dict[str, Any]) -> None:
        answer = await self.http.post(path, json=body)
        answer.raise_for_status()
        self.session = answer.json()
        self.http.headers["X-CSRF-Token"] = self.session["csrf"]

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())

    async def get(self, path: str, **params: Any) -> Any:
        return self._json(await self.http.get(path, params=params))

    async def post(self, path: str, body: Any = None, **more: Any) -> Any:
        return self._json(await self.http.post(path, json=body if body is not None else {}, **more))

    async def put(self, path: str, body: Any) -> Any:
        return self._json(await self.http.put(path, json=body))

    async def upload(self, path: str, name: str, data: bytes, **fields: Any) -> Any:
        return self._json(await self.http.post(path, files={"file": (name, data)}, data=fields))

    async def download(self, path: str) -> bytes:
        answer = await self.http.get(path)
        self._check(answer)
        return answer.content

    def _json(self, answer: httpx.Response) -> Any:
        self._check(answer)
        return answer.json() if answer.content else None

    def _check(self, answer: httpx.Response) -> None:
        if answer.is_error:
            said = f"{answer.status_code} {answer.text[:2000]}"
            raise VisitFailed(f"{answer.request.method} {answer.request.url.path}: {said}")
