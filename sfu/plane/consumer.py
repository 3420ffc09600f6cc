"""An outbound stream: takes a route, rewrites, encrypts and sends, or hands plaintext to a sink.

It keeps nothing per packet: see ``sfu.rtp.rewriter``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..rtp.header_template import HeaderTemplate
from ..rtp.rewriter import Position, Rewriter, Segment
from .budgets import REPAIR_SECONDS, Budget
from .encoding import Encoding
from .media import MediaPacket
from .plane import ConsumerSettings, ConsumerStats, SinkPacket

if TYPE_CHECKING:
    from .state import State
    from .transport import Departed, Transport

__all__ = ["Consumer"]

MIN_RESEND_SECONDS = 0.02
MAX_RESENT = 512


class Consumer:
    """``carried`` is what goes out now, ``pending`` what is waited for; both at once are layers of one picture."""

    def __init__(self, handle: int, settings: ConsumerSettings, transport: Transport | None, state: State) -> None:
        random = state.random
        self.handle = handle
        self.settings = settings
        self.transport = transport  # None: a sink
        self.carried: Encoding | None = None
        self.pending: Encoding | None = None
        self.stats = ConsumerStats()
        self.rate: int | None = None
        self.octets = 0
        self.next_rtx_index = random.getrandbits(15)
        self.keyframes = Budget()  # asked for
        self.resent: dict[int, float] = {}  # outbound sequence number → when
        self.allowance = 0.0  # bytes of RTX that may go out now
        self.allowed_at = float("-inf")
        step = settings.clock_rate // 50 if settings.kind == "audio" else settings.clock_rate // 1000
        self.rewriter = Rewriter(settings.clock_rate, step, random.getrandbits(15) + 1, random.getrandbits(32))
        self._build = self._template(settings.payload_type, settings.ssrc).build
        self._build_rtx = None
        if settings.rtx_ssrc is not None and settings.rtx_payload_type is not None:
            self._build_rtx = self._template(settings.rtx_payload_type, settings.rtx_ssrc).build
        self._state = state
        self._clock = state.clock
        self._stamps = bool(settings.extensions.transport_cc) and transport is not None

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
        self.rewriter.begin(encoding, start)
        self.carried = encoding
        self.pending = None
        self.stats.encoding = encoding.handle
        encoding.carriers.append(self)

    def leave(self) -> None:
        """Stop carrying; what was sent last is remembered."""
        encoding = self.carried
        if encoding is None:
            return
        self.rewriter.leave(encoding.position())
        encoding.carriers.remove(self)
        self.carried = None
        self.stats.encoding = None

    # -- packets

    def send(self, packet: MediaPacket) -> None:
        """Forward a packet of the carried encoding; one from before the route began goes nowhere."""
        segment = self.rewriter.current
        if segment is None or packet.index < segment.first:
            segment = self.rewriter.segment_of(self.carried, packet.index)
            if segment is None:
                return
        settings, stats, transport = self.settings, self.stats, self.transport
        payload = self._payload(packet, segment)
        header = self._build(
            packet.marker,
            packet.index + segment.index_offset & 0xFFFF,
            packet.timestamp + segment.timestamp_offset & 0xFFFFFFFF,
            packet.level,
            self._clock.send_time,
            transport.next_transport_cc() if self._stamps and transport is not None else 0,
        )
        stats.packets += 1
        stats.bytes += len(header) + len(payload)
        self.octets += len(payload)
        if transport is not None:
            transport.send_rtp(header + payload)
        elif settings.sink is not None:
            self._hand_over(header + payload, packet, settings.sink)

    def _payload(self, packet: MediaPacket, segment: Segment) -> bytes:
        descriptor = packet.descriptor
        if descriptor is None:
            return packet.payload
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

    def retransmit(self, sequence_number: int, now: float) -> bool:
        """Answer a NACK by RTX (RFC 4588); False when it cannot be. Nothing of a route that ended is sent again."""
        transport, build, encoding = self.transport, self._build_rtx, self.carried
        if transport is None or build is None or encoding is None or encoding.ring is None:
            return False
        highest = encoding.statistics.highest
        found = self.rewriter.find(sequence_number, highest)
        if found is None or found[0].source is not encoding:
            return False
        packet = encoding.ring.get(found[1], now)
        if packet is None:
            return False
        if now - self.resent.get(sequence_number, float("-inf")) < MIN_RESEND_SECONDS:
            return True  # asked twice within one round trip
        payload = sequence_number.to_bytes(2, "big") + self._payload(packet, found[0])
        if not self._may_send(len(payload), now) or not self._may_repair(transport, len(payload), now):
            return False
        self._remember_resent(sequence_number, now)
        header = build(
            packet.marker,
            self.next_rtx_index & 0xFFFF,
            packet.timestamp + found[0].timestamp_offset & 0xFFFFFFFF,
            packet.level,
            self._clock.send_time,
            transport.next_transport_cc() if self._stamps else 0,
        )
        self.next_rtx_index += 1
        self.stats.retransmitted += 1
        transport.send_rtp(header + payload)
        return True

    def _remember_resent(self, sequence_number: int, now: float) -> None:
        self.resent.pop(sequence_number, None)
        self.resent[sequence_number] = now
        if len(self.resent) > MAX_RESENT:
            del self.resent[next(iter(self.resent))]

    def _may_send(self, size: int, now: float) -> bool:
        """A bucket of a quarter of a second at the consumer's rate; without one all is allowed."""
        rate = self.rate
        if rate is None:
            return True
        bucket = rate / 8 * 0.25
        self.allowance = min(bucket, self.allowance + (now - self.allowed_at) * rate / 8)
        self.allowed_at = now
        if self.allowance < size:
            return False
        self.allowance -= size
        return True

    def _may_repair(self, transport: Transport, size: int, now: float) -> bool:
        """What all NACKs of one peer together can get out of us."""
        rate = self._state.budgets.repair_bytes
        if transport.repairs.spend(size, rate, rate * REPAIR_SECONDS, now):
            return True
        self._state.count("repairs_over_budget")
        return False
