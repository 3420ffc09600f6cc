"""Requests and replies between this installation and its neighbours, and who of them is reachable.

``kind`` is ``area.verb`` (``media.open``, ``meeting.invite``, ``floor.forward``, ``board.rows``); a body is a JSON
object of at most 64 KiB. Whoever answers knows the asking node by its proven id, and decides what that one may.
A request that timed out may have been carried out: ask for things that may be asked twice.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import structlog

from web.link.errors import NotLinked, RefusedThere, RequestRefused, TimedOut, TooLarge, TooManyRequests

log = structlog.get_logger()

Json = dict[str, Any]
Role = Literal["upper", "lower"]
Handler = Callable[[str, str, Json], Awaitable[Json]]
"""Called with the asking node's id, the kind and the body; raises ``RequestRefused`` to say no."""

BODY_BYTES = 64 * 1024
MOST_ASKED = 64  # our requests one node has not answered yet
MOST_ANSWERED = 32  # its requests we work on at a time
TIMEOUT_S = 5.0
_KIND = re.compile(r"[a-z]{1,20}\.[a-z_]{1,30}")


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An installation that is linked with this one right now; ``role`` is its side of the link."""

    id: str
    role: Role
    name: str = ""


@dataclass(frozen=True, slots=True)
class LinkEvent:
    """A neighbour became reachable, or is out of reach; ``reason`` says why."""

    neighbour: Neighbour
    is_up: bool
    reason: str = ""


Listener = Callable[[LinkEvent], None]
"""Called at once, in the loop: note what happened and return."""


class Line(Protocol):
    """One living link, as its socket (or ``memory``) offers it."""

    @property
    def neighbour(self) -> Neighbour: ...

    async def request(self, kind: str, body: Json, timeout_s: float) -> Json:
        """Send, wait, give the reply: raises ``RefusedThere``, ``TimeoutError`` or ``WentDown``."""


class LinkChannel:
    """One per process: ``services.channel``."""

    def __init__(self) -> None:
        self._lines: dict[str, Line] = {}
        self._handlers: dict[str, Handler] = {}
        self._listeners: list[Listener] = []
        self._asked: dict[str, int] = {}
        self._answering: dict[str, int] = {}

    # -- asking -----------------------------------------------------------------------------------------------------

    async def request(self, node: str, kind: str, body: Json, timeout_s: float = TIMEOUT_S) -> Json:
        """What this neighbour answers; one of the errors of ``web.link.errors`` when it does not."""
        _check_kind(kind)
        size = len(json.dumps(body, ensure_ascii=False).encode())
        if size > BODY_BYTES:
            raise TooLarge(kind, size)
        line = self._lines.get(node)
        if line is None:
            raise NotLinked(node)
        if self._asked.get(node, 0) >= MOST_ASKED:
            raise TooManyRequests(node)
        self._asked[node] = self._asked.get(node, 0) + 1
        try:
            async with asyncio.timeout(timeout_s):
                return await line.request(kind, body, timeout_s)
        except TimeoutError:
            raise TimedOut(node, kind) from None
        finally:
            self._asked[node] -= 1

    # -- answering --------------------------------------------------------------------------------------------------

    def on(self, kind: str, handler: Handler) -> None:
        """Answer requests of this kind, or of a whole area (``media.*``); one handler each."""
        if not kind.endswith(".*"):
            _check_kind(kind)
        if kind in self._handlers:
            raise ValueError(f"{kind} has a handler already")
        self._handlers[kind] = handler

    async def answer(self, node: str, kind: str, body: Json) -> Json:
        """For lines: what this installation answers a neighbour; raises ``RequestRefused``."""
        handler = self._handlers.get(kind) or self._handlers.get(kind.partition(".")[0] + ".*")
        if handler is None:
            raise RequestRefused("unknown_kind", kind[:60])
        if self._answering.get(node, 0) >= MOST_ANSWERED:
            raise RequestRefused("busy", "too many requests at a time")
        self._answering[node] = self._answering.get(node, 0) + 1
        try:
            return await handler(node, kind, body)
        except (RequestRefused, asyncio.CancelledError):
            raise
        except RefusedThere as further:
            raise RequestRefused(further.code, further.detail) from further
        except Exception as error:
            log.exception("a request of another installation failed", node=node, kind=kind)
            raise RequestRefused("failed") from error
        finally:
            self._answering[node] -= 1

    # -- who is there -----------------------------------------------------------------------------------------------

    def is_up(self, node: str) -> bool:
        return node in self._lines

    def neighbours(self, role: Role | None = None) -> tuple[Neighbour, ...]:
        """Those reachable now."""
        return tuple(line.neighbour for line in self._lines.values() if role in (None, line.neighbour.role))

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Be told of every neighbour that comes or goes, beginning with those there; the result ends it."""
        self._listeners.append(listener)
        for line in list(self._lines.values()):
            listener(LinkEvent(line.neighbour, True))

        def end() -> None:
            if listener in self._listeners:  # who is stopped twice ends it twice
                self._listeners.remove(listener)

        return end

    def attach(self, line: Line) -> None:
        """For lines: the neighbour has proven who it is. A newer line takes the place of the one before."""
        before = self._lines.get(line.neighbour.id)
        if before is not None:
            self.detach(before, "replaced")
        self._lines[line.neighbour.id] = line
        self._tell(LinkEvent(line.neighbour, True))

    def detach(self, line: Line, reason: str = "") -> None:
        """For lines: out of reach. Says nothing when another line has taken its place."""
        if self._lines.get(line.neighbour.id) is line:
            del self._lines[line.neighbour.id]
            self._tell(LinkEvent(line.neighbour, False, reason))

    def _tell(self, event: LinkEvent) -> None:
        for listener in list(self._listeners):
            try:
                listener(event)
            except Exception:
                log.exception("a listener to links failed", node=event.neighbour.id)


def _check_kind(kind: str) -> None:
    if not _KIND.fullmatch(kind):
        raise ValueError(f"kind {kind!r}: area.verb")
