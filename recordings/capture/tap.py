"""The tap: takes the program's packets from the media loop and appends them to a packet log, never making it wait.

The loop's calls only put bytes into a bounded buffer; a writer thread carries them to the file every 0.2 s and to the
disk every second. A disk that is too slow costs pictures first and sound last, and the log says what is missing; a disk
that fails or fills up raises ``TapFailed`` at the next call. Then a new ``Tap`` with another part may be tried.
"""

from __future__ import annotations

import errno
import os
import secrets
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal

from recordings.capture.packet_log import (
    SUFFIX,
    End,
    Header,
    Label,
    Mark,
    Packet,
    Source,
    Stream,
    StreamKind,
    encode,
    encode_header,
)
from recordings.errors import TapFailed
from recordings.settings import TapSettings

if TYPE_CHECKING:
    from sfu.plane.plane import SinkPacket

Losing = Literal["nothing", "video", "everything"]


class Tap:
    """One part of a recording: from the start (or a restart of the worker) to its close, pauses included."""

    def __init__(self, directory: Path, recording_id: str, part: str, settings: TapSettings | None = None) -> None:
        """Create the part's file; a part that exists already is never written to again (the name gets a number)."""
        self.settings = settings or TapSettings()
        self.losing: Losing = "nothing"  # what the present lack of speed costs
        self.left_out: dict[int, int] = {}  # stream → packets left out since the start
        self._streams: dict[int, Stream] = {}
        self._labels: dict[int, str | None] = {}
        self._gaps: dict[int, tuple[int, int]] = {}  # stream → (packets, since when) of a gap not yet noted
        self._salt = secrets.randbits(32)
        self._buffer: list[bytes] = []
        self._buffered = 0
        self._wake = threading.Condition()
        self._sync_wanted = False
        self._last_sync: float | None = None
        self._closing = False
        self._failure: TapFailed | None = None
        self._oldest_ns = 0  # arrival of the oldest packet in the buffer
        self._batch_ns = 0  # … and of the oldest one being written
        self.path, self._file = _create(directory, part, self.settings)
        self._put(encode_header(Header(recording_id, part, time.time_ns(), self._salt)))
        self._thread = threading.Thread(target=self._write_on, name=f"tap {part}", daemon=True)
        self._thread.start()

    # -- called by the media loop ---------------------------------------------------------------------------------

    def add_stream(
        self, stream: int, kind: StreamKind, source: Source, codec: str, clock_rate: int, payload_type: int
    ) -> None:
        """Declare a stream before its first packet; again with another codec or payload type when it changes."""
        self._check()
        self._streams[stream] = Stream(stream, kind, source, codec, clock_rate, payload_type)
        self._put(encode(self._streams[stream], self._salt))

    def write(self, stream: int, packet: SinkPacket, producer_label: str | None) -> None:
        """Append a packet; ``producer_label`` (the site's id) is noted when it changes."""
        self._check()
        if self._leaves_out(stream, packet.arrival_ns):
            return
        if self._labels.get(stream, "") != producer_label:
            self._labels[stream] = producer_label
            self._put(encode(Label(stream, packet.arrival_ns, producer_label), self._salt))
        self._oldest_ns = self._oldest_ns or packet.arrival_ns
        self._put(encode(Packet(stream, packet.arrival_ns, packet.ntp, packet.rtp), self._salt))

    def mark(self, event: dict[str, Any]) -> None:
        """Note an event (``{"event": "paused"}`` …); ``at_ns`` is now unless it says otherwise."""
        self._check()
        at_ns = event.get("at_ns", time.time_ns())
        self._put(encode(Mark(at_ns, {name: value for name, value in event.items() if name != "at_ns"}), self._salt))

    def flush(self, now: float) -> None:
        """Have everything so far carried to the disk, at most once in ``sync_every_s``; returns at once."""
        self._check()
        if self._last_sync is None or now - self._last_sync >= self.settings.sync_every_s:
            self._last_sync = now
            if not self._buffered:  # a silent second is a captured second too
                self.mark({"event": "alive"})
            with self._wake:
                self._sync_wanted = True
                self._wake.notify()

    def close(self) -> None:
        """End the part in good order: waits for the disk (at most ``close_within_s``). Closing twice is harmless."""
        if not self._closing:
            self._note_gaps()
            self._put(encode(End(time.time_ns()), self._salt))
            with self._wake:
                self._closing = True
                self._wake.notify()
        self._thread.join(self.settings.close_within_s)
        if self._thread.is_alive():
            raise TapFailed(f"the disk did not take the end of {self.path.name}", from_ns=self._batch_ns or None)
        self._check()

    def __enter__(self) -> Tap:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _put(self, data: bytes) -> None:
        with self._wake:
            self._buffer.append(data)
            self._buffered += len(data)

    def _leaves_out(self, stream: int, arrival_ns: int) -> bool:
        """Whether the buffer is too full for this stream; notes the gap once there is room again."""
        is_video = self._streams[stream].kind == "video"
        if self._buffered > (self.settings.video_buffer_bytes if is_video else self.settings.buffer_bytes):
            self.losing = "video" if is_video and self.losing == "nothing" else self.losing
            self.losing = self.losing if is_video else "everything"
            self.left_out[stream] = self.left_out.get(stream, 0) + 1
            packets, since = self._gaps.get(stream, (0, arrival_ns))
            self._gaps[stream] = (packets + 1, since)
            return True
        if self._gaps and self._buffered < self.settings.video_buffer_bytes // 2:
            self.losing = "nothing"
            self._note_gaps()
        return False

    def _note_gaps(self) -> None:
        for stream, (packets, since) in self._gaps.items():
            event = {"event": "dropped", "stream": stream, "packets": packets, "from_ns": since}
            self._put(encode(Mark(time.time_ns(), event), self._salt))
        self._gaps.clear()

    # -- the writer thread ----------------------------------------------------------------------------------------

    def _write_on(self) -> None:
        try:
            synced = time.monotonic()
            while True:
                data, sync, closing = self._next_batch()
                _write_all(self._file, data)
                if closing or sync or time.monotonic() - synced >= self.settings.sync_every_s:
                    os.fdatasync(self._file)
                    _check_space(self.path, self.settings)
                    synced = time.monotonic()
                with self._wake:
                    self._buffered -= len(data)
                    if closing and not self._buffer:
                        return
        except OSError as error:
            what = f"{self.path.name} cannot be written: {error.strerror or error}"
            self._failure = TapFailed(what, from_ns=self._batch_ns or None)
        finally:
            os.close(self._file)

    def _next_batch(self) -> tuple[bytes, bool, bool]:
        """What is to be written now, whether the disk must have it, and whether it is the last."""
        with self._wake:
            if not self._closing and not self._sync_wanted:
                self._wake.wait(self.settings.write_every_s)
            data, self._buffer = b"".join(self._buffer), []
            self._batch_ns, self._oldest_ns = self._oldest_ns, 0
            sync, self._sync_wanted = self._sync_wanted, False
            return data, sync, self._closing


def _create(directory: Path, part: str, settings: TapSettings) -> tuple[Path, int]:
    """A new file for the part; with ``~2``, ``~3`` … when the name was used before."""
    number = 1
    try:
        directory.mkdir(parents=True, exist_ok=True)
        _check_space(directory, settings)
        while True:
            name = part if number == 1 else f"{part}~{number}"
            path = directory / f"{name}{SUFFIX}"
            try:
                return path, os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            except FileExistsError:
                number += 1
    except OSError as error:
        raise TapFailed(f"no recording can be written in {directory}: {error.strerror or error}") from error


def _check_space(path: Path, settings: TapSettings) -> None:
    """Stop before the disk is so full that the log of the meeting itself could not be written."""
    disk = os.statvfs(path)
    reserve = min(settings.reserve_bytes, int(settings.reserve_share * disk.f_blocks * disk.f_frsize))
    if disk.f_bavail * disk.f_frsize < reserve:
        raise OSError(errno.ENOSPC, f"less than {reserve >> 10} KiB are left on the disk")


def _write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]
