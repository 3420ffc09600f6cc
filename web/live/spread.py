"""A room that has outgrown its worker: further workers that carry part of its peers, linked to the first.

The first worker has the recording and is the upper side of the links, which ``web/live/links.py`` looks after. Each of
the others is told the same program. Who came in where stays there; when a worker dies, its peers come in anew.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import structlog

from web.live.media_driver import Media, MediaDriver, Wanted
from web.media.errors import MediaError, MediaRefused
from web.media.messages import Joined, RoomState

if TYPE_CHECKING:
    from web.live.connection import Connection
    from web.live.room import Room

log = structlog.get_logger()
SHARE = "share "


def share_name(worker: Media) -> str:
    """Of the link between this worker and the room's first."""
    return f"{SHARE}{worker.name}"


def is_part(has: RoomState) -> bool:
    """Whether a worker has a further part of a room, not its first."""
    return any(link["side"] == "lower" and link["link"].startswith(SHARE) for link in has.links)


class Spread:
    """``at``: peers that are not on the room's first worker."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._drivers: dict[str, MediaDriver] = {}
        self.at: dict[str, Media] = {}

    @property
    def workers(self) -> list[Media]:
        """Beside the first."""
        return [driver.worker for driver in self._drivers.values() if driver.worker is not None]

    def has(self, worker: Media) -> bool:
        return worker.name in self._drivers

    async def join(self, connection: Connection, label: str, sdp: str, start_bps: int | None) -> Joined:
        """On a further worker that has room for one more, or on another one; MediaRefused when there is none."""
        for worker in self.workers:
            try:
                return await self._join(worker, connection, label, sdp, start_bps)
            except MediaRefused as refused:
                if refused.code != "full":
                    raise
        another = self._room.has.another_worker(self._room)
        if another is None:
            raise MediaRefused("full", "no media worker has room for one more")
        await self.grow(another, None)
        return await self._join(another, connection, label, sdp, start_bps)

    async def _join(self, worker: Media, connection: Connection, label: str, sdp: str, start_bps: int | None) -> Joined:
        joined = await worker.join(
            self._room.meeting_id, connection.id, label, sdp, connection.may_send, start_bps, connection.note
        )
        self.at[connection.id] = worker
        self.forget_view(connection.id)
        self._drivers[worker.name].trigger()
        return joined

    async def grow(self, worker: Media, has: RoomState | None) -> None:
        """One worker more; ``has``: what it has of the room already, after a restart of this process."""
        room = self._room
        driver = MediaDriver(room.meeting_id, room.has.captures, lambda: self._wanted(worker))
        self._drivers[worker.name] = driver
        driver.start()
        driver.adopt(worker, has)
        for peer in has.peers if has is not None else ():
            self.at[peer] = worker
        if has is None:
            log.info("a room spreads to another worker", room=room.meeting_id, worker=worker.name)
            try:
                await driver.settle()
            except MediaError:
                await self._end(worker)
                raise

    def _wanted(self, worker: Media) -> Wanted:
        whole = self._room.media.wanted_everywhere()
        views = {peer: view for peer, view in whole.views.items() if self.at.get(peer) is worker}
        return Wanted(whole.is_open, whole.on_air, views)

    def trigger(self) -> None:
        """Something changed."""
        for driver in self._drivers.values():
            driver.trigger()

    def forget_view(self, peer: str) -> None:
        for driver in self._drivers.values():
            driver.forget_view(peer)

    async def lost(self, worker: Media) -> list[str]:
        """A further worker is away: its peers, who are nowhere now."""
        await self._end(worker)
        gone = [peer for peer, at in self.at.items() if at is worker]
        for peer in gone:
            del self.at[peer]
        return gone

    async def absorb(self, worker: Media) -> list[str]:
        """A further worker becomes the first, for that one died; its peers."""
        kept = await self.lost(worker)
        if worker.is_up:
            with suppress(MediaError):
                await worker.close_link(share_name(worker), "lower")
        return kept

    async def _end(self, worker: Media) -> None:
        driver = self._drivers.pop(worker.name, None)
        if driver is not None:
            await driver.stop()

    async def settle(self) -> None:
        for driver in list(self._drivers.values()):
            await driver.settle()

    async def close(self) -> None:
        """The room is not held any more."""
        for worker in self.workers:
            with suppress(MediaError):
                await worker.close_room(self._room.meeting_id)

    async def stop(self) -> None:
        """Workers keep what they have; the next process finds it."""
        for driver in self._drivers.values():
            await driver.stop()
