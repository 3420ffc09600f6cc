"""Which peers' packets are copied to a file: by the plane where it has a thread, else as they pass the node."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from sfu.errors import CannotCapture, NotAllowed
from sfu.events import CaptureCause, CaptureEnded, RoomEvent
from sfu.plane.native.loop import LoopPlane
from sfu.plane.plane import Address, Plane
from sfu.transport.capture import Capture, head_size
from sfu.transport.carried import CarriedListener
from sfu.transport.listener import Listener
from sfu.transport.udp import Batch
from sfu.transport.webrtc import WebRtcTransport
from sfu.transport.whereabouts import Whereabouts

MOST_AT_ONCE = 4
NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC


class Captures:
    """Of one node. ``handle_timeout`` four times a second, before the plane's copies are too many."""

    def __init__(
        self,
        listener: Listener | CarriedListener,
        plane: Plane,
        whereabouts: Whereabouts,
        on_event: Callable[[RoomEvent], None],
    ) -> None:
        self._listener, self._whereabouts, self._on_event = listener, whereabouts, on_event
        self._thread = plane if isinstance(plane, LoopPlane) else None
        self._running: dict[int, tuple[WebRtcTransport, Capture]] = {}

    def start(self, transport: WebRtcTransport, path: Path, *, whole: bool, seconds: float, most_bytes: int) -> None:
        """Copy its packets to a new file from now on. Raises NotAllowed, CannotCapture."""
        if transport.number in self._running or len(self._running) >= MOST_AT_ONCE:
            raise NotAllowed("this peer's packets, or those of too many others, are being captured")
        try:
            file = os.fdopen(os.open(path, NEW_FILE, 0o600), "wb")
        except OSError as error:
            raise CannotCapture(f"no capture can be written: {error.strerror}") from error
        until = time.monotonic() + seconds
        capture = Capture(file, whole=whole, until=until, most_bytes=most_bytes)
        self._running[transport.number] = (transport, capture)
        self._listener.on_sent = self._saw_sent
        if self._thread is not None:
            self._thread.capture(transport.number, whole=whole)

    def stop(self, transport: WebRtcTransport, cause: CaptureCause) -> None:
        """End it, if there is one; ``cause`` is told."""
        found = self._running.get(transport.number)
        if found is None:
            return
        if self._thread is not None:
            self._thread.stop_capture(transport.number)
        self._fetch()
        del self._running[transport.number]
        if not self._running:
            self._listener.on_sent = None
        capture = found[1]
        cause = capture.end(cause)
        self._on_event(CaptureEnded(transport.room, transport.peer, cause, capture.packets, capture.bytes))

    def handle_timeout(self, now: float) -> None:
        """Fetch what the plane has copied; end what is over."""
        if not self._running:
            return
        self._fetch()
        for transport, capture in list(self._running.values()):
            cause = capture.why_over(now)
            if cause is not None:
                self.stop(transport, cause)

    def saw_received(self, batch: Batch) -> None:
        """What came, where the plane does not copy it itself."""
        if self._running and self._thread is None:
            for data, address, arrival_ns in batch:
                self._saw(False, address, arrival_ns, data)

    def _saw_sent(self, data: bytes, address: Address) -> None:
        if self._thread is None or address[1]:  # what it sends on TCP for us it copies, too
            self._saw(True, address, time.time_ns(), data)

    def _saw(self, sent: bool, address: Address, at_ns: int, data: bytes) -> None:
        owner = self._whereabouts.owner_of(address)
        found = self._running.get(owner.number) if owner is not None else None
        if found is not None:
            kept = data if found[1].whole else data[: head_size(data)]
            self._add(found[1], sent, address, at_ns, len(data), kept)

    def _fetch(self) -> None:
        for number, sent, address, at_ns, size, kept in self._thread.captured() if self._thread is not None else ():
            found = self._running.get(number)
            if found is not None:
                self._add(found[1], sent, address, at_ns, size, kept)

    def _add(self, capture: Capture, sent: bool, address: Address, at_ns: int, size: int, kept: bytes) -> None:
        theirs, ours = self._listener.reflexive(address), self._listener.addresses[0 if address[1] else -1][:2]
        capture.add(*((ours, theirs) if sent else (theirs, ours)), at_ns, size, kept)
