"""MediaClient: the web process's side of the Unix socket to a media worker. It reconnects by itself for as long as
``run()`` runs, and reports ``WorkerUp``/``WorkerDown`` among the events, so that a new boot id is noticed."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from web.media.errors import BadFrame, MediaRefused, MediaUnavailable
from web.media.framing import encode_frame, read_frame
from web.media.messages import (
    VERSION,
    Joined,
    Json,
    LinkKind,
    LinkSide,
    MediaEvent,
    MediaStats,
    Program,
    RecordAction,
    RoomState,
    WorkerDown,
    WorkerHello,
    WorkerUp,
    event_from_json,
)

REQUEST_TIMEOUT_S = 10.0
RETRY_S = (0.05, 1.0)


class MediaClient:
    """Requests are methods; events go to ``on_event`` when given, else they wait in ``events()``."""

    def __init__(self, path: Path, on_event: Callable[[MediaEvent], None] | None = None) -> None:
        self.name = path.stem
        self._path = path
        self._queue: asyncio.Queue[MediaEvent] = asyncio.Queue()
        self._on_event = on_event or self._queue.put_nowait
        self._writer: asyncio.StreamWriter | None = None
        self._waiting: dict[int, asyncio.Future[Json]] = {}
        self._next_id = 0
        self._up = asyncio.Event()
        self.hello: WorkerHello | None = None

    # -- connection -------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Connect, read, reconnect; runs until cancelled."""
        delay = RETRY_S[0]
        while True:
            try:
                reader, writer = await asyncio.open_unix_connection(str(self._path))
            except OSError:
                await asyncio.sleep(delay * random.uniform(0.7, 1.3))
                delay = min(delay * 2, RETRY_S[1])
                continue
            delay = RETRY_S[0]
            try:
                await self._serve(reader, writer)
            finally:
                await self._lose(writer)
            await asyncio.sleep(delay)

    async def wait_up(self, timeout_s: float = 10.0) -> WorkerHello:
        """Wait until a worker is connected."""
        try:
            await asyncio.wait_for(self._up.wait(), timeout_s)
        except TimeoutError:
            raise MediaUnavailable(f"no media worker at {self._path} for {timeout_s:g} s") from None
        assert self.hello is not None  # noqa: S101  set before the event
        return self.hello

    @property
    def is_up(self) -> bool:
        """A worker is connected and has said hello."""
        return self._up.is_set()

    async def events(self) -> AsyncIterator[MediaEvent]:
        """Events in the order they came, when no ``on_event`` was given."""
        while True:
            yield await self._queue.get()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        greeting = asyncio.ensure_future(self._greet())
        try:
            while (message := await read_frame(reader)) is not None:
                self._take(message)
        except BadFrame:
            return
        finally:
            greeting.cancel()
            with contextlib.suppress(asyncio.CancelledError, MediaRefused, MediaUnavailable):
                await greeting

    async def _greet(self) -> None:
        hello = WorkerHello.read(await self.request("hello", version=VERSION))
        is_new = self.hello is None or self.hello.boot_id != hello.boot_id
        self.hello = hello
        self._up.set()
        self._on_event(WorkerUp(hello, is_new))

    async def _lose(self, writer: asyncio.StreamWriter) -> None:
        self._writer = None
        was_up = self._up.is_set()
        self._up.clear()
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(MediaUnavailable("the media worker went away"))
        self._waiting.clear()
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        if was_up:
            self._on_event(WorkerDown())

    def _take(self, message: Json) -> None:
        if "event" in message:
            event = event_from_json(message)
            if event is not None:
                self._on_event(event)
            return
        future = self._waiting.pop(message.get("id", -1), None)
        if future is None or future.done():
            return
        if "error" in message:
            future.set_exception(MediaRefused(message["error"]["code"], message["error"]["message"]))
        else:
            future.set_result(message.get("ok", {}))

    async def request(self, do: str, **arguments: Any) -> Json:
        """Send one request and wait for its answer."""
        if self._writer is None:
            raise MediaUnavailable("no media worker is connected")
        self._next_id += 1
        number = self._next_id
        future: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        self._writer.write(encode_frame({"id": number, "do": do, **arguments}))
        try:
            return await asyncio.wait_for(future, REQUEST_TIMEOUT_S)
        except TimeoutError:
            raise MediaUnavailable(f"the media worker did not answer {do} in {REQUEST_TIMEOUT_S:g} s") from None
        finally:
            self._waiting.pop(number, None)

    # -- requests ---------------------------------------------------------------------------------------------------

    async def state(self) -> dict[str, RoomState]:
        """Rooms the worker has, with their peers and recordings."""
        rooms = (await self.request("state"))["rooms"]
        return {
            name: RoomState(
                tuple(room["peers"]), room["recording"], tuple(room.get("links", ())), tuple(room.get("noted", ()))
            )
            for name, room in rooms.items()
        }

    async def open_room(self, room: str) -> None:
        """Open a room; opening it twice is one."""
        await self.request("open_room", room=room)

    async def close_room(self, room: str) -> None:
        """Close a room; its peers are sent away."""
        await self.request("close_room", room=room)

    async def join(
        self,
        room: str,
        peer: str,
        label: str,
        offer: str,
        may_send: list[str],
        start_bps: int | None = None,
        note: str | None = None,
    ) -> Joined:
        """Take a peer's offer; ``may_send`` out of audio, video, presentation; ``start_bps``: of its line, if known;
        ``note``: kept for who drives the worker after us."""
        arguments: Json = {"label": label, "offer": offer, "may_send": may_send, "start_bps": start_bps, "note": note}
        return Joined.read(await self.request("join", room=room, peer=peer, **arguments))

    async def restart_ice(self, peer: str, offer: str, note: str | None = None) -> str:
        """The answer to a re-offer after ``restartIce()``: same DTLS, same SSRCs, new ufrag and password."""
        return str((await self.request("restart_ice", peer=peer, offer=offer, note=note))["answer"])

    async def note(self, peer: str) -> str:
        """What was noted of a peer; empty: nothing."""
        return str((await self.request("note", peer=peer))["note"])

    async def leave(self, peer: str) -> None:
        """Send a peer away."""
        await self.request("leave", peer=peer)

    async def set_program(self, room: str, program: Program, audible: list[str]) -> None:
        """What is on air, and whose microphone is open; the rest is paused at the plane."""
        await self.request("set_program", room=room, program=asdict(program), audible=audible)

    async def set_view(self, peer: str, pinned: list[str], max_video: int, paused: bool) -> None:
        """What this viewer asks for besides the program."""
        await self.request("set_view", peer=peer, pinned=pinned, max_video=max_video, paused=paused)

    async def record(self, room: str, recording_id: str, action: RecordAction, directory: Path | str) -> str:
        """Start, pause, resume or stop a recording; returns when (RFC 3339)."""
        arguments: Json = {"recording_id": recording_id, "action": action, "directory": str(directory)}
        return str((await self.request("record", room=room, **arguments))["at"])

    async def tell_again(self, peer: str) -> None:
        """Have all events that hold for this viewer told once more: its page may have missed some."""
        await self.request("tell_again", peer=peer)

    async def request_keyframe(self, room: str, peer: str) -> None:
        """Ask a producer's cameras for a keyframe."""
        await self.request("request_keyframe", room=room, peer=peer)

    async def stats(self, room: str | None = None) -> MediaStats:
        """Counters of the worker and of the peers of one or all rooms."""
        return MediaStats.read(await self.request("stats", room=room))

    async def open_link(self, room: str, link: str, kind: LinkKind) -> Json:
        """The offer of this room for a link to a room above."""
        return dict((await self.request("open_link", room=room, link=link, kind=kind))["offer"])

    async def accept_link(
        self, room: str, link: str, kind: LinkKind, offer: Json, labels: list[str] | None = None
    ) -> Json:
        """The answer of this room to a lower one; ``labels``: what may come from there, None: anything."""
        arguments: Json = {"room": room, "link": link, "kind": kind, "offer": offer, "labels": labels}
        return dict((await self.request("accept_link", **arguments))["answer"])

    async def connect_link(self, link: str, answer: Json) -> None:
        """Dial the room above."""
        await self.request("connect_link", link=link, answer=answer)

    async def follow_link(self, link: str, follow: bool) -> None:
        """Whether the program of the room above holds here."""
        await self.request("follow_link", link=link, follow=follow)

    async def limit_link(self, link: str, labels: list[str]) -> None:
        """What may come over it from now on; upper side."""
        await self.request("limit_link", link=link, labels=labels)

    async def close_link(self, link: str, side: LinkSide | None = None) -> None:
        """For good; ``side``: the end of this worker, when it may have both."""
        await self.request("close_link", link=link, side=side)

    async def start_capture(self, peer: str, path: Path, *, whole: bool, seconds: int, most_bytes: int) -> None:
        """Copy this peer's packets to a new pcap file; ``CaptureEnded`` tells of its end."""
        arguments: Json = {"path": str(path), "whole": whole, "seconds": seconds, "bytes": most_bytes}
        await self.request("start_capture", peer=peer, **arguments)

    async def stop_capture(self, peer: str) -> None:
        """End it before its time."""
        await self.request("stop_capture", peer=peer)

    async def drain(self) -> None:
        """Take no new rooms."""
        await self.request("drain")
