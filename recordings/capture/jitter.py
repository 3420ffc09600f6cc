"""Puts the packets of one tapped stream back in order (RFC 3550). Nothing is late here: the log is read afterwards."""

from __future__ import annotations

from dataclasses import dataclass

WAIT_NS = 1_500_000_000  # the plane repairs for a second; after this a packet is lost for good
START_NS = 100_000_000  # what came before the first packet to arrive may still come
RESTART = 3000  # a sequence number this far away is a new sequence (RFC 3550 A.1: MAX_DROPOUT)


@dataclass(frozen=True, slots=True)
class RtpPacket:
    """The parts of an RTP packet that matter after the fact; ``sequence`` and ``timestamp`` do not wrap."""

    sequence: int
    timestamp: int
    payload_type: int
    marker: bool
    payload: bytes
    arrival_ns: int
    wall_ns: int  # when it was said or shown, by our clock (clock.py)
    label: str | None = None
    after_loss: bool = False  # packets before this one are missing


def parse(rtp: bytes) -> tuple[int, int, int, bool, bytes] | None:
    """(sequence, timestamp, payload type, marker, payload); None when it is no RTP packet."""
    if len(rtp) < 12 or rtp[0] >> 6 != 2:
        return None
    start = 12 + 4 * (rtp[0] & 0x0F)
    if rtp[0] & 0x10:
        if len(rtp) < start + 4:
            return None
        start += 4 + 4 * int.from_bytes(rtp[start + 2 : start + 4])
    end = len(rtp) - (rtp[-1] if rtp[0] & 0x20 else 0)
    if start > end:
        return None
    sequence, timestamp = int.from_bytes(rtp[2:4]), int.from_bytes(rtp[4:8])
    return sequence, timestamp, rtp[1] & 0x7F, bool(rtp[1] & 0x80), rtp[start:end]


class Unwrap:
    """Makes a wrapping counter of ``bits`` go on without end."""

    def __init__(self, bits: int) -> None:
        self._modulus = 1 << bits
        self._last: int | None = None

    def __call__(self, value: int) -> int:
        if self._last is None:
            self._last = value + self._modulus  # what came a little before the first stays positive
            return self._last
        half = self._modulus >> 1
        step = (value - self._last + half) % self._modulus - half
        self._last += max(step, 0)
        return self._last + min(step, 0)


class Reorder:
    """Holds packets back until those before them are there or given up; duplicates go."""

    def __init__(self, wait_ns: int = WAIT_NS, limit: int = 2048) -> None:
        self._wait_ns = wait_ns
        self._limit = limit
        self._held: dict[int, RtpPacket] = {}
        self._next: int | None = None  # None: not begun; the first to arrive need not be the first
        self._newest: int | None = None
        self._lost = False

    def push(self, packet: RtpPacket) -> list[RtpPacket]:
        """Take a packet; returns those whose turn it is now."""
        ready: list[RtpPacket] = []
        if self._newest is not None and abs(packet.sequence - self._newest) > RESTART:
            ready = self.flush()
            self._next = self._newest = None
            self._lost = True
        self._newest = packet.sequence if self._newest is None else max(self._newest, packet.sequence)
        if self._next is None or packet.sequence >= self._next:
            self._held.setdefault(packet.sequence, packet)
        return ready + self.expire(packet.arrival_ns)

    def expire(self, now_ns: int) -> list[RtpPacket]:
        """Those whose turn it is, and those that have waited long enough for what is missing before them."""
        ready = self._ready()
        while self._held:
            oldest = min(self._held)
            wait_ns = START_NS if self._next is None else self._wait_ns
            if now_ns - self._held[oldest].arrival_ns < wait_ns and len(self._held) < self._limit:
                break
            self._lost = self._lost or self._next is not None
            self._next = oldest
            ready += self._ready()
        return ready

    def flush(self) -> list[RtpPacket]:
        """Everything still held, in order."""
        return self.expire(1 << 63)

    def _ready(self) -> list[RtpPacket]:
        ready = []
        while self._next is not None and (packet := self._held.pop(self._next, None)) is not None:
            if self._lost:
                packet = _after_loss(packet)
                self._lost = False
            ready.append(packet)
            self._next += 1
        return ready


def _after_loss(p: RtpPacket) -> RtpPacket:
    return RtpPacket(
        p.sequence, p.timestamp, p.payload_type, p.marker, p.payload, p.arrival_ns, p.wall_ns, p.label, True
    )
