"""Test peers: they encrypt and decrypt with pylibsrtp themselves, so that the plane is checked by somebody else."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TypeVar

from pylibsrtp import Policy

from sfu.plane.plane import (
    Address,
    ConsumerSettings,
    EncodingSettings,
    ExtensionIds,
    Plane,
    SinkPacket,
    SrtpKeys,
    SrtpProfile,
)
from sfu.plane.reference import ReferencePlane
from sfu.plane.srtp import KEY_LENGTHS, FrameSession
from sfu.rtp.packet import RtpPacket, is_rtcp, parse_rtp, serialize_rtp
from sfu.rtp.rtcp import RtcpPacket, parse_compound, serialize_compound

PROFILES = {
    "AEAD_AES_128_GCM": Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    "AEAD_AES_256_GCM": Policy.SRTP_PROFILE_AEAD_AES_256_GCM,
    "AES128_CM_SHA1_80": Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
}
IDS = ExtensionIds(mid=4, rid=10, repaired_rid=11, audio_level=1, abs_send_time=2, transport_cc=3)
STAMPS = ExtensionIds(transport_cc=5)
WALL_NS = 1_790_000_000_000_000_000  # the wall clock at ``now`` = 0


Told = TypeVar("Told")  # an event


def _session(profile: str, key: bytes, direction: int) -> FrameSession:
    policy = Policy(key=key, ssrc_type=direction, srtp_profile=PROFILES[profile])
    policy.window_size = 1024
    return FrameSession(policy)


class Peer:
    """A transport's far end."""

    def __init__(self, plane: Plane, handle: int, profile: SrtpProfile = "AEAD_AES_128_GCM") -> None:
        random = Random(handle)
        length = KEY_LENGTHS[profile]
        keys = SrtpKeys(profile, random.randbytes(length), random.randbytes(length))
        self.plane = plane
        self.handle = handle
        self.address: Address = (f"192.0.2.{handle}", 5000 + handle)
        self.outbound = _session(profile, keys.receive, Policy.SSRC_ANY_OUTBOUND)
        self.inbound = _session(profile, keys.send, Policy.SSRC_ANY_INBOUND)
        self.rtp: list[RtpPacket] = []
        self.rtcp: list[RtcpPacket] = []
        plane.add_transport(handle)
        plane.set_keys(handle, keys)
        plane.set_address(handle, self.address)
        plane.set_receive_extensions(handle, IDS)

    def protect(self, packet: RtpPacket) -> bytes:
        return self.outbound.protect(serialize_rtp(packet))

    def protect_rtcp(self, *packets: RtcpPacket) -> bytes:
        return self.outbound.protect_rtcp(serialize_compound(packets))

    def take(self, data: bytes) -> None:
        if is_rtcp(data):
            self.rtcp += parse_compound(self.inbound.unprotect_rtcp(data))
        else:
            self.rtp.append(parse_rtp(self.inbound.unprotect(data)))


class Network:
    """A plane, its peers, and one clock."""

    make: Callable[[Random], Plane] = ReferencePlane  # which plane; conftest.py runs every test with both

    def __init__(self, seed: int = 1) -> None:
        self.plane = type(self).make(Random(seed))
        self.peers: dict[Address, Peer] = {}
        self.now = 100.0
        self.events: list[object] = []
        self.plane.handle_timeout(self.now)

    def peer(self, handle: int, profile: SrtpProfile = "AEAD_AES_128_GCM") -> Peer:
        peer = Peer(self.plane, handle, profile)
        self.peers[peer.address] = peer
        return peer

    @property
    def wall_ns(self) -> int:
        return WALL_NS + int(self.now * 1e9)

    def receive(self, peer: Peer, *datagrams: bytes, address: Address | None = None) -> None:
        batch = [(data, address or peer.address, self.wall_ns) for data in datagrams]
        self.plane.receive(batch, self.now)
        self.drain()

    def send(self, peer: Peer, *packets: RtpPacket) -> None:
        self.receive(peer, *(peer.protect(packet) for packet in packets))

    def send_rtcp(self, peer: Peer, *packets: RtcpPacket) -> None:
        self.receive(peer, peer.protect_rtcp(*packets))

    def advance(self, seconds: float) -> None:
        """Let time pass, every timer at its own moment."""
        end = self.now + seconds
        while (due := self.plane.next_timeout()) is not None and due <= end:
            self.now = max(self.now, due)
            self.plane.handle_timeout(self.now)
            self.drain()
        self.now = end

    def drain(self) -> None:
        for data, address in self.plane.packets_to_send():
            self.peers[address].take(data)
        self.events += self.plane.events()

    def events_of(self, kind: type[Told]) -> list[Told]:
        """Events of a kind since the last call, the others stay."""
        found = [event for event in self.events if isinstance(event, kind)]
        self.events = [event for event in self.events if not isinstance(event, kind)]
        return found


def video(transport: int, ssrc: int, rtx_ssrc: int | None = None, producer: int | None = None) -> EncodingSettings:
    return EncodingSettings(transport, "video", ssrc, rtx_ssrc, 96, 97, "vp8", 90000, IDS, nack=True, producer=producer)


def audio(transport: int, ssrc: int) -> EncodingSettings:
    return EncodingSettings(transport, "audio", ssrc, None, 111, None, "opus", 48000, IDS, nack=False)


def video_slot(transport: int, ssrc: int = 2001, extensions: ExtensionIds = STAMPS) -> ConsumerSettings:
    return ConsumerSettings(transport, "video", ssrc, ssrc + 1, 120, 124, "vp8", 90000, extensions)


def audio_slot(transport: int, ssrc: int = 1001, extensions: ExtensionIds = STAMPS) -> ConsumerSettings:
    return ConsumerSettings(transport, "audio", ssrc, None, 109, None, "opus", 48000, extensions)


def vp8(picture: int, tl0: int, *, start: bool = True, key: bool = False, body: bytes = b"") -> bytes:
    """A VP8 payload with a 15-bit picture id, TL0PICIDX and temporal layer 0."""
    head = bytes((0x90 if start else 0x80, 0xE0, 0x80 | picture >> 8 & 0x7F, picture & 0xFF, tl0 & 0xFF, 0x00))
    return head + (b"\x10" if key else b"\x11") + body


class Camera:
    """A VP8 encoder without pictures: frames of ``packets`` packets, all numbers wherever one wants them to begin."""

    def __init__(self, ssrc: int, *, sequence: int = 65000, timestamp: int = 4294900000, picture: int = 32760) -> None:
        self.ssrc, self.sequence, self.timestamp, self.picture = ssrc, sequence, timestamp, picture
        self.transport_cc = 0

    def frame(self, packets: int = 2, *, key: bool = False, step: int = 3000) -> list[RtpPacket]:
        made: list[RtpPacket] = []
        for number in range(packets):
            payload = vp8(
                self.picture,
                self.picture,
                start=number == 0,
                key=key,
                body=f"{self.ssrc}/{self.picture}/{number}".encode(),
            )
            made.append(RtpPacket(96, self.sequence, self.timestamp, self.ssrc, payload, marker=number == packets - 1))
            self.sequence = self.sequence + 1 & 0xFFFF
        self.timestamp = self.timestamp + step & 0xFFFFFFFF
        self.picture = self.picture + 1 & 0x7FFF
        return made


class Microphone:
    """An Opus encoder without sound."""

    def __init__(self, ssrc: int, *, sequence: int = 65500, timestamp: int = 1000, level: int = 40) -> None:
        self.ssrc, self.sequence, self.timestamp, self.level = ssrc, sequence, timestamp, level

    def packet(self) -> RtpPacket:
        payload = b"\x78" + f"{self.ssrc}/{self.sequence}".encode()
        level = {IDS.audio_level: bytes((0x80 | self.level,))}
        packet = RtpPacket(111, self.sequence, self.timestamp, self.ssrc, payload, extensions=level)
        self.sequence = self.sequence + 1 & 0xFFFF
        self.timestamp = self.timestamp + 960 & 0xFFFFFFFF
        return packet


def sink_slot(sink: Callable[[SinkPacket], None]) -> ConsumerSettings:
    """The recorder's tap on a picture."""
    return ConsumerSettings(-1, "video", 3001, None, 96, None, "vp8", 90000, ExtensionIds(), sink=sink)
