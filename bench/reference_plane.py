"""How many packets per CPU-second the reference plane carries: real SRTP, real fan-out, no sockets.

One camera of 1000-byte VP8 packets is opened, rewritten and encrypted for every viewer. ``python -m bench
reference_plane``.
"""

from __future__ import annotations

import time
from random import Random

from pylibsrtp import Policy, Session

from bench.record import Figure
from sfu.plane.plane import ConsumerSettings, EncodingSettings, ExtensionIds, SrtpKeys, SrtpProfile
from sfu.plane.reference import ReferencePlane
from sfu.plane.srtp import KEY_LENGTHS
from sfu.rtp.packet import RtpPacket, serialize_rtp

SHORT = {"viewers": 200, "seconds": 4.0}
FULL = {"viewers": 200, "seconds": 15.0}
PAYLOAD_BYTES = 1000
PACKETS_PER_FRAME = 5
PROFILES: dict[SrtpProfile, int] = {
    "AEAD_AES_128_GCM": Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    "AEAD_AES_256_GCM": Policy.SRTP_PROFILE_AEAD_AES_256_GCM,
    "AES128_CM_SHA1_80": Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
}
INBOUND = ExtensionIds(mid=4, rid=10, repaired_rid=11, transport_cc=3)
OUTBOUND = ExtensionIds(transport_cc=3)


class Sender:
    """A camera at the far end of transport 0."""

    def __init__(self, profile: SrtpProfile, key: bytes, random: Random) -> None:
        policy = Policy(key=key, ssrc_type=Policy.SSRC_ANY_OUTBOUND, srtp_profile=PROFILES[profile])
        self._session = Session(policy)
        self._body = random.randbytes(PAYLOAD_BYTES)
        self._sequence = 0
        self._frame = 0

    def frame(self) -> list[bytes]:
        datagrams = []
        for number in range(PACKETS_PER_FRAME):
            head = bytes((0x90 if number == 0 else 0x80, 0xE0, 0x80 | self._frame >> 8 & 0x7F, self._frame & 0xFF))
            payload = head + bytes((self._frame & 0xFF, 0, 0x10 if self._frame == 0 else 0x11)) + self._body
            packet = RtpPacket(
                96,
                self._sequence & 0xFFFF,
                self._frame * 3000 & 0xFFFFFFFF,
                11,
                payload,
                number == PACKETS_PER_FRAME - 1,
            )
            packet.extensions = {INBOUND.transport_cc: (self._sequence & 0xFFFF).to_bytes(2, "big")}
            datagrams.append(self._session.protect(serialize_rtp(packet)))
            self._sequence += 1
        self._frame += 1
        return datagrams


def build(viewers: int, profile: SrtpProfile) -> tuple[ReferencePlane, Sender]:
    """A plane with one camera routed to everybody."""
    random = Random(1)
    plane = ReferencePlane(random)
    length = KEY_LENGTHS[profile]
    camera_key = random.randbytes(length)
    for transport in range(viewers + 1):
        receive = camera_key if transport == 0 else random.randbytes(length)
        plane.add_transport(transport)
        plane.set_keys(transport, SrtpKeys(profile, receive, random.randbytes(length)))
        plane.set_address(transport, ("192.0.2.1", 1024 + transport))
        plane.set_receive_extensions(transport, INBOUND)
    plane.add_encoding(0, EncodingSettings(0, "video", 11, 12, 96, 97, "vp8", 90000, INBOUND))
    for viewer in range(1, viewers + 1):
        settings = ConsumerSettings(viewer, "video", 2001, 2002, 96, 97, "vp8", 90000, OUTBOUND)
        plane.add_consumer(viewer, settings)
        plane.set_route(viewer, 0)
    return plane, Sender(profile, camera_key, random)


def measure(viewers: int, seconds: float) -> list[Figure]:
    """For each profile the plane, and beside it libsrtp alone."""
    figures = []
    for profile in PROFILES:
        per_second, megabits = measure_profile(viewers, seconds, profile)
        bare = measure_bare(seconds / 4, profile)
        figures += [
            Figure(profile, per_second, "packets/CPU-s"),
            Figure(profile, megabits, "Mbit/CPU-s"),
            Figure(f"{profile}, libsrtp alone", bare, "packets/CPU-s"),
        ]
    return figures


def measure_profile(viewers: int, seconds: float, profile: SrtpProfile) -> tuple[int, float]:
    """(packets, megabits) per CPU-second of the plane; the sender's own encryption is not counted."""
    plane, sender = build(viewers, profile)
    media_now, wall_ns, spent, packets, octets = 1.0, 1_790_000_000_000_000_000, 0.0, 0, 0
    while spent < seconds:
        batch = [(data, ("192.0.2.1", 1024), wall_ns) for data in sender.frame()]
        began = time.process_time()
        plane.receive(batch, media_now)
        due = plane.next_timeout()
        if due is not None and due <= media_now:
            plane.handle_timeout(media_now)
        out = plane.packets_to_send()
        plane.events()
        spent += time.process_time() - began
        packets += len(out)
        octets += sum(len(data) for data, _ in out)
        media_now += 1 / 30
        wall_ns += 33_333_333
    return round(packets / spent), round(octets * 8 / spent / 1e6, 1)


def measure_bare(seconds: float, profile: SrtpProfile) -> int:
    """Packets per CPU-second of libsrtp alone: what no loop around it can beat."""
    policy = Policy(key=bytes(KEY_LENGTHS[profile]), ssrc_type=Policy.SSRC_ANY_OUTBOUND, srtp_profile=PROFILES[profile])
    protect = Session(policy).protect
    spent, sent = 0.0, 0
    while spent < seconds:
        packets = [serialize_rtp(RtpPacket(96, sent + n & 0xFFFF, 0, 11, bytes(PAYLOAD_BYTES))) for n in range(5000)]
        began = time.process_time()
        for packet in packets:
            protect(packet)
        spent += time.process_time() - began
        sent += len(packets)
    return round(sent / spent)
