"""The media workers as the rooms see them: who is there, which room is on which, and their events on the way to rooms.

A room stays on its worker while both live. When the worker goes, the room is placed anew at once: on another one, or
on the first that comes. After a start of this process rooms are looked for where they are before any is placed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from web.live.media_driver import Media
from web.live.placement import BUSY, Candidate, place
from web.live.spread import is_part
from web.media.errors import MediaError
from web.media.messages import CaptureEnded, Load, MediaEvent, MediaStats, RoomState, WorkerDown, WorkerUp

if TYPE_CHECKING:
    from web.live.room import Room

log = structlog.get_logger()
STATISTICS_S = 2.0


@dataclass(frozen=True, slots=True)
class Standing:
    """How one worker does."""

    name: str
    is_up: bool
    load: Load
    rooms: int
    peers: int  # expected in these rooms


class Workers:
    """``rooms`` are the hub's."""

    def __init__(
        self,
        media: Sequence[Media],
        rooms: Mapping[str, Room],
        on_capture_ended: Callable[[CaptureEnded], Awaitable[None]],
    ) -> None:
        self._on_capture_ended = on_capture_ended
        self._media = {worker.name: worker for worker in media}
        self._rooms = rooms
        self._known: set[str] = set()  # are there, and we know which rooms they have
        self._loads: dict[str, Load] = {}
        self.on_found: Callable[[Room], Awaitable[None]] | None = None  # a room is where it was, with its peers
        self._all_known = asyncio.Event()
        self._may_place = False
        self._asking = asyncio.Lock()
        self._placing = asyncio.Lock()

    def standings(self) -> list[Standing]:
        """All workers, also those that are away."""
        found = []
        for name, worker in self._media.items():
            rooms = self._rooms_on(worker)
            load = self._loads.get(name, Load())
            found.append(Standing(name, worker.is_up, load, len(rooms), sum(map(_expected, rooms))))
        return found

    async def statistics(self, timeout_s: float = STATISTICS_S) -> dict[str, MediaStats]:
        """Counters of those that answer in time, by name: one that hangs must not cost the figures of the others."""
        found: dict[str, MediaStats] = {}

        async def ask(worker: Media) -> None:
            with suppress(MediaError, TimeoutError):
                found[worker.name] = await asyncio.wait_for(worker.stats(), timeout_s)

        await asyncio.gather(*map(ask, self._media.values()))
        return found

    # -- placing ----------------------------------------------------------------------------------------------------

    async def find_rooms(self, timeout_s: float) -> None:
        """Once, after the start: wait so long for the workers to say what they have, then place what none has."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._all_known.wait(), timeout_s)
        self._may_place = True
        await self.place_rooms()

    async def tick(self) -> None:
        """What could not be done is tried again: the database was away, or a worker refused."""
        for worker in self._media.values():
            if worker.is_up and worker.name not in self._known:
                await self._up(worker)
        await self.place_rooms()

    async def place_rooms(self) -> None:
        """Every room with somebody in it, or open, is on a worker if there is one."""
        for room in list(self._rooms.values()):
            if room.is_live or room.connections:
                await self.place(room)

    async def place(self, room: Room) -> None:
        """See that this room is on a worker."""
        async with self._placing:
            name = place(self._candidates()) if self._may_place and room.media.worker is None else None
            if name is not None:
                log.info("room placed", room=room.meeting_id, worker=name)
                await room.media.placed(self._media[name], None)

    def another(self, room: Room) -> Media | None:
        """The best worker that has nothing of this room yet, for one that its worker is too small for."""
        others = [one for one in self._candidates() if not room.media.is_on(self._media[one.name])]
        name = place(one for one in others if one.load.takes_rooms)
        return self._media[name] if name is not None else None

    def _candidates(self) -> list[Candidate]:
        return [
            Candidate(one.name, one.load, one.peers)
            for one in self.standings()
            if one.is_up and one.name in self._known
        ]

    def _rooms_on(self, worker: Media) -> list[Room]:
        return [room for room in self._rooms.values() if room.media.worker is worker]

    # -- events -----------------------------------------------------------------------------------------------------

    async def handle(self, worker: Media, event: MediaEvent) -> None:
        if isinstance(event, WorkerUp):
            await self._up(worker)
        elif isinstance(event, WorkerDown):
            await self._down(worker)
        elif isinstance(event, Load):
            self._loads[worker.name] = event
            if event.level >= BUSY:
                log.warning("a media worker is busy", worker=worker.name, load=event.level)
        elif isinstance(event, CaptureEnded):
            await self._on_capture_ended(event)
        else:
            room = self._rooms.get(event.room)
            if room is not None and room.media.is_on(worker):  # not the late word of one it has left
                await room.media.handle(event, worker.name)

    async def _up(self, worker: Media) -> None:
        async with self._asking:
            if worker.name not in self._known:
                for room_id, has in (await worker.state()).items():
                    await self._find(worker, room_id, has)
                self._known.add(worker.name)
        if len(self._known) == len(self._media):
            self._all_known.set()
        await self.place_rooms()

    async def _find(self, worker: Media, room_id: str, has: RoomState) -> None:
        """A room goes on where it is, unless it is over or was placed elsewhere meanwhile."""
        async with self._placing:
            room = self._rooms.get(room_id)
            if room is not None and is_part(has):
                await room.media.found_part(worker, has)
            elif room is None or room.media.worker not in (None, worker):
                await worker.close_room(room_id)
                return
            else:
                await room.media.placed(worker, has)
        if self.on_found is not None:
            await self.on_found(room)

    async def _down(self, worker: Media) -> None:
        self._known.discard(worker.name)
        self._loads.pop(worker.name, None)
        rooms = self._rooms_on(worker)
        log.warning("a media worker is away", worker=worker.name, rooms=len(rooms))
        for room in rooms:
            room.media.lost()
        for room in [room for room in self._rooms.values() if room.media.spread.has(worker)]:
            await room.media.lost_part(worker)
        await self.place_rooms()


def _expected(room: Room) -> int:
    """Peers, when everybody invited is there."""
    return max(len(room.plan.site_ids), len(room.connections))
