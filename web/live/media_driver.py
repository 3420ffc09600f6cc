"""Makes the room's media worker do what the state says: program, microphones, views, recording of one room.

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
from web.media.errors import MediaError, MediaRefused, MediaUnavailable
from web.media.messages import (
    Joined,
    Json,
    LinkKind,
    LinkSide,
    MediaStats,
    Program,
    RecordAction,
    RoomState,
    WorkerHello,
)

log = structlog.get_logger()
RETRY_S = 1.0


class Media(Protocol):
    """What rooms ask of a media worker: ``web.media.client.MediaClient``, or ``web.media.fake.FakeMedia``."""

    name: str
    hello: WorkerHello | None

    @property
    def is_up(self) -> bool: ...
    async def state(self) -> dict[str, RoomState]: ...
    async def open_room(self, room: str) -> None: ...
    async def close_room(self, room: str) -> None: ...
    async def join(
        self,
        room: str,
        peer: str,
        label: str,
        offer: str,
        may_send: list[str],
        start_bps: int | None = None,
        note: str | None = None,
    ) -> Joined: ...
    async def restart_ice(self, peer: str, offer: str, note: str | None = None) -> str: ...
    async def note(self, peer: str) -> str: ...
    async def leave(self, peer: str) -> None: ...
    async def set_program(self, room: str, program: Program, audible: list[str]) -> None: ...
    async def set_view(self, peer: str, pinned: list[str], max_video: int, paused: bool) -> None: ...
    async def tell_again(self, peer: str) -> None: ...
    async def record(self, room: str, recording_id: str, action: RecordAction, directory: Path | str) -> str: ...
    async def stats(self, room: str | None = None) -> MediaStats: ...
    async def open_link(self, room: str, link: str, kind: LinkKind) -> Json: ...
    async def accept_link(
        self, room: str, link: str, kind: LinkKind, offer: Json, labels: list[str] | None = None
    ) -> Json: ...
    async def connect_link(self, link: str, answer: Json) -> None: ...
    async def follow_link(self, link: str, follow: bool) -> None: ...
    async def limit_link(self, link: str, labels: list[str]) -> None: ...
    async def close_link(self, link: str, side: LinkSide | None = None) -> None: ...
    async def start_capture(self, peer: str, path: Path, *, whole: bool, seconds: int, most_bytes: int) -> None: ...
    async def stop_capture(self, peer: str) -> None: ...


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


@dataclass(slots=True)
class Told:
    """What a worker was told of this room."""

    worker: Media
    is_open: bool = False
    on_air: OnAir | None = None
    views: dict[str, View] = field(default_factory=dict)
    recording: tuple[str, str] | None = None  # id, "on" or "paused"


class MediaDriver:
    def __init__(self, room: str, directory: Path, wanted: Callable[[], Wanted]) -> None:
        self._room = room
        self._directory = directory  # of captures; a folder per recording in it
        self._wanted = wanted
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._told: Told | None = None
        self._settling = asyncio.Lock()
        self.also: Callable[[], None] = lambda: None  # what else is to look again then

    @property
    def worker(self) -> Media | None:
        """Where the room is; None while it is nowhere."""
        return self._told.worker if self._told else None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name=f"media of {self._room}")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def trigger(self) -> None:
        """Something changed: look again."""
        self._changed.set()
        self.also()

    def adopt(self, worker: Media, has: RoomState | None) -> None:
        """The room is on this worker, which has this of it."""
        recording: dict[str, Any] | None = has.recording if has else None
        state = "paused" if recording and recording["state"] == "paused" else "on"
        told = (str(recording["recording_id"]), state) if recording else None
        self._told = Told(worker, is_open=has is not None, recording=told)
        self.trigger()

    def abandon(self) -> None:
        """The room is on no worker."""
        self._told = None

    def forget_view(self, peer: str) -> None:
        if self._told is not None:
            self._told.views.pop(peer, None)

    async def _run(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            told = self._told
            if told is None or not told.worker.is_up:
                continue  # being placed triggers us
            try:
                await self.settle()
            except MediaUnavailable:
                continue
            except MediaError as error:
                log.warning("a media worker refused", worker=told.worker.name, room=self._room, error=str(error))
                told.on_air = None
                await asyncio.sleep(RETRY_S)
                self.trigger()

    async def settle(self) -> None:
        """Bring the worker to what is wanted now."""
        async with self._settling:
            if self._told is not None:
                await self._settle(self._told)

    async def _settle(self, told: Told) -> None:
        wanted = self._wanted()
        if not wanted.is_open:
            await self._close(told)
            return
        if not told.is_open:
            await self._open(told)
        if wanted.on_air != told.on_air:
            await told.worker.set_program(self._room, wanted.on_air.program, list(wanted.on_air.audible))
            told.on_air = wanted.on_air
        await self._settle_recording(told, wanted)
        await self._settle_views(told, wanted)

    async def _settle_views(self, told: Told, wanted: Wanted) -> None:
        for peer, view in wanted.views.items():
            if told.views.get(peer) != view:
                await told.worker.set_view(peer, list(view.pinned), view.max_video, view.paused)
                told.views[peer] = view

    async def _settle_recording(self, told: Told, wanted: Wanted) -> None:
        recording_id = wanted.recording_id
        if told.recording is not None and (told.recording[0] != recording_id or wanted.recording == "off"):
            await self._record(told, told.recording[0], "stop")
            told.recording = None
        if recording_id is None or wanted.recording == "off":
            return
        if wanted.recording == "paused":
            if told.recording is not None and told.recording[1] == "on":
                await self._record(told, recording_id, "pause")
                told.recording = (recording_id, "paused")
        elif told.recording is None or told.recording[1] == "paused":
            await self._record(told, recording_id, "start" if told.recording is None else "resume")
            told.recording = (recording_id, "on")

    async def _record(self, told: Told, recording_id: str, action: RecordAction) -> None:
        await told.worker.record(self._room, recording_id, action, self._directory / recording_id)

    async def _open(self, told: Told) -> None:
        try:
            await told.worker.open_room(self._room)
        except MediaRefused:
            if self._told is told:
                self.abandon()  # it takes no rooms: another one may
            raise
        told.is_open = True

    async def _close(self, told: Told) -> None:
        if told.recording is not None:
            await self._record(told, told.recording[0], "stop")
            told.recording = None
        if told.is_open:
            await told.worker.close_room(self._room)
            told.is_open = False
