"""Captures of one peer's packets, for support: where the files are, which are running, and what the audit trail keeps.

A worker writes the file and ends it by itself, also while this process is away. Few are kept, and not for long.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from scheduler import audit
from scheduler.database import Database, WriteSession, new_id
from scheduler.permissions import Actor
from web.errors import Duplicate, NotFound
from web.live.media_driver import Media
from web.live.room import Room
from web.media.errors import MediaRefused
from web.media.messages import CaptureEnded

MOST_BYTES = 20_000_000  # of a file
MOST_KEPT = 10
KEPT = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class CaptureFile:
    id: str
    begun_at: datetime
    bytes: int
    peer: str | None  # while it runs


@dataclass(frozen=True, slots=True)
class _Running:
    meeting_id: str
    peer: str
    worker: Media


class Support:
    """``folder`` is made when needed, for this user only."""

    def __init__(self, folder: Path, database: Database, clock: Callable[[], datetime]) -> None:
        self._folder, self._database, self._clock = folder, database, clock
        self._running: dict[str, _Running] = {}

    async def start(
        self, session: WriteSession, actor: Actor, room: Room, peer: str, seconds: int, *, whole: bool, address: str
    ) -> str:
        """Begin; the new file's id. Raises NotFound, Duplicate, MediaUnavailable."""
        worker = room.media.worker
        full = next((one for one in room.connections if one.partition(".")[0] == peer), None)
        if worker is None or full is None:
            raise NotFound
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._forget_old()
        capture_id = new_id()
        path = self._path(room.meeting_id, capture_id)
        try:
            await worker.start_capture(full, path, whole=whole, seconds=seconds, most_bytes=MOST_BYTES)
        except MediaRefused as error:
            raise (NotFound if error.code == "unknown_peer" else Duplicate) from error
        self._running[capture_id] = _Running(room.meeting_id, full, worker)
        site_id = room.connections[full].participant.site_id
        audit.record(
            session, "capture_started", actor, self._clock(), subject_id=room.meeting_id, address=address,
            peer=peer, site=site_id, seconds=seconds, whole=whole,
        )  # fmt: skip
        return capture_id

    async def stop(self, meeting_id: str, capture_id: str) -> None:
        """End it now; one that is over already stays so."""
        running = self._running.get(capture_id)
        if running is None or running.meeting_id != meeting_id:
            self.path(meeting_id, capture_id)
            return
        try:
            await running.worker.stop_capture(running.peer)
        except MediaRefused:
            del self._running[capture_id]  # the peer is gone, and its capture with it

    async def ended(self, event: CaptureEnded) -> None:
        """A worker says so."""
        try:
            await self._note_end(event)
        finally:
            for capture_id, running in list(self._running.items()):
                if (running.meeting_id, running.peer) == (event.room, event.peer):
                    del self._running[capture_id]

    async def _note_end(self, event: CaptureEnded) -> None:
        peer = event.peer.partition(".")[0]
        async with self._database.transaction() as session:
            audit.record(
                session, "capture_stopped", None, self._clock(), subject_id=event.room,
                peer=peer, cause=event.cause, packets=event.packets, bytes=event.bytes,
            )  # fmt: skip

    def files(self, meeting_id: str) -> list[CaptureFile]:
        """Those of a meeting, the newest first."""
        self._forget_old()
        found = []
        for path in sorted(self._folder.glob(f"{meeting_id}.*.pcap"), reverse=True):
            capture_id, status = path.name.split(".")[1], path.stat()
            running = self._running.get(capture_id)
            peer = running.peer.partition(".")[0] if running else None
            begun_at = datetime.fromtimestamp(status.st_ctime, UTC)
            found.append(CaptureFile(capture_id, begun_at, status.st_size, peer))
        return found

    def path(self, meeting_id: str, capture_id: str) -> Path:
        """A file's. Raises NotFound."""
        if not any(one.id == capture_id for one in self.files(meeting_id)):
            raise NotFound
        return self._path(meeting_id, capture_id)

    def _path(self, meeting_id: str, capture_id: str) -> Path:
        return self._folder / f"{meeting_id}.{capture_id}.pcap"

    def _forget_old(self) -> None:
        newest = sorted(self._folder.glob("*.pcap"), key=lambda path: path.stat().st_mtime, reverse=True)
        limit = (self._clock() - KEPT).timestamp()
        for place, path in enumerate(newest):
            if (place >= MOST_KEPT or path.stat().st_mtime < limit) and path.name.split(".")[1] not in self._running:
                path.unlink(missing_ok=True)
