"""Checks what arrives in the slots: sequence, repair, picture ids, and whose payload it is. Sans-IO."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field

from sfu.light_peer.packetizer import chunks_of
from sfu.light_peer.sample import Sample

MAX_NACKED = 16


def chunk_keys(sample: Sample) -> dict[bytes, str]:
    """Digest of every packet's payload of a sample → its name."""
    return {digest(chunk): sample.name for frame in sample.frames for chunk in chunks_of(frame.data)}


def digest(payload: bytes) -> bytes:
    return hashlib.blake2b(payload, digest_size=12).digest()


@dataclass(slots=True)
class Received:
    """What one slot has got so far."""

    mid: str
    kind: str
    payload_type: int
    ssrc: int
    packets: int = 0
    octets: int = 0
    repaired: int = 0
    duplicates: int = 0
    missing: set[int] = field(default_factory=set)
    strangers: int = 0  # packets whose payload is of no sample we know
    by_source: dict[str, int] = field(default_factory=dict)
    source: str | None = None  # whose the last known packet was
    switches: list[tuple[float, str]] = field(default_factory=list)  # when another source came
    timestamp: int | None = None
    picture: int | None = None
    picture_gaps: int = 0
    highest: int | None = None
    keyframes: int = 0
    bad_switches: int = 0  # a new picture source that did not begin with a keyframe

    @property
    def lost(self) -> int:
        """Numbers that never came, nor their repair."""
        return len(self.missing)

    def _advance(self, sequence: int) -> list[int]:
        """Follow the sequence; the numbers now found missing."""
        if self.highest is None:
            self.highest = sequence
            return []
        step = (sequence - self.highest) & 0xFFFF
        if step == 0 or step >= 0x8000:
            if sequence in self.missing:
                self.missing.discard(sequence)
            else:
                self.duplicates += 1
            return []
        gap = [(self.highest + i) & 0xFFFF for i in range(1, min(step, 1000))]
        self.missing.update(gap)
        self.highest = sequence
        return gap

    def _note_source(self, name: str | None, now: float) -> bool:
        """True when this packet is the first of another source."""
        if name is None:
            self.strangers += 1
            return False
        self.by_source[name] = self.by_source.get(name, 0) + 1
        if name == self.source:
            return False
        self.source = name
        self.switches.append((now, name))
        return True


class Receiver:
    """All slots of one light peer, by SSRC."""

    def __init__(self, known: Iterable[Sample] = ()) -> None:
        self.slots: dict[str, Received] = {}
        self.unexpected = 0  # packets of an SSRC the answer did not name
        self._by_ssrc: dict[int, Received] = {}
        self._by_rtx: dict[int, Received] = {}
        self._known: dict[bytes, str] = {}
        for sample in known:
            self.learn(sample)

    def learn(self, sample: Sample) -> None:
        """Packets of this sample are recognised from now on."""
        self._known.update(chunk_keys(sample))

    def add_slot(self, slot: Received, rtx_ssrc: int | None) -> None:
        self.slots[slot.mid] = slot
        self._by_ssrc[slot.ssrc] = slot
        if rtx_ssrc is not None:
            self._by_rtx[rtx_ssrc] = slot

    def ssrcs(self) -> dict[str, int]:
        """SSRC by mid."""
        return {slot.mid: slot.ssrc for slot in self.slots.values()}

    def receive(self, packet: bytes, now: float) -> tuple[int, list[int]]:
        """Take one RTP packet; (SSRC, sequence numbers to NACK)."""
        ssrc = int.from_bytes(packet[8:12], "big")
        sequence = int.from_bytes(packet[2:4], "big")
        payload = payload_of(packet)
        slot = self._by_ssrc.get(ssrc)
        if slot is not None:
            missing = slot._advance(sequence)
            self._take(slot, packet, payload, now)
            return ssrc, missing[:MAX_NACKED] if slot.kind == "video" else []
        slot = self._by_rtx.get(ssrc)
        if slot is None:
            self.unexpected += 1
        elif len(payload) > 2:
            slot.repaired += 1
            slot.missing.discard(int.from_bytes(payload[:2], "big"))
        return ssrc, []

    def _take(self, slot: Received, packet: bytes, payload: bytes, now: float) -> None:
        slot.packets += 1
        slot.octets += len(payload)
        slot.timestamp = int.from_bytes(packet[4:8], "big")
        first, body = True, payload
        if slot.kind == "video":
            first, picture, body = parse_vp8(payload)
            if picture is not None:
                if slot.picture is not None and (picture - slot.picture) & 0x7FFF > 1:
                    slot.picture_gaps += 1
                slot.picture = picture
        switched = slot._note_source(self._known.get(digest(body)), now)
        if slot.kind == "video" and body:
            keyframe = first and not body[0] & 1
            slot.keyframes += keyframe
            slot.bad_switches += switched and not keyframe


def payload_of(packet: bytes) -> bytes:
    """An RTP packet without header, extensions and padding."""
    start = 12 + 4 * (packet[0] & 15)
    if packet[0] & 0x10:
        start += 4 + 4 * int(struct.unpack_from("!H", packet, start + 2)[0])
    end = len(packet) - (packet[-1] if packet[0] & 0x20 else 0)
    return packet[start:end]


def parse_vp8(payload: bytes) -> tuple[bool, int | None, bytes]:
    """(first packet of a frame, picture id, what follows the descriptor)."""
    first, at, picture = bool(payload[0] & 0x10) and not payload[0] & 7, 1, None
    if payload[0] & 0x80:
        extended, at = payload[1], 2
        if extended & 0x80:
            wide = payload[at] & 0x80
            picture = int.from_bytes(payload[at : at + 2], "big") & 0x7FFF if wide else payload[at]
            at += 2 if wide else 1
        at += bool(extended & 0x40) + bool(extended & 0x30)
    return first, picture, payload[at:]
