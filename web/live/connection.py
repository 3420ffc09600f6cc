"""A connection: one browser tab in a room, from hello until it is gone for good.

Messages for it wait in a bounded queue that its socket empties; a reader too slow for that is cut off and comes back
with a fresh snapshot, so that memory does not grow with him.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from scheduler.database import new_id
from scheduler.linked.readiness import MOST_CLOCK_MS
from scheduler.permissions import Actor
from scheduler.proceedings.plan import Participant
from web.live.rate import TokenBucket
from web.media.messages import PeerConnected, PeerDisconnected, Step

QUEUE_BYTES = 8 * 1024 * 1024
QUEUE_MESSAGES = 4000
MESSAGES_PER_S = 20.0
MESSAGES_BURST = 80.0
SLOW_READER = 4408

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Close:
    """Ends the queue: the socket closes with this code."""

    code: int
    reason: str = ""


class Outgoing:
    """Text frames waiting for one socket."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[str | Close] = asyncio.Queue()
        self._bytes = 0
        self.is_closed = False
        self.catch_up: Callable[[], None] = lambda: None  # has sent what is to come before the next

    @property
    def waiting_bytes(self) -> int:
        return self._bytes

    def send(self, message: Json) -> None:
        self.send_text(to_text(message))

    def send_first(self, message: Json) -> None:
        """Before all that waits already."""
        waiting = [self._queue.get_nowait() for _ in range(self._queue.qsize())]
        self.send(message)
        for item in waiting:
            self._queue.put_nowait(item)

    def send_text(self, text: str) -> None:
        if self.is_closed:
            return
        self.catch_up()
        if self._bytes + len(text) > QUEUE_BYTES or self._queue.qsize() >= QUEUE_MESSAGES:
            while not self._queue.empty():
                self._queue.get_nowait()
            self._end(SLOW_READER, "too slow")
            return
        self._bytes += len(text)
        self._queue.put_nowait(text)

    def close(self, code: int, reason: str = "") -> None:
        if not self.is_closed:
            self.catch_up()
            self._end(code, reason)

    def _end(self, code: int, reason: str) -> None:
        if not self.is_closed:
            self.is_closed = True
            self._queue.put_nowait(Close(code, reason))

    async def next(self) -> str | Close:
        item = await self._queue.get()
        if isinstance(item, str):
            self._bytes -= len(item)
        return item


def to_text(message: Json) -> str:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


@dataclass(slots=True)
class PagesSaid:
    """What the pages of a process have said of their lines since it began; pages that left are in it."""

    reports: int = 0
    frozen_ms: int = 0  # how long pictures stood still


@dataclass(slots=True)
class Line:
    """How the line of one connection does: what the worker sees arriving and what the browser reports."""

    audio: bool = False
    video: bool = False
    presentation: bool = False
    loss: float = 0.0
    rtt_ms: int = 0
    frozen_ms: int = 0  # how long its pictures stood still, all told
    step: Step = "full"  # how far down the worker has brought its pictures
    clock_ms: tuple[int, ...] = ()  # its clock minus ours, by its last pings: what came late says too little

    @property
    def clock_s(self) -> int:
        """How many seconds its clock is ahead (or behind, below 0); 0 while that is no matter."""
        nearest = max(self.clock_ms, default=0)
        return round(nearest / 1000) if abs(nearest) > MOST_CLOCK_MS else 0

    @property
    def quality(self) -> str:
        if self.loss > 0.1 or self.rtt_ms > 1000:
            return "bad"
        return "weak" if self.loss > 0.03 or self.rtt_ms > 400 else "good"


@dataclass(slots=True)
class Connection:
    """``id`` is the media peer's name too."""

    id: str
    actor: Actor
    participant: Participant
    language: str
    outgoing: Outgoing
    limit: TokenBucket
    line: Line = field(default_factory=Line)
    told: int = 0  # seq of the last fact it was told of
    in_media: bool = False  # the worker has a peer of this name
    lost_at: float | None = None  # monotonic; None: its socket is open
    left_cleanly: bool = False
    view: tuple[tuple[str, ...], int, bool] | None = None  # pinned sites, most videos, paused
    note: str | None = None  # of one that came by a door: the worker keeps it for the next process
    on_peer: Callable[[PeerConnected | PeerDisconnected], None] | None = None  # of one that came by a door

    @property
    def publishes(self) -> bool:
        """Is the site's one machine with camera and microphone."""
        return self.participant.role in ("chair", "site")

    @property
    def may_send(self) -> list[str]:
        if self.publishes:
            return ["audio", "video", "presentation"]
        return ["presentation"] if self.participant.role == "secretary" else []

    @property
    def is_open(self) -> bool:
        return self.lost_at is None


class ConnectionIds:
    """Ids that show by themselves to whom they were given, so that a page can go on under its id after a restart."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def new(self, meeting_id: str, actor: Actor) -> str:
        number = new_id()
        return f"{number}.{self._mark(number, meeting_id, actor)}"

    def belongs(self, connection_id: str, meeting_id: str, actor: Actor) -> bool:
        number, _, mark = connection_id.partition(".")
        return hmac.compare_digest(mark.encode(), self._mark(number, meeting_id, actor).encode())

    def _mark(self, number: str, meeting_id: str, actor: Actor) -> str:
        text = "|".join((number, meeting_id, actor.person_id or "", actor.site_id or ""))
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()[:24]
