"""Site boards over levels (``board.rows``): what those below tell of their rooms, asked for when somebody looks.

A board is asked for at most every few seconds and only while somebody looks; what was told last is shown meanwhile.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError

from scheduler.database import Database
from scheduler.linked.asking import told_of
from scheduler.linked.far_board import PAGE, page_of, read_pages
from scheduler.linked.messages import MOST_SITES, NotUnderstood, read_id
from scheduler.linked.remote_child import RemoteChild
from scheduler.meetings.meeting import Meeting
from scheduler.nodes.registry import note_error
from web.link.channel import Json, LinkChannel
from web.link.errors import LinkError, RequestRefused

log = structlog.get_logger()
EVERY_S = 3.0  # one room of another installation is read at most so often
OWN_S = 1.5  # what we tell of a room is as old as this at most
ASK_S = 10.0
Look = Callable[[str], Awaitable[tuple[list[Json], list[Json]]]]
"""Rooms and rows of this meeting and all below it, as the board's page has them."""


@dataclass(slots=True)
class _Far:
    """What is known of one room elsewhere."""

    rooms: list[Json] = field(default_factory=list)
    rows: list[Json] = field(default_factory=list)
    asked_at: float = float("-inf")
    task: asyncio.Task[None] | None = None


class Boards:
    """``start`` once; ``far`` is what the board's page adds to its own rows."""

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
        self._own: dict[str, tuple[float, list[Json], list[Json]]] = {}

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

    def far(self, children: Sequence[RemoteChild]) -> tuple[list[Json], list[Json]]:
        """Rooms and rows of these, as told last, marked as far; asked for again when that was some seconds ago."""
        rooms: list[Json] = []
        rows: list[Json] = []
        for child in children:
            if child.meeting_id is None:
                continue
            far = self._far.setdefault(child.id, _Far())
            is_up = self._channel.is_up(child.node_id)
            if is_up and (far.task is None or far.task.done()) and self._monotonic() - far.asked_at >= EVERY_S:
                far.asked_at = self._monotonic()
                far.task = asyncio.create_task(self._read(child, far), name="far board")
            link = "up" if is_up else "lost"
            told, sites = (far.rooms, far.rows) if far.rooms else _as_planned(child)
            rooms += [{**room, "link": link, "parent_id": _parent(room, child)} for room in told]
            rows += [{**row, "far": True} for row in sites]
        return rooms, rows

    async def _read(self, child: RemoteChild, far: _Far) -> None:
        pages: list[Json] = []
        try:
            while not pages or (pages[-1].get("more") is True and len(pages) * PAGE < MOST_SITES):
                body = {"meeting": child.parent_id, "child": child.meeting_id, "after": len(pages) * PAGE}
                pages.append(await self._channel.request(child.node_id, "board.rows", body, ASK_S))
            rooms, rows = read_pages(pages)
            if child.meeting_id not in {room["id"] for room in rooms}:
                raise NotUnderstood("rooms")
            far.rooms, far.rows = rooms, rows
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
            meeting_id, room_id, after = read_id(body, "meeting"), read_id(body, "child"), body.get("after")
        except NotUnderstood as wrong:
            raise RequestRefused("bad_request", str(wrong)) from wrong
        if not isinstance(after, int) or isinstance(after, bool) or not 0 <= after <= MOST_SITES:
            raise RequestRefused("bad_request", "after")
        async with self._database.reading() as session:
            room = await session.get(Meeting, room_id)
        if room is None or (room.remote_parent_node_id, room.remote_parent_id) != (node, meeting_id):
            raise RequestRefused("not_allowed", "no room of ours stands below that meeting")
        at, rooms, rows = self._own.get(room_id, (float("-inf"), [], []))
        if self._monotonic() - at > OWN_S and after == 0:
            rooms, rows = (to_plain(one) for one in await self._look(room_id))
            self._own[room_id] = (self._monotonic(), rooms, rows)
        return page_of(rooms, rows, after)


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


def to_plain(value: list[Json]) -> list[Json]:
    """As it goes over the wire: instants as text."""
    plain: list[Json] = json.loads(json.dumps(value, default=lambda at: at.isoformat()))
    return plain
