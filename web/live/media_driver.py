"""Makes the media worker do what the state says: program, microphones, views, recording of one room.

It compares what is wanted with what the worker was told and sends the difference, one room at a time, whenever
something changed; when the worker is another one or comes back, it starts from what that worker has.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import structlog

from web.live.program import OnAir
from web.media.errors import MediaError, MediaUnavailable
from web.media.messages import Joined, Program, RecordAction, RoomState, WorkerHello

log = structlog.get_logger()
RETRY_S = 1.0


class Media(Protocol):
    """What rooms ask of a media worker: ``web.media.client.MediaClient``, or ``web.media.fake.FakeMedia``."""

    hello: WorkerHello | None

    @property
    def is_up(self) -> bool: ...
    async def state(self) -> dict[str, RoomState]: ...
    async def open_room(self, room: str) -> None: ...
    async def close_room(self, room: str) -> None: ...
    async def join(self, room: str, peer: str, label: str, offer: str, may_send: list[str]) -> Joined: ...
    async def restart_ice(self, peer: str, offer: str) -> str: ...
    async def leave(self, peer: str) -> None: ...
    async def set_program(self, room: str, program: Program, audible: list[str]) -> None: ...
    async def set_view(self, peer: str, pinned: list[str], max_video: int, paused: bool) -> None: ...
    async def record(self, room: str, recording_id: str, action: RecordAction, directory: Path | str) -> str: ...


@dataclass(frozen=True, slots=True)
class View:
    """What one viewer asks for, in peers."""

    pinned: tuple[str, ...]
    max_video: int
    paused: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the worker should be doing for this room."""

    is_open: bool
    on_air: OnAir
    views: dict[str, View] = field(default_factory=dict)
    recording_id: str | None = None
    recording: str = "off"  # "on", "paused", "off"


class MediaDriver:
    def __init__(self, room: str, media: Media, directory: Path, wanted: Callable[[], Wanted]) -> None:
        self._room = room
        self._media = media
        self._directory = directory  # of captures; a folder per recording in it
        self._wanted = wanted
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._told_open = False
        self._told_air: OnAir | None = None
        self._told_views: dict[str, View] = {}
        self._told_recording: tuple[str, str] | None = None  # id, "on" or "paused"
        self._settling = asyncio.Lock()

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name=f"media of {self._room}")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def trigger(self) -> None:
        """Something changed: look again."""
        self._changed.set()

    def adopt(self, has: RoomState | None) -> None:
        """A worker is there: this is what it has of the room."""
        self._told_open = has is not None
        self._told_air = None
        self._told_views = {}
        recording: dict[str, Any] | None = has.recording if has else None
        state = "paused" if recording and recording["state"] == "paused" else "on"
        self._told_recording = (str(recording["recording_id"]), state) if recording else None
        self.trigger()

    def forget_view(self, peer: str) -> None:
        self._told_views.pop(peer, None)

    async def _run(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            if not self._media.is_up:
                continue  # its coming back triggers us
            try:
                await self.settle()
            except MediaUnavailable:
                continue
            except MediaError as error:
                log.warning("the media worker refused", room=self._room, error=str(error))
                self._told_air = None
                await asyncio.sleep(RETRY_S)
                self.trigger()

    async def settle(self) -> None:
        """Bring the worker to what is wanted now."""
        async with self._settling:
            await self._settle()

    async def _settle(self) -> None:
        wanted = self._wanted()
        if not wanted.is_open:
            await self._close()
            return
        if not self._told_open:
            await self._media.open_room(self._room)
            self._told_open = True
        if wanted.on_air != self._told_air:
            await self._media.set_program(self._room, wanted.on_air.program, list(wanted.on_air.audible))
            self._told_air = wanted.on_air
        await self._settle_recording(wanted)
        await self._settle_views(wanted)

    async def _settle_views(self, wanted: Wanted) -> None:
        for peer, view in wanted.views.items():
            if self._told_views.get(peer) != view:
                await self._media.set_view(peer, list(view.pinned), view.max_video, view.paused)
                self._told_views[peer] = view

    async def _settle_recording(self, wanted: Wanted) -> None:
        told, recording_id = self._told_recording, wanted.recording_id
        if told is not None and (told[0] != recording_id or wanted.recording == "off"):
            await self._record(told[0], "stop")
            told = self._told_recording = None
        if recording_id is None or wanted.recording == "off":
            return
        if wanted.recording == "paused":
            if told is not None and told[1] == "on":
                await self._record(recording_id, "pause")
                self._told_recording = (recording_id, "paused")
        elif told is None or told[1] == "paused":
            await self._record(recording_id, "start" if told is None else "resume")
            self._told_recording = (recording_id, "on")

    async def _record(self, recording_id: str, action: RecordAction) -> None:
        await self._media.record(self._room, recording_id, action, self._directory / recording_id)

    async def _close(self) -> None:
        if self._told_recording is not None:
            await self._record(self._told_recording[0], "stop")
            self._told_recording = None
        if self._told_open:
            await self._media.close_room(self._room)
            self._told_open = False
