"""An outbound stream: takes a route, rewrites, encrypts and sends, or hands plaintext to a sink.

It keeps nothing per packet: see ``sfu.rtp.rewriter``. What was sent already is sent again by repeating.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..rtp.header_template import HeaderTemplate
from ..rtp.payload.vp8 import Vp8Descriptor
from ..rtp.rewriter import ALL_LAYERS, Position, Rewriter, Segment
from .budgets import Budget
from .encoding import Encoding
from .media import MediaPacket
from .plane import ConsumerSettings, ConsumerStats, SinkPacket
from .redundancy import with_earlier

if TYPE_CHECKING:
    from .state import State
    from .transport import Departed, Transport

__all__ = ["Consumer"]


class Consumer:
    """``carried`` is what goes out now, ``pending`` what is waited for; both at once are layers of one picture."""

    def __init__(self, handle: int, settings: ConsumerSettings, transport: Transport | None, state: State) -> None:
        random = state.random
        self.handle = handle
        self.settings = settings
        self.transport = transport  # None: a sink
        self.carried: Encoding | None = None
        self.pending: Encoding | None = None
        self.newest = -1  # index of the carried encoding that was the last to go out or to be skipped
        self.skipped_timestamp: int | None = None  # of the last picture left out
        self.temporal = ALL_LAYERS  # wanted; what goes out now is the segment's
        self.levels = 0  # of redundancy
        self.repair_copies = 1
        self.stats = ConsumerStats()
        self.rate: int | None = None
        self.octets = 0
        self.next_rtx_index = random.getrandbits(15)
        self.keyframes = Budget()  # asked for
        self.resent: dict[int, float] = {}  # outbound sequence number → when
        self.allowance = 0.0  # bytes of RTX that may go out now
        self.allowed_at = float("-inf")
        self.behind = False  # waits for its transport's pace: from ``cursor`` on all is still to go out
        self.cursor = 0
        self.taken_at = 0.0
        self.owed: dict[int, float] = {}  # what waits to be sent again: outbound sequence number → since when
        step = settings.clock_rate // 50 if settings.kind == "audio" else settings.clock_rate // 1000
        self.rewriter = Rewriter(settings.clock_rate, step, random.getrandbits(15) + 1, random.getrandbits(32))
        self._build = self._template(settings.payload_type, settings.ssrc).build
        self._build_red = self._template(settings.red_payload_type or 0, settings.ssrc).build
        self.build_rtx = None
        if settings.rtx_ssrc is not None and settings.rtx_payload_type is not None:
            self.build_rtx = self._template(settings.rtx_payload_type, settings.rtx_ssrc).build
        self._state = state
        self.clock = state.clock
        self.stamps = bool(settings.extensions.transport_cc) and transport is not None

    def _template(self, payload_type: int, ssrc: int) -> HeaderTemplate:
        ids = self.settings.extensions
        return HeaderTemplate(
            payload_type,
            ssrc,
            mid=(ids.mid, self.settings.mid),
            audio_level=ids.audio_level if self.settings.kind == "audio" else 0,
            abs_send_time=ids.abs_send_time,
            transport_cc=ids.transport_cc,
        )

    def resume(self, departed: Departed) -> None:
        """Go on where an earlier consumer of the same SSRC ended."""
        old = self.rewriter
        self.rewriter = Rewriter(old.clock_rate, old.min_step, departed.next_index, departed.next_timestamp)
        self.next_rtx_index = departed.next_rtx_index

    # -- routes

    def take(self, encoding: Encoding, packet: MediaPacket) -> None:
        """Begin to carry ``encoding`` with ``packet``, its next to go out."""
        self.leave()
        descriptor = packet.descriptor
        picture, tl0 = (None, None) if descriptor is None else (descriptor.picture_id, descriptor.tl0_picture_index)
        start = Position(packet.index, packet.timestamp, packet.arrived_at, picture, tl0)
        self.rewriter.begin(encoding, start, self.temporal)
        self.newest = packet.index - 1
        self.skipped_timestamp = None
        self.taken_at = self.clock.now
        self.carried = encoding
        self.pending = None
        self.stats.encoding = encoding.handle
        encoding.carriers.append(self)

    def leave(self) -> None:
        """Stop carrying; what was sent last is remembered, what waits is forgotten."""
        encoding = self.carried
        if encoding is None:
            return
        waiting = self.next_waiting() if self.behind else None
        self.rewriter.leave(encoding.position() if waiting is None else waiting.position_before())
        encoding.carriers.remove(self)
        self.carried = None
        self.behind = False
        self.owed.clear()
        self.stats.encoding = None

    def next_waiting(self) -> MediaPacket | None:
        """The first packet that waits for its pace; the cursor passes over what never came."""
        encoding = self.carried
        if encoding is None or encoding.ring is None or encoding.statistics.highest is None:
            return None
        while self.cursor <= encoding.statistics.highest:
            packet = encoding.ring.get(self.cursor, self.clock.now)
            if packet is not None:
                return packet
            self.cursor += 1
        return None

    # -- packets

    def send(self, packet: MediaPacket) -> None:
        """Forward a packet of the carried encoding; one from before the route began goes nowhere."""
        segment = self.rewriter.current
        if segment is None or packet.index < segment.first:
            segment = self.rewriter.segment_of(self.carried, packet.index)
            if segment is None:
                return
        if packet.index > self.newest:
            descriptor = packet.descriptor
            if descriptor is not None and min(self.temporal, segment.temporal) < ALL_LAYERS:
                segment = self._thin(packet, descriptor, segment)
                if segment is None:
                    return
            self.newest = packet.index
        self._send(packet, segment)

    def skip(self, index: int) -> None:
        """The newest packet of the carried encoding was nothing but padding: the next takes its number."""
        self.rewriter.skip(index)
        self.newest = max(self.newest, index)

    def _thin(self, packet: MediaPacket, descriptor: Vp8Descriptor, segment: Segment) -> Segment | None:
        """Which segment the newest packet goes out in; None: its temporal layer does not go out.

        The limit falls with the first picture that it leaves out, and rises with a keyframe or a picture that needs
        none of those left out: never within a picture, so that of each all or nothing goes out.
        """
        layer = descriptor.temporal_layer or 0
        if descriptor.begins_picture and segment.temporal != self.temporal:
            if descriptor.is_keyframe_start or segment.temporal > self.temporal < layer:
                self.rewriter.limit(packet.index, self.temporal)
            elif descriptor.is_layer_sync and layer == segment.temporal + 1 <= self.temporal:
                self.rewriter.limit(packet.index, layer)
            segment = self.rewriter.current or segment
        if layer <= segment.temporal:
            return segment
        is_next = packet.timestamp != self.skipped_timestamp and descriptor.picture_id is not None
        self.skipped_timestamp = packet.timestamp
        self.rewriter.skip(packet.index, picture=is_next)
        self.newest = packet.index
        return None

    def _send(self, packet: MediaPacket, segment: Segment) -> None:
        settings, stats, transport = self.settings, self.stats, self.transport
        payload, build = self.payload(packet, segment), self._build
        if self.levels and packet.payload and self.carried is not None:
            payload, build = with_earlier(self, self.carried, packet, segment), self._build_red
        header = build(
            packet.marker,
            packet.index + segment.index_offset & 0xFFFF,
            packet.timestamp + segment.timestamp_offset & 0xFFFFFFFF,
            packet.level,
            self.clock.send_time,
            transport.sent.next_number() if self.stamps and transport is not None else 0,
        )
        stats.packets += 1
        stats.bytes += len(header) + len(payload)
        self.octets += len(payload)
        if transport is not None:
            self.put(header + payload, 0)
        elif settings.sink is not None:
            self._hand_over(header + payload, packet, settings.sink)

    def put(self, rtp: bytes, cluster: int) -> int:
        """To the network; how many bytes."""
        transport = self.transport
        if transport is None:
            return 0
        size = transport.send_rtp(rtp)
        if size and self.stamps:
            transport.sent.note(self.clock.now, size, cluster)
        if size and transport.pace is not None and self.settings.kind == "video" and not cluster:
            transport.pace.charge(size)
        return size

    def payload(self, packet: MediaPacket, segment: Segment) -> bytes:
        """As this viewer gets it. Of a temporal layer left out, nothing: where it has a number, it came too late to
        give it to another."""
        descriptor = packet.descriptor
        if descriptor is None:
            return packet.payload
        if (descriptor.temporal_layer or 0) > segment.temporal:
            return b""
        if descriptor.long_picture_id and not segment.picture_offset and not segment.tl0_offset:
            return packet.payload
        return descriptor.rewrite(segment.picture_offset, segment.tl0_offset) + packet.body

    def _hand_over(self, rtp: bytes, packet: MediaPacket, sink: Callable[[SinkPacket], None]) -> None:
        if self.carried is None:
            return
        ntp = self.carried.ntp_of(packet.timestamp)
        try:
            sink(SinkPacket(self.handle, self.carried.handle, rtp, packet.arrival_ns, ntp))
        except Exception:  # the recorder's trouble must not become the meeting's
            self._state.count("sink_failed")
