"""A media worker: rooms on one port, driven over a Unix socket as PROTOCOL.md says. ``giaoban media N`` runs it."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import secrets
import signal
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import structlog
import uvloop

from sfu.events import RoomEvent
from sfu.plane.native.loop import WORKER, LoopPlane
from sfu.plane.plane import Plane
from sfu.plane.reference import ReferencePlane
from sfu.settings import Limits, MediaSettings
from sfu.transport.node import MediaNode
from web.heartbeat import beating
from web.media import messages
from web.media.errors import BadFrame
from web.media.framing import encode_frame, read_frame
from web.media.recorder import Recorder
from web.media.requests import answer
from web.media.statistics import BusyMeter, LoadMeter, Rates
from web.run_folder import lock, wait_until_prepared, write_pid
from web.settings import MediaWorker, Settings
from web.supervisor import CANNOT_START

log = structlog.get_logger()
TICK_S = 0.5
LOAD_EVERY_S = 5.0
GARBAGE_AFTER = 50_000  # objects; feedback of 200 viewers is thousands of tuples that live for a moment


class Worker:
    """One process's worth of media."""

    def __init__(self, settings: MediaSettings, plane: Plane) -> None:
        self.boot_id = secrets.token_hex(8)
        self.node = MediaNode(settings, plane, self._room_event)
        self.recorders: dict[str, Recorder] = {}
        self.load = LoadMeter()
        self.busy = BusyMeter()
        self.rates = Rates()
        self._settings = settings
        self._writer: asyncio.StreamWriter | None = None
        self._web_gone_at: float | None = None
        self._tell_load_at = 0.0
        self._tasks: set[asyncio.Future[None]] = set()

    async def serve(self, path: Path, stop: asyncio.Event) -> None:
        """Open everything, serve until ``stop``."""
        await self.node.open()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        server = await asyncio.start_unix_server(self._connected, str(path))
        path.chmod(0o600)
        self._web_gone_at = time.monotonic()
        log.info("media worker ready", boot_id=self.boot_id, addresses=self.node.listener.addresses)
        ticking = asyncio.ensure_future(self._tick_on())
        try:
            await stop.wait()
        finally:
            ticking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await ticking
            server.close()
            await self._close_all()
            self._disconnect()
            await self.node.close()
            path.unlink(missing_ok=True)

    # -- the web process --------------------------------------------------------------------------------------------

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._disconnect()  # the newest web process drives
        self._writer, self._web_gone_at = writer, None
        self._tell_load_at = 0.0
        for room in self.node.rooms.values():
            for event in room.standing():
                self._room_event(event)
        try:
            while (message := await read_frame(reader)) is not None and self._writer is writer:
                self._answer(message, writer)  # a task each, begun in order: what waits for the disk holds up nothing
        except (BadFrame, ConnectionError) as error:
            log.warning("web process sent nonsense", error=str(error))
        finally:
            if self._writer is writer:
                self._writer, self._web_gone_at = None, time.monotonic()
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def _answer(self, message: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        async def reply() -> None:
            done = await answer(self, message)
            if self._writer is writer:  # a later web process has numbers of its own
                self._send(done)

        task = asyncio.ensure_future(reply())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _disconnect(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _send(self, message: dict[str, Any]) -> None:
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(encode_frame(message))

    def _room_event(self, event: RoomEvent) -> None:
        """Room events and messages have the same names and fields."""
        kind = getattr(messages, type(event).__name__)
        self._send({"event": messages.NAMES_OF_EVENTS[kind], **asdict(event)})

    def recording_changed(self, event: messages.RecordingChanged) -> None:
        """Passed to recorders."""
        if event.state == "interrupted":
            log.error("recording interrupted", room=event.room, recording=event.recording_id, cause=event.cause)
        self._send(messages.event_to_json(event))

    # -- time -------------------------------------------------------------------------------------------------------

    async def _tick_on(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            now = time.monotonic()
            for recorder in list(self.recorders.values()):
                recorder.handle_timeout(now)
            self._watch(now)
            self._tell_load(now)
            gone = self._web_gone_at
            if gone is not None and now - gone > self._settings.timeouts.web_gone_s:
                if self.node.rooms:
                    log.warning("no web process came back: rooms are closed", rooms=len(self.node.rooms))
                self._web_gone_at = now
                await self._close_all()

    def _watch(self, now: float) -> None:
        """Give up something when the packet thread can do no more, and say so."""
        level = self.busy.read(self.node, now)
        if self.node.measure(level, now):
            log.warning("overload", given_up=self.node.overload.step.name.lower(), busy=round(level, 2))
            self._tell_load_at = 0.0

    def _tell_load(self, now: float) -> None:
        if now >= self._tell_load_at:
            self._tell_load_at = now + LOAD_EVERY_S
            self._send(messages.event_to_json(self.load.read(self.node, now)))

    def drain(self) -> None:
        """Before a planned restart: rooms that are here go on, new ones are for other workers."""
        log.info("draining", rooms=len(self.node.rooms))
        self.node.admission.draining = True
        self._tell_load_at = 0.0

    async def _close_all(self) -> None:
        """End recordings in good order, then send everybody away."""
        recorders, self.recorders = list(self.recorders.values()), {}
        await asyncio.gather(*(recorder.stop() for recorder in recorders), *self._tasks)
        for room in list(self.node.rooms):
            self.node.close_room(room)


def run_worker(settings: Settings, this: MediaWorker, heartbeat: int | None = None) -> int:
    """Run this media worker until SIGTERM or SIGINT; ``CANNOT_START`` when another process has its socket."""
    wait_until_prepared(settings.run_folder)
    held = lock(this.socket.with_suffix(".lock"))
    if held is None:
        print(f"Another media worker serves {this.socket}", file=sys.stderr)
        return CANNOT_START
    write_pid(settings.run_folder, this.name)
    structlog.contextvars.bind_contextvars(worker=this.name)
    media = MediaSettings(
        host_addresses=settings.media_addresses,
        udp_port=this.port,
        tcp_port=this.port,
        limits=Limits(peers=settings.media_peers),
        video_codec="h264" if settings.video_codec == "h264" else "vp8",
    )
    with held:
        uvloop.run(_serve(media, this.socket, make_plane(settings.plane, settings.media_memory), heartbeat))
    return 0


def make_plane(name: str, ring_bytes: int = WORKER.ring_bytes) -> Plane:
    """The plane of that name, as ``GIAOBAN_PLANE`` takes it; the readable one has no limit in bytes."""
    return ReferencePlane() if name == "reference" else LoopPlane(settings=replace(WORKER, ring_bytes=ring_bytes))


async def _serve(settings: MediaSettings, path: Path, plane: Plane, heartbeat: int | None) -> None:
    async with beating(heartbeat):
        await serve_media(settings, path, plane)


async def serve_media(settings: MediaSettings, path: Path, plane: Plane | None = None) -> None:
    """Serve until SIGTERM or SIGINT, drain at SIGUSR1; with the native plane unless another is given."""
    gc.set_threshold(GARBAGE_AFTER)
    worker, stop = Worker(settings, plane or LoopPlane()), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGUSR1, worker.drain)
    await worker.serve(path, stop)
