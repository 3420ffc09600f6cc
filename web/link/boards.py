"""Site boards over levels (``board.rows``): what those below tell of their rooms, asked for when somebody looks.

Nothing is asked while nobody looks. A look asks those below and waits a moment for them, as they do in their turn:
what happens in the lowest room is on the highest board with the next look. Only what changed crosses the link.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError

from scheduler.database import Database
from scheduler.linked.asking import told_of
from scheduler.linked.far_board import LONGEST_MARK, PAGE, Seen, changed, follow_pages, page_of, seen
from scheduler.linked.messages import MOST_SITES, NotUnderstood, read_id
from scheduler.linked.remote_child import RemoteChild
from scheduler.meetings.meeting import Meeting
from scheduler.nodes.registry import note_error
from web.link.channel import Json, LinkChannel
from web.link.errors import LinkError, RequestRefused

log = structlog.get_logger()
EVERY_S = 1.0  # one room of another installation is read at most so often for those who look here
AGAIN_S = 0.5  # and what we tell of a room is read anew, for those above
WAIT_S = 1.2  # a look waits so long for those below
MOST_WAIT_S = 5.0
LESS_S = 0.3  # and each of them so much less for those below itself
ASK_S = 10.0
Look = Callable[[str, float], Awaitable[tuple[list[Json], list[Json]]]]
"""Rooms and rows of this meeting and all below it, as the board's page has them; waits so long for others."""


@dataclass(slots=True)
class _Far:
    """What is known of one room elsewhere."""

    seen: Seen = field(default_factory=Seen)
    asked_at: float = float("-inf")
    task: asyncio.Task[None] | None = None


@dataclass(slots=True)
class _Own:
    """What was told of one of our rooms."""

    seen: Seen = field(default_factory=Seen)
    rows: tuple[Json, ...] = ()  # of the telling whose pages are being read
    at: float = float("-inf")
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Boards:
    """``start`` once; ``refresh`` before a look, ``far`` is what the board's page adds to its own rows."""

    def __init__(
        self,
        channel: LinkChannel,
        database: Database,
        look: Look,
        clock: Callable[[], datetime],
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._channel = channel
        self._database = database
        self._look = look
        self._clock = clock
        self._monotonic = monotonic
        self._far: dict[str, _Far] = {}
        self._own: dict[str, _Own] = {}

    def start(self) -> None:
        self._channel.on("board.rows", self._answer)

    async def stop(self) -> None:
        tasks = [far.task for far in self._far.values() if far.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def settle(self) -> None:
        """Wait for what was asked."""
        await asyncio.gather(*(far.task for far in self._far.values() if far.task is not None), return_exceptions=True)

    # -- above ------------------------------------------------------------------------------------------------------

    async def refresh(self, children: Sequence[RemoteChild], wait_s: float = WAIT_S, every_s: float = EVERY_S) -> None:
        """Ask for the boards of these rooms, those read longer ago than ``every_s``, and wait a moment for answers.

        Who has kept us waiting so long already is not waited for again: what came last is shown until he answers.
        """
        waited_for: list[asyncio.Task[None]] = []
        now = self._monotonic()
        for child in children:
            if child.meeting_id is None or not self._channel.is_up(child.node_id):
                continue
            far = self._far.setdefault(child.id, _Far())
            if (far.task is None or far.task.done()) and now - far.asked_at >= every_s:
                far.asked_at = now
                far.task = asyncio.create_task(self._read(child, far, wait_s), name="far board")
            if far.task is not None and not far.task.done() and now - far.asked_at < wait_s:
                waited_for.append(far.task)
        if waited_for:
            await asyncio.wait(waited_for, timeout=wait_s)

    def far(self, children: Sequence[RemoteChild]) -> tuple[list[Json], list[Json]]:
        """Rooms and rows of these, as told last, marked as far."""
        rooms: list[Json] = []
        rows: list[Json] = []
        for child in children:
            if child.meeting_id is None:
                continue
            far = self._far.get(child.id, _Far())
            link = "up" if self._channel.is_up(child.node_id) else "lost"
            told, sites = (far.seen.rooms, far.seen.rows) if far.seen.rooms else _as_planned(child)
            rooms += [{**room, "link": link, "parent_id": _parent(room, child)} for room in told]
            rows += [{**row, "far": True} for row in sites]
        return rooms, rows

    async def _read(self, child: RemoteChild, far: _Far, wait_s: float) -> None:
        pages: list[Json] = []
        wait_ms = int(max(0.0, wait_s - LESS_S) * 1000)
        try:
            while not pages or (pages[-1].get("more") is True and len(pages) * PAGE < MOST_SITES):
                body = {"meeting": child.parent_id, "child": child.meeting_id, "after": len(pages) * PAGE}
                body |= {"mark": far.seen.mark, "wait_ms": wait_ms} if not pages else {}
                pages.append(await self._channel.request(child.node_id, "board.rows", body, ASK_S))
            now = follow_pages(pages, far.seen)
            if child.meeting_id not in {room["id"] for room in now.rooms}:
                raise NotUnderstood("rooms")
            far.seen = now
        except NotUnderstood as wrong:
            log.warning("a board from below is not understood", node=child.node_id, field=str(wrong))
            with suppress(SQLAlchemyError, OSError):
                async with self._database.transaction() as session:
                    await note_error(session, child.node_id, "not_understood", f"board.rows {wrong}", self._clock())
        except LinkError as error:
            log.info("a board from below could not be read", node=child.node_id, error=str(error))

    # -- below ------------------------------------------------------------------------------------------------------

    async def _answer(self, node: str, kind: str, body: Json) -> Json:
        try:
            meeting_id, room_id = read_id(body, "meeting"), read_id(body, "child")
        except NotUnderstood as wrong:
            raise RequestRefused("bad_request", str(wrong)) from wrong
        after, wait_ms, mark = body.get("after"), body.get("wait_ms", 0), body.get("mark", "")
        if not _is_count(after, MOST_SITES) or not _is_count(wait_ms, int(MOST_WAIT_S * 1000)):
            raise RequestRefused("bad_request", "after, wait_ms")
        if not isinstance(mark, str) or len(mark) > LONGEST_MARK:
            raise RequestRefused("bad_request", "mark")
        async with self._database.reading() as session:
            room = await session.get(Meeting, room_id)
        if room is None or (room.remote_parent_node_id, room.remote_parent_id) != (node, meeting_id):
            raise RequestRefused("not_allowed", "no room of ours stands below that meeting")
        own = self._own.setdefault(room_id, _Own())
        if after:
            return page_of((), own.rows, after)
        async with own.lock:
            base = await self._tell(own, room_id, mark, wait_ms / 1000)
            return {**page_of(own.seen.rooms, own.rows, 0), "mark": own.seen.mark, "base": base}

    async def _tell(self, own: _Own, room_id: str, mark: str, wait_s: float) -> str:
        """Look again if that is some time ago; the mark of what only the changes are told of, "" for the whole."""
        before = own.seen
        if self._monotonic() - own.at >= AGAIN_S:
            own.seen = seen(*await self._look(room_id, wait_s))
            own.at = self._monotonic()
        known = next((one for one in (own.seen, before) if one.mark and one.mark == mark), None)
        rows = changed(known, own.seen) if known is not None else None
        own.rows = own.seen.rows if rows is None else rows
        return "" if rows is None else mark


def _is_count(value: object, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most


def _parent(room: Json, child: RemoteChild) -> str | None:
    """The room that was asked for hangs below ours; those below it, where they are there."""
    parent: str | None = child.parent_id if room["id"] == child.meeting_id else room["parent_id"]
    return parent


def _as_planned(child: RemoteChild) -> tuple[list[Json], list[Json]]:
    """Before the first board came: the sites that were told with the plan."""
    told = told_of(child)
    if told is None:
        return [], []
    empty = {"role": "required", "phone": "", "reply": "needs_action", "reply_reason": "", "delivery": "none"}
    empty |= {"state": "invited", "step": "full"}
    rest: Json = {"problems": [], "tested_at": None, "loss": 0, "rtt_ms": 0, "head_count": None, "check": None}
    rest |= dict.fromkeys(("audio", "video", "on_air", "asks"), False)
    room = {"id": child.meeting_id, "parent_id": child.parent_id, "stage": told.stage, "unit_title": told.title}
    titles = {site.room_id: site.room_title for site in told.sites}
    room["unit_title"] = titles.get(child.meeting_id or "", told.title)
    rows = [
        {**empty, **rest, "site_id": s.id, "room_id": child.meeting_id, "unit_title": s.unit_title, "level": s.level,
         "site_name": s.name}
        for s in told.sites
    ]  # fmt: skip
    return [room], rows
