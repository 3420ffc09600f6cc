"""An inbound stream: counted, parsed once, kept in its ring while somebody consumes it, repaired, and handed on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..rtp.errors import MalformedPacket
from ..rtp.nack import NackGenerator
from ..rtp.packet import RtpPacket
from ..rtp.payload.h264 import is_h264_keyframe_start
from ..rtp.payload.red import RedBlock, parse_red
from ..rtp.payload.vp8 import parse_vp8
from ..rtp.receive_statistics import ReceiveStatistics
from ..rtp.rewriter import Position
from ..rtp.sequence import Unwrapper, difference_16, difference_32
from .budgets import Budget, Budgets
from .media import MediaPacket
from .plane import EncodingSettings, EncodingStats
from .redundancy import fits_hole
from .ring import Ring

if TYPE_CHECKING:
    from .consumer import Consumer
    from .transport import Transport

__all__ = ["Encoding"]


class Encoding:
    """One encoding of one producer. What it needs from outside is said by ``nack.due`` and ``wants_keyframe``."""

    def __init__(self, handle: int, settings: EncodingSettings, transport: Transport) -> None:
        self.handle = handle
        self.settings = settings
        self.transport = transport
        self.paused = False
        self.removed = False
        self.carriers: list[Consumer] = []  # get every packet
        self.waiting: list[Consumer] = []  # routed here, waiting for a keyframe or the next audio packet
        self.ring: Ring | None = None
        self.statistics = ReceiveStatistics(settings.ssrc, settings.clock_rate)
        self.rtx_statistics: ReceiveStatistics | None = None
        self.nack = NackGenerator() if settings.nack and settings.kind == "video" else None
        self.nack_timer = False
        self.wants_keyframe = False
        self.keyframe_asked_at = float("-inf")
        self.keyframe_timer = False
        self.newest: Position | None = None
        self.newest_arrival_ns = 0
        self.sender_report: tuple[int, int] | None = None  # NTP, RTP
        self.reported_loss = 0  # of 256: the least that its sender is told
        self.level: int | None = None  # the loudest since the last report
        self.stats = EncodingStats()
        self._packets_in = Budget()
        self._bytes_in = Budget()
        self._short_pictures = Unwrapper(7)
        self._keyframe_timestamp: int | None = None
        self._second_began = 0.0
        self._second_bytes = 0
        self._layer_bytes = [0, 0, 0, 0]  # of this second, by temporal layer

    @property
    def is_consumed(self) -> bool:
        """Whether anybody gets it or waits for it."""
        return bool(self.carriers or self.waiting)

    def listen_for_rtx(self, ssrc: int) -> None:
        """From now on repairs come on this SSRC."""
        self.rtx_statistics = ReceiveStatistics(ssrc, self.settings.clock_rate)

    def update_ring(self) -> None:
        """A ring while somebody consumes and it is not paused; nothing of it survives."""
        if self.paused or not self.is_consumed:
            self.ring = None
            if self.nack is not None:
                self.nack.clear()
        elif self.ring is None:
            highest = self.statistics.highest
            self.ring = Ring(None if highest is None else highest + 1)
            if self.nack is not None and highest is not None:
                self.nack.begin(highest)

    def may_receive(self, size: int, budgets: Budgets, now: float) -> bool:
        """Whether one more packet of so many bytes is in its budgets."""
        packets, most = budgets.video_packets, budgets.video_bytes
        if self.settings.kind == "audio":
            packets, most = budgets.audio_packets, budgets.audio_bytes
        return self._packets_in.spend(1.0, packets, packets, now) and self._bytes_in.spend(size, most, most, now)

    def receive(self, packet: RtpPacket, size: int, now: float, arrival_ns: int) -> Iterator[MediaPacket]:
        """Count and parse a packet of the media SSRC; nothing when it is malformed. RED may repair earlier ones."""
        index = self.statistics.receive(packet.sequence_number, packet.timestamp, arrival_ns / 1e9)
        self._count(size, now)
        try:
            if self.settings.codec == "opus" and packet.payload_type == self.settings.red_payload_type:
                yield from self._unpack(packet, index, now, arrival_ns)
            yield self._parse(packet, index, now, arrival_ns)
        except MalformedPacket:
            self.transport.count("malformed")

    def _unpack(self, packet: RtpPacket, index: int, now: float, arrival_ns: int) -> Iterator[MediaPacket]:
        """Take a packet out of its RED; what it carries besides of packets that are missing comes first."""
        if not packet.payload:
            return
        *earlier, own = parse_red(packet.payload)
        if own.payload_type != self.settings.payload_type:
            raise MalformedPacket(f"RED around payload type {own.payload_type}")
        packet.payload = own.payload
        for distance, block in zip(range(len(earlier), 0, -1), earlier, strict=True):
            media = self._fill(packet, block, index - distance, now, arrival_ns)
            if media is not None:
                yield media

    def _fill(self, packet: RtpPacket, block: RedBlock, index: int, now: float, arrival_ns: int) -> MediaPacket | None:
        timestamp = packet.timestamp - block.offset & 0xFFFFFFFF
        if block.payload_type != self.settings.payload_type or not block.payload:
            return None
        if not fits_hole(self, index, timestamp, now):
            return None
        self.stats.repaired += 1
        media = MediaPacket(index, timestamp, 0, block.payload, now, arrival_ns)
        media.starts_keyframe = True
        return media

    def restore(self, packet: RtpPacket, now: float, arrival_ns: int) -> Iterator[MediaPacket]:
        """The original in a packet of the RTX SSRC (RFC 4588 4); nothing for padding, probes, what is here already."""
        if self.rtx_statistics is not None:
            self.rtx_statistics.receive(packet.sequence_number, packet.timestamp, arrival_ns / 1e9)
        highest = self.statistics.highest
        if len(packet.payload) <= 2 or highest is None or self.ring is None:
            return
        index = highest + difference_16(packet.payload[0] << 8 | packet.payload[1], highest & 0xFFFF)
        if index > highest or not self.ring.misses(index):
            return
        packet.payload = packet.payload[2:]
        self.stats.repaired += 1
        try:
            yield self._parse(packet, index, now, arrival_ns)
        except MalformedPacket:
            self.transport.count("malformed")

    def _count(self, size: int, now: float) -> None:
        stats = self.stats
        stats.packets += 1
        stats.bytes += size
        stats.last_packet_at = now
        self._second_bytes += size
        elapsed = now - self._second_began
        if elapsed >= 1.0:
            one, two, three, four = (int(count * 8 / elapsed) if elapsed < 3.0 else 0 for count in self._layer_bytes)
            stats.bitrate = int(self._second_bytes * 8 / elapsed) if elapsed < 3.0 else 0
            stats.temporal_bitrates = (one, two, three, four)
            self._second_began, self._second_bytes, self._layer_bytes = now, 0, [0, 0, 0, 0]

    def _parse(self, packet: RtpPacket, index: int, now: float, arrival_ns: int) -> MediaPacket:
        media = MediaPacket(index, packet.timestamp, 0x80 if packet.marker else 0, packet.payload, now, arrival_ns)
        codec = self.settings.codec
        if codec == "opus":
            self._read_level(packet, media)
            media.starts_keyframe = True
        elif not packet.payload:
            pass
        elif codec == "vp8":
            self._read_vp8(media)
        else:
            media.starts_keyframe = is_h264_keyframe_start(packet.payload)
        if media.starts_keyframe and codec != "opus" and packet.timestamp != self._keyframe_timestamp:
            self._keyframe_timestamp = packet.timestamp
            self.stats.keyframes += 1
        if index == self.statistics.highest and packet.payload:
            self._remember(media, now)
        return media

    def _read_level(self, packet: RtpPacket, media: MediaPacket) -> None:
        ids = self.settings.extensions
        value = packet.extensions.get(ids.audio_level or self.transport.receive_ids.audio_level)
        if value:
            media.level = value[0]
            level = value[0] & 0x7F
            if self.level is None or level < self.level:
                self.level = level

    def _read_vp8(self, media: MediaPacket) -> None:
        descriptor = parse_vp8(media.payload)
        if descriptor.picture_id is not None and not descriptor.long_picture_id:
            descriptor.picture_id = self._short_pictures.unwrap(descriptor.picture_id) & 0x7FFF
        media.descriptor = descriptor
        media.body = media.payload[descriptor.size :]
        media.starts_keyframe = descriptor.is_keyframe_start
        self._layer_bytes[descriptor.temporal_layer or 0] += len(media.payload)

    def _remember(self, media: MediaPacket, now: float) -> None:
        newest, descriptor = self.newest, media.descriptor
        began = now
        if newest is not None and difference_32(media.timestamp, newest.timestamp) == 0:
            began = newest.arrived_at
        self.newest_arrival_ns = media.arrival_ns
        self.newest = Position(
            media.index,
            media.timestamp,
            began,
            None if descriptor is None else descriptor.picture_id,
            None if descriptor is None else descriptor.tl0_picture_index,
        )

    def position(self) -> Position:
        """Where the stream is, padding included; only once something came."""
        newest, highest = self.newest, self.statistics.highest
        if newest is None or highest is None:
            return Position(highest or 0, 0, 0.0)
        return Position(highest, newest.timestamp, newest.arrived_at, newest.picture, newest.tl0)

    def has_keyframe_after(self, index: int | None) -> bool:
        """Whether a keyframe made good for the loss of that packet."""
        keyframe = self.ring.keyframe if self.ring is not None else None
        return keyframe is not None and index is not None and keyframe.index > index

    def read_stats(self, now: float) -> EncodingStats:
        """The counters, with what is only worked out when asked for."""
        stats = self.stats
        stats.lost = max(0, self.statistics.expected - self.statistics.received - stats.repaired)
        stats.jitter_ms = self.statistics.jitter_ms
        if now - stats.last_packet_at > 2.0:
            stats.bitrate = 0
            stats.temporal_bitrates = (0, 0, 0, 0)
        return stats

    def ntp_of(self, timestamp: int) -> int | None:
        """The sender's wall clock at an RTP timestamp, 64-bit NTP, once a sender report was heard."""
        if self.sender_report is None:
            return None
        ntp, rtp = self.sender_report
        return ntp + (difference_32(timestamp, rtp) << 32) // self.settings.clock_rate
