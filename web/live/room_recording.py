"""A recording and the worker that makes it: when it breaks the log says so, from when on, and when it goes on again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from scheduler.proceedings import facts as f
from scheduler.proceedings.chain import instant
from web.media.messages import RecordingChanged, RoomState

if TYPE_CHECKING:
    from web.live.room import Room

DOWN_S = 3.0
"""A worker away for longer has interrupted the recording."""
SERVICE = f.By()


class RoomRecording:
    def __init__(self, room: Room) -> None:
        self._room = room
        self._down_at: tuple[float, datetime] | None = None

    async def receive(self, event: RecordingChanged) -> None:
        """What the worker says of it."""
        room = self._room
        async with room.lock:
            if room.state.recording_id != event.recording_id or not room.is_live:
                return
            if event.state == "interrupted" and room.state.recording == "on":
                from_at = instant(datetime.fromisoformat(event.at))
                cause = event.cause or "disk"
                await room.append([f.RecordingInterrupted(event.recording_id, from_at, cause)], SERVICE)
            elif event.state == "on" and room.state.recording == "interrupted":
                await room.append([f.RecordingResumed(event.recording_id)], SERVICE)

    def worker_lost(self) -> None:
        """It may be back before anything is missing."""
        self._down_at = (self._room.has.monotonic(), self._room.has.clock())

    async def worker_placed(self, has: RoomState | None) -> None:
        """The recording went on only if this very worker still has it."""
        state = self._room.state
        going_on = has.recording["recording_id"] if has and has.recording else None
        if state.recording == "on" and going_on != state.recording_id:
            await self._interrupt(self._down_at[1] if self._down_at else self._last_written())
        self._down_at = None

    async def tick(self, now: float) -> None:
        if self._down_at is not None and now - self._down_at[0] >= DOWN_S and self._room.state.recording == "on":
            await self._interrupt(self._down_at[1])

    def _last_written(self) -> datetime:
        """Until when the packet log reaches, by its files; now, when there is none."""
        folder = self._room.has.captures / str(self._room.state.recording_id)
        times = [file.stat().st_mtime for file in folder.glob("*") if file.is_file()] if folder.is_dir() else []
        return datetime.fromtimestamp(max(times), UTC) if times else self._room.has.clock()

    async def _interrupt(self, since: datetime) -> None:
        room = self._room
        async with room.lock:
            if room.state.recording == "on" and room.state.recording_id is not None and room.is_live:
                body = f.RecordingInterrupted(room.state.recording_id, instant(since), "worker")
                await room.append([body], SERVICE)
