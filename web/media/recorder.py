"""Records a room beside it: a virtual peer whose slots feed a packet log. A disk that fails interrupts the recording,
never the room; a new part is tried every few seconds."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from recordings.capture.tap import Tap
from recordings.errors import TapFailed
from sfu.negotiation import SlotKind
from sfu.plane.plane import SinkPacket
from sfu.slot import Slot
from sfu.transport.node import MediaNode
from web.media.messages import RecordingChanged

RETRY_S = 3.0
KEYFRAME_EVERY_S = 10.0
"""Seeking goes from keyframe to keyframe, and browsers send none unasked; so a gap's picture is back as soon, too."""
KINDS: list[SlotKind] = ["video", "presentation", "audio", "audio", "audio"]
SOURCES: dict[SlotKind, Literal["program", "presentation", "voice"]] = {
    "video": "program",
    "presentation": "presentation",
    "audio": "voice",
}
State = Literal["on", "paused", "interrupted"]


class Recorder:
    """One recording of one room: starts at once, ends with ``stop``. ``part`` names this worker's share of it."""

    def __init__(
        self,
        node: MediaNode,
        room: str,
        recording_id: str,
        directory: Path,
        part: str,
        on_event: Callable[[RecordingChanged], None],
    ) -> None:
        self.recording_id = recording_id
        self.directory = directory
        self.state: State = "on"
        self._node = node
        self._room = room
        self._part = part
        self._on_event = on_event
        self._peer = f"recorder {recording_id}"
        self._tap: Tap | None = None
        self._retry_at = 0.0
        self._refresh_at = 0.0
        self._streams: dict[int, tuple[int, Slot]] = {}  # consumer → stream, slot
        self._labels: dict[int, str] = {}  # encoding → its sender's label
        node.open_room(room)
        node.add_virtual_peer(room, self._peer, KINDS, self._write)
        slots = node.room(room).peers[self._peer].slots
        self._streams = {slot.consumer.handle: (stream, slot) for stream, slot in enumerate(slots)}

    def start(self, now: float) -> str:
        """Open the packet log; a disk that refuses is reported as an interruption and tried again."""
        if not self._open(now):
            return _now()
        self._ask(now)
        return self._tell("on")

    def pause(self, now: float) -> str:
        """Nothing is written until ``resume``."""
        if self.state != "paused":
            self._mark({"event": "paused"}, now)
            self.state = "paused"
            self._node.suspend(self._room, self._peer, True)
        return self._tell("paused")

    def resume(self, now: float) -> str:
        """Go on with keyframes of everything on air."""
        if self.state == "paused":
            self.state = "on"
            if self._tap is not None:
                self._mark({"event": "resumed"}, now)
            else:
                self._open(now)
            self._node.suspend(self._room, self._peer, False)
            self._ask(now)
        return self._tell("on") if self.is_writing else _now()

    @property
    def is_writing(self) -> bool:
        return self._tap is not None and self.state == "on"

    async def stop(self) -> str:
        """End the packet log in good order; a slow disk is waited for beside the packet loop, not in it."""
        at = _now()
        if self._room in self._node.rooms and self._peer in self._node.room(self._room).peers:
            self._node.remove_virtual_peer(self._room, self._peer)
        tap, self._tap, cause = self._tap, None, None
        try:
            if tap is not None:
                await asyncio.to_thread(tap.close)
        except TapFailed as failure:
            cause = failure.cause
        self._tell("off", cause)
        return at

    def handle_timeout(self, now: float) -> None:
        """Bring what is written to the disk; try again after a failure."""
        if self._tap is not None:
            try:
                self._tap.flush(now)
                self._refresh(now)
            except TapFailed as failure:
                self._interrupt(failure, now)
        elif self.state == "interrupted" and now >= self._retry_at and self._open(now):
            self._node.suspend(self._room, self._peer, False)
            self._ask(now)
            self._tell("on")

    def _refresh(self, now: float) -> None:
        if self.state == "on" and now >= self._refresh_at and self._room in self._node.rooms:
            self._ask(now)

    def _ask(self, now: float) -> None:
        """A keyframe from now on: one that the plane still had is of before, and nothing of before is recorded."""
        self._refresh_at = now + KEYFRAME_EVERY_S
        self._node.refresh(self._room, self._peer)

    def _open(self, now: float) -> bool:
        try:
            tap = Tap(self.directory, self.recording_id, self._part)
            for stream, slot in self._streams.values():
                codec = slot.line.codec
                kind: Literal["audio", "video"] = "audio" if slot.line.kind == "audio" else "video"
                source = SOURCES[slot.line.kind]
                tap.add_stream(stream, kind, source, codec.name, codec.clock_rate, codec.payload_type)
        except TapFailed as failure:
            self._interrupt(failure, now)
            return False
        self._tap, self.state = tap, "on"
        return True

    def _write(self, packet: SinkPacket) -> None:
        """Called from the packet loop: puts the packet into the tap's buffer, and never raises."""
        if self._tap is None or self.state != "on":
            return
        stream, _ = self._streams[packet.consumer]
        try:
            self._tap.write(stream, packet, self._label(packet.encoding))
        except TapFailed as failure:
            self._interrupt(failure, None)

    def _label(self, encoding: int) -> str | None:
        """Whose packet it is: of its own encoding, for the slot may be waiting for another one's keyframe already.

        Asked each time, for over a link others come in the same encoding.
        """
        if self._room in self._node.rooms:
            label = self._node.room(self._room).label_of(encoding)
            if label:  # kept: the last packets come when their sender has left
                self._labels[encoding] = label
        return self._labels.get(encoding)

    def _mark(self, event: dict[str, str], now: float) -> None:
        if self._tap is None:
            return
        try:
            self._tap.mark(event)
        except TapFailed as failure:
            self._interrupt(failure, now)

    def _interrupt(self, failure: TapFailed, now: float | None) -> None:
        self._tap = None
        if self.state == "paused":
            return  # nothing is missing; ``resume`` begins a new part
        was, self.state = self.state, "interrupted"
        self._retry_at = now + RETRY_S if now is not None else 0.0
        if was != "interrupted":
            self._tell("interrupted", f"{failure.cause}: {failure.message}")

    def _tell(self, state: str, cause: str | None = None) -> str:
        at = _now()
        self._on_event(RecordingChanged(self._room, self.recording_id, state, at, cause))
        return at


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
