"""The first pass over the packet logs: when it was captured, who was in the picture, whose clock says what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from recordings.capture import packet_log
from recordings.capture.clock import Offsets, Readings
from recordings.capture.depacketizer import vp8_is_key, vp8_payload, vp8_size
from recordings.capture.jitter import RtpPacket, Unwrap, parse
from recordings.capture.packet_log import Damage, End, Label, Mark, Packet, Stream
from recordings.capture.timeline import Interval
from recordings.errors import NothingRecorded

STILL_SHARED_NS = 5_000_000_000  # a shared screen that does not change sends little


@dataclass(frozen=True, slots=True)
class Seen:
    """From here on this producer's picture was in a stream."""

    at_ns: int
    source: str
    label: str | None


@dataclass(slots=True)
class Scan:
    """What the first pass found."""

    paths: list[Path] = field(default_factory=list)
    captured: list[Interval] = field(default_factory=list)
    pauses: list[Interval] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    presented: list[Interval] = field(default_factory=list)
    offsets: Offsets = field(default_factory=Offsets)
    first_picture: tuple[str, int, int] | None = None  # codec, width, height of the program's first keyframe
    damaged_bytes: int = 0
    left_out: int = 0  # packets a slow disk cost


@dataclass(frozen=True, slots=True)
class Tapped:
    """A packet of a stream, placed."""

    stream: Stream
    packet: RtpPacket


def scan(directory: Path) -> Scan:
    """Read every part once; ``NothingRecorded`` when there is none with a packet in it."""
    found = Scan()
    for number, path in enumerate(packet_log.parts(directory)):
        _scan_part(found, number, path)
    if not found.captured:
        raise NothingRecorded(f"nothing was captured in {directory}")
    return found


def replay(path: Path, number: int, offsets: Offsets) -> Iterator[Tapped]:
    """The packets of a part in order of arrival, each with its place on our wall clock."""
    streams: dict[int, Stream] = {}
    labels: dict[int, str | None] = {}
    sequences: dict[int, Unwrap] = defaultdict(lambda: Unwrap(16))
    readings = Readings(number)
    for record in packet_log.read(path):
        if isinstance(record, Stream):
            streams[record.stream] = record
        elif isinstance(record, Label):
            labels[record.stream] = record.label
        elif isinstance(record, Packet) and record.stream in streams and (parsed := parse(record.rtp)) is not None:
            stream, label = streams[record.stream], labels.get(record.stream)
            sequence, timestamp, payload_type, marker, payload = parsed
            key, time_ns, unwrapped = readings.read(
                record.stream, timestamp, stream.clock_rate, record.ntp, record.arrival_ns, label
            )
            wall_ns = offsets.wall_ns(key, time_ns, record.arrival_ns)
            sequence = sequences[record.stream](sequence)
            yield Tapped(
                stream,
                RtpPacket(sequence, unwrapped, payload_type, marker, payload, record.arrival_ns, wall_ns, label),
            )


def _scan_part(found: Scan, number: int, path: Path) -> None:
    header = packet_log.read_header(path)
    part = _Part(found, Readings(number), header.started_ns)
    for record in packet_log.read(path):
        part.take(record)
    part.finish()
    found.paths.append(path)
    found.captured.append(Interval(header.started_ns, max(part.last_ns, header.started_ns + 1)))


class _Part:
    """The state of the pass over one part."""

    def __init__(self, found: Scan, readings: Readings, started_ns: int) -> None:
        self.last_ns = started_ns
        self._found = found
        self._readings = readings
        self._streams: dict[int, Stream] = {}
        self._labels: dict[int, str | None] = {}
        self._paused_ns: int | None = None
        self._sharing: list[int] | None = None  # first and last arrival of the presentation going on

    def take(self, record: packet_log.Record) -> None:
        match record:
            case Stream():
                self._streams[record.stream] = record
            case Label(stream, at_ns, label):
                self._labels[stream] = label
                self._take_label(stream, at_ns, label)
            case Packet():
                self._take_packet(record)
            case Mark():
                self._take_mark(record)
            case End(at_ns):
                self.last_ns = max(self.last_ns, at_ns)
            case Damage():
                self._found.damaged_bytes += record.length

    def finish(self) -> None:
        self._end_sharing()
        if self._paused_ns is not None:
            self._found.pauses.append(Interval(self._paused_ns, self.last_ns))

    def _take_label(self, stream: int, at_ns: int, label: str | None) -> None:
        declared = self._streams.get(stream)
        if declared is not None and declared.kind == "video":
            self._found.seen.append(Seen(at_ns, declared.source, label))
            if declared.source == "presentation":
                self._end_sharing()

    def _take_mark(self, mark: Mark) -> None:
        self.last_ns = max(self.last_ns, mark.at_ns)
        match mark.event.get("event"):
            case "paused" if self._paused_ns is None:
                self._paused_ns = mark.at_ns
            case "resumed" if self._paused_ns is not None:
                self._found.pauses.append(Interval(self._paused_ns, mark.at_ns))
                self._paused_ns = None
            case "dropped":
                self._found.left_out += int(mark.event.get("packets", 0))

    def _take_packet(self, packet: Packet) -> None:
        stream, parsed = self._streams.get(packet.stream), parse(packet.rtp)
        if stream is None or parsed is None:
            return
        self.last_ns = max(self.last_ns, packet.arrival_ns)
        label = self._labels.get(packet.stream)
        key, time_ns, _ = self._readings.read(
            packet.stream, parsed[1], stream.clock_rate, packet.ntp, packet.arrival_ns, label
        )
        self._found.offsets.observe(key, time_ns, packet.arrival_ns)
        if stream.source == "presentation" and label is not None:
            self._share(packet.arrival_ns)
        if self._found.first_picture is None and stream.kind == "video" and stream.source == "program":
            self._found.first_picture = _picture(stream.codec, parsed[4])

    def _share(self, arrival_ns: int) -> None:
        if self._sharing is not None and arrival_ns - self._sharing[1] > STILL_SHARED_NS:
            self._end_sharing()
        self._sharing = [self._sharing[0] if self._sharing else arrival_ns, arrival_ns]

    def _end_sharing(self) -> None:
        if self._sharing is not None:
            self._found.presented.append(Interval(*self._sharing))
            self._sharing = None


def _picture(codec: str, payload: bytes) -> tuple[str, int, int] | None:
    """Codec and size when this payload begins a keyframe; H.264 says its size later."""
    if codec == "h264":
        return (codec, 0, 0) if payload and payload[0] & 0x1F in (5, 7, 24) else None
    parsed = vp8_payload(payload)
    if parsed is None or not parsed[0] or not vp8_is_key(parsed[2]):
        return None
    size = vp8_size(parsed[2])
    return None if size is None else (codec, *size)
