"""The packet log: one append-only file per part of a recording, readable after a crash at any byte.

    file    = header record*
    header  = "GBPKTLOG" version:u16 salt:u32 length:u32 crc:u32 json        (big-endian, like everything here)
    json    = {"recording_id", "part", "started_ns"}                         started_ns: CLOCK_REALTIME
    record  = sync:0xA7 0x5D kind:u8 length:u32 crc:u32 body                 length ≤ 64 KiB
    crc     = CRC-32 of kind, length and body, begun with the salt (so that no media payload can pose as a record)

    kind 1  stream   json {"stream", "kind", "source", "codec", "clock_rate", "payload_type"}
    kind 2  packet   stream:u8 flags:u8 arrival_ns:u64 [ntp:u64 if flags & 1] rtp
    kind 3  label    stream:u8 at_ns:u64 utf-8        who is in this stream from its next packet on; empty: nobody
    kind 4  mark     json {"event", "at_ns", …}       "started", "paused", "resumed", "dropped", "alive" …
    kind 5  end      json {"at_ns"}                   written by an orderly close; without it the part was cut off

A stream is declared before its first packet. What does not check out is skipped up to the next record that does and is
reported as ``Damage``; damage that reaches the end of the file is a torn tail. The reader holds a record and a block.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal, cast

from recordings.errors import NotAPacketLog

MAGIC = b"GBPKTLOG"
VERSION = 1
SUFFIX = ".packets"
SYNC = b"\xa7\x5d"
MAX_BODY = 1 << 16
BLOCK = 1 << 16

StreamKind = Literal["audio", "video"]
Source = Literal["program", "presentation", "voice"]

_HEADER = struct.Struct(">8sHIII")
_RECORD = struct.Struct(">2sBII")
_PACKET = struct.Struct(">BBQ")
_NTP = struct.Struct(">Q")
_LABEL = struct.Struct(">BQ")
_STREAM_RECORD, _PACKET_RECORD, _LABEL_RECORD, _MARK_RECORD, _END_RECORD = 1, 2, 3, 4, 5


@dataclass(frozen=True, slots=True)
class Header:
    """What a part says about itself."""

    recording_id: str
    part: str
    started_ns: int
    salt: int


@dataclass(frozen=True, slots=True)
class Stream:
    """One tapped stream: the program's picture, the presentation, or one of the loudest voices."""

    stream: int
    kind: StreamKind
    source: Source
    codec: str  # "opus", "vp8", "h264"
    clock_rate: int
    payload_type: int


@dataclass(frozen=True, slots=True)
class Packet:
    stream: int
    arrival_ns: int  # CLOCK_REALTIME
    ntp: int | None  # the sender's 64-bit NTP time of this packet's RTP timestamp
    rtp: bytes


@dataclass(frozen=True, slots=True)
class Label:
    """From the stream's next packet on, this producer (a site's id) is in it; None: nobody."""

    stream: int
    at_ns: int
    label: str | None


@dataclass(frozen=True, slots=True)
class Mark:
    """Something the worker noted: see the module's list of events."""

    at_ns: int
    event: dict[str, Any]


@dataclass(frozen=True, slots=True)
class End:
    at_ns: int


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes that are no record; ``is_tail`` when nothing readable follows."""

    offset: int
    length: int
    is_tail: bool


Record = Stream | Packet | Label | Mark | End | Damage


# -- writing ------------------------------------------------------------------------------------------------------


def encode_header(header: Header) -> bytes:
    body = _json({"recording_id": header.recording_id, "part": header.part, "started_ns": header.started_ns})
    return _HEADER.pack(MAGIC, VERSION, header.salt, len(body), zlib.crc32(body, header.salt)) + body


def encode(record: Stream | Packet | Label | Mark | End, salt: int) -> bytes:
    """The bytes of one record; ``ValueError`` when it is larger than a record may be."""
    match record:
        case Packet(stream, arrival_ns, ntp, rtp):
            tail = rtp if ntp is None else _NTP.pack(ntp) + rtp
            return _frame(_PACKET_RECORD, _PACKET.pack(stream, ntp is not None, arrival_ns) + tail, salt)
        case Label(stream, at_ns, label):
            return _frame(_LABEL_RECORD, _LABEL.pack(stream, at_ns) + (label or "").encode(), salt)
        case Stream():
            return _frame(_STREAM_RECORD, _json(asdict(record)), salt)
        case Mark(at_ns, event):
            return _frame(_MARK_RECORD, _json({**event, "at_ns": at_ns}), salt)
        case End(at_ns):
            return _frame(_END_RECORD, _json({"at_ns": at_ns}), salt)


def _frame(kind: int, body: bytes, salt: int) -> bytes:
    if len(body) > MAX_BODY:
        raise ValueError(f"a record of {len(body)} bytes is larger than {MAX_BODY}")
    return _RECORD.pack(SYNC, kind, len(body), _checksum(kind, body, salt)) + body


def _checksum(kind: int, body: bytes, salt: int) -> int:
    return zlib.crc32(body, zlib.crc32(struct.pack(">BI", kind, len(body)), salt))


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


# -- reading ------------------------------------------------------------------------------------------------------


def read_header(path: Path) -> Header:
    """The header alone; ``NotAPacketLog`` when it is not whole."""
    with path.open("rb") as file:
        return _read_header(file, path)


def read(path: Path) -> Iterator[Record]:
    """All records in the order written, with ``Damage`` where bytes are no record; needs the memory of two blocks."""
    with path.open("rb") as file:
        header = _read_header(file, path)
        yield from _Scanner(file, header.salt, file.tell()).records()


def parts(directory: Path) -> list[Path]:
    """The readable packet logs of one recording, the earliest first; a part torn inside its header holds nothing."""
    found = []
    for path in directory.glob(f"*{SUFFIX}"):
        try:
            found.append((read_header(path).started_ns, path.name, path))
        except NotAPacketLog:
            continue
    return [path for _, _, path in sorted(found)]


def _read_header(file: BinaryIO, path: Path) -> Header:
    fixed = file.read(_HEADER.size)
    if len(fixed) < _HEADER.size or fixed[: len(MAGIC)] != MAGIC:
        raise NotAPacketLog(f"{path.name} is not a packet log")
    _, version, salt, length, crc = _HEADER.unpack(fixed)
    if version != VERSION:
        raise NotAPacketLog(f"{path.name} is a packet log of version {version}, known is {VERSION}")
    body = file.read(min(length, MAX_BODY))
    if len(body) != length or zlib.crc32(body, salt) != crc:
        raise NotAPacketLog(f"the header of {path.name} is torn")
    try:
        value = json.loads(body)
        return Header(str(value["recording_id"]), str(value["part"]), int(value["started_ns"]), salt)
    except (ValueError, KeyError, TypeError) as error:
        raise NotAPacketLog(f"the header of {path.name} makes no sense: {error}") from error


class _Scanner:
    """Walks a file record by record; on bytes that do not check out it looks for the next record that does."""

    def __init__(self, file: BinaryIO, salt: int, offset: int) -> None:
        self._file = file
        self._salt = salt
        self._window = bytearray()
        self._at = 0  # position of the next unread byte in the window
        self._offset = offset  # of that byte in the file

    def records(self) -> Iterator[Record]:
        damaged_from: int | None = None
        while self._fill(_RECORD.size):
            start = self._offset
            record = self._take()
            if record is None:
                damaged_from = start if damaged_from is None else damaged_from
                self._seek_sync()
                continue
            if damaged_from is not None:
                yield Damage(damaged_from, start - damaged_from, is_tail=False)
                damaged_from = None
            yield record
        end = self._offset + len(self._window) - self._at
        start = self._offset if damaged_from is None else damaged_from
        if end > start:
            yield Damage(start, end - start, is_tail=True)

    def _take(self) -> Record | None:
        """The record at the present position, which then moves behind it; None (and no move) when it is none."""
        sync, kind, length, crc = _RECORD.unpack_from(self._window, self._at)
        if sync != SYNC or length > MAX_BODY or not self._fill(_RECORD.size + length):
            return None
        begin = self._at + _RECORD.size
        body = bytes(self._window[begin : begin + length])
        if _checksum(kind, body, self._salt) != crc:
            return None
        record = _decode(kind, body)
        if record is not None:
            self._advance(_RECORD.size + length)
        return record

    def _seek_sync(self) -> None:
        """Move to the next place where a record could begin, at least one byte on."""
        found = self._window.find(SYNC, self._at + 1)
        if found < 0:  # the last byte may be the first half of a sync
            found = max(self._at + 1, len(self._window) - 1)
        self._advance(found - self._at)

    def _fill(self, size: int) -> bool:
        if len(self._window) - self._at >= size:
            return True
        del self._window[: self._at]
        self._at = 0
        while len(self._window) < size:
            block = self._file.read(max(BLOCK, size - len(self._window)))
            if not block:
                return False
            self._window += block
        return True

    def _advance(self, count: int) -> None:
        self._at += count
        self._offset += count


def _decode(kind: int, body: bytes) -> Record | None:
    """A record whose checksum was right; None for a kind or shape this version does not know."""
    try:
        if kind == _PACKET_RECORD:
            return _decode_packet(body)
        if kind == _LABEL_RECORD:
            stream, at_ns = _LABEL.unpack_from(body)
            return Label(stream, at_ns, body[_LABEL.size :].decode() or None)
        value = cast(dict[str, Any], json.loads(body))
        if kind == _STREAM_RECORD:
            return Stream(**value)
        if kind == _MARK_RECORD:
            at_ns = int(value.pop("at_ns"))
            return Mark(at_ns, value)
        return End(int(value["at_ns"])) if kind == _END_RECORD else None
    except (ValueError, KeyError, TypeError, AttributeError, struct.error):
        return None


def _decode_packet(body: bytes) -> Packet:
    stream, flags, arrival_ns = _PACKET.unpack_from(body)
    if not flags & 1:
        return Packet(stream, arrival_ns, None, body[_PACKET.size :])
    (ntp,) = _NTP.unpack_from(body, _PACKET.size)
    return Packet(stream, arrival_ns, ntp, body[_PACKET.size + _NTP.size :])
