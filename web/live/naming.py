"""Names for pictures of sites that a room did not invite: they come over a link, with the site's id alone.

Those below are known here; for the others the room above is asked (``board.names``), which may ask the one above it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from scheduler.database import Database
from scheduler.linked.messages import NotUnderstood
from scheduler.linked.names import MOST_HOPS, MOST_NAMES, names_in_tree, read_asked, read_names
from scheduler.proceedings.climbing import link_above
from web.link.channel import Json, LinkChannel
from web.link.errors import LinkError, RequestRefused
from web.live.view import is_remote_child

if TYPE_CHECKING:
    from web.live.room import Room

log = structlog.get_logger()
AGAIN_S = 10.0  # before a name that nobody knew is asked for again
MOST_KEPT = 1000  # in one room


@dataclass(slots=True)
class _Known:
    """In one room. ``above``: those whose names came from there; ``leads``: the site that leads there."""

    names: dict[str, str] = field(default_factory=dict)
    above: set[str] = field(default_factory=set)
    leads: str | None = None
    asked: dict[str, float] = field(default_factory=dict)


class Naming:
    def __init__(
        self, rooms: Mapping[str, Room], channel: LinkChannel, database: Database, monotonic: Callable[[], float]
    ) -> None:
        self._rooms = rooms
        self._channel = channel
        self._database = database
        self._monotonic = monotonic
        self._known: dict[str, _Known] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        self._channel.on("board.names", self._answer)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def settle(self) -> None:
        """Wait for what was asked."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # -- for our rooms ----------------------------------------------------------------------------------------------

    def of(self, room: Room, labels: Iterable[str]) -> Json | None:
        """The message that names those who are not of the room; what is not known yet is asked for, and told to all."""
        far = set(labels).difference(room.plan.site_ids)
        if not far:
            return None
        known, now = self._known.setdefault(room.meeting_id, _Known()), self._monotonic()
        if len(known.names) + len(known.asked) > MOST_KEPT:
            known = self._known[room.meeting_id] = _Known()
        unknown = [one for one in far if one not in known.names and now - known.asked.get(one, -AGAIN_S) >= AGAIN_S]
        if unknown:
            known.asked.update(dict.fromkeys(unknown, now))
            task = asyncio.create_task(self._learn(room, known, unknown[:MOST_NAMES]), name="names")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return _message(known, far) if far & known.names.keys() else None

    async def _learn(self, room: Room, known: _Known, site_ids: list[str]) -> None:
        try:
            async with self._database.reading() as session:
                found = await names_in_tree(session, room.meeting_id, site_ids)
            above, chair = await self._ask_above(room, [one for one in site_ids if one not in found], 0)
        except (LinkError, NotUnderstood, SQLAlchemyError, OSError) as error:
            log.info("names of sites could not be learnt", room=room.meeting_id, error=str(error))
            return
        known.names.update(found | above)
        known.above.update(above)
        known.leads = chair or known.leads
        if found or above:
            room.tell(_message(known, found | above))

    async def _ask_above(self, room: Room, site_ids: list[str], hops: int) -> tuple[dict[str, str], str | None]:
        above = room.planned.above
        if above is None or not site_ids or hops >= MOST_HOPS:
            return {}, None
        if above.node_id is None:
            return await self._tell(above.meeting_id, site_ids, hops + 1)
        body: Json = {"meeting": above.meeting_id, "child": room.meeting_id, "sites": site_ids, "hops": hops}
        return read_names(await self._channel.request(above.node_id, "board.names", body), site_ids)

    # -- for those below --------------------------------------------------------------------------------------------

    async def _tell(self, meeting_id: str, site_ids: list[str], hops: int) -> tuple[dict[str, str], str | None]:
        async with self._database.reading() as session:
            names = await names_in_tree(session, meeting_id, site_ids)
        room = self._rooms.get(meeting_id)
        if room is None:
            return names, None
        link = link_above(room.state)
        rest = [one for one in site_ids if one not in names]
        further, chair = (
            ({}, None) if link is None or link.status != "open" else await self._ask_above(room, rest, hops)
        )
        return names | further, chair or room.state.chair_site_id

    async def _answer(self, node: str, kind: str, body: Json) -> Json:
        try:
            meeting_id, child_id, site_ids, hops = read_asked(body)
        except NotUnderstood as wrong:
            raise RequestRefused("bad_request", str(wrong)) from wrong
        async with self._database.reading() as session:
            if not await is_remote_child(session, node, meeting_id, child_id):
                raise RequestRefused("not_allowed", "no room of yours stands below this meeting")
        names, chair = await self._tell(meeting_id, list(site_ids), hops + 1)
        return {"names": names, "chair": chair}


def _message(known: _Known, site_ids: Iterable[str]) -> dict[str, Any]:
    named = {one: {"title": known.names[one], "above": one in known.above} for one in site_ids if one in known.names}
    return {"type": "names", "sites": named, "leads": known.leads}
