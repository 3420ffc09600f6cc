"""The native plane sends the reference's bytes: random meetings, one after the other, on both at once.

Loss, reordering, duplicates, wrap-around of every number, layers, SSRC collisions, pauses, rates, repair both ways,
RTCP of every kind, forgeries, junk, movers, new keys, peers that come and go. Every packet, event, counter and timer
is compared.
"""

from __future__ import annotations

from random import Random

import pytest

from sfu.plane.plane import ConsumerSettings, EncodingSettings, SrtpProfile
from sfu.plane.srtp import KEY_LENGTHS
from sfu.rtp.packet import RtpPacket, serialize_rtp
from tests.tries import tries

from .network import IDS, PROFILES, Camera
from .random_meeting import ALL, EXTENSIONS, Meeting
from .twin import BatchedTwin


@pytest.fixture(autouse=True)
def plane_under_test() -> str:
    """Not twice: both planes are in every test here."""
    return "both"


@pytest.mark.parametrize("seed", tries(5))
def test_any_meeting_is_the_same_on_both(seed: int) -> None:
    meeting = Meeting(seed)
    meeting.run(160)
    stats = meeting.plane.native.stats()
    assert stats.datagrams_out > 100
    assert stats.dropped_replay and stats.dropped_unauthenticated and stats.dropped_unknown_address


@pytest.mark.parametrize("seed", tries(3, 100))
def test_any_meeting_is_the_same_in_batches(seed: int) -> None:
    meeting = Meeting(seed, BatchedTwin)
    meeting.run(160)
    assert isinstance(meeting.plane, BatchedTwin) and meeting.plane.padded
    assert meeting.plane.native.stats().datagrams_out > 100


@pytest.mark.parametrize("profile", ALL)
def test_numbers_wrap_twice(profile: SrtpProfile) -> None:
    """Sequence numbers, timestamps and the roll-over counter, with holes, on both planes and decrypted by libsrtp."""
    meeting = Meeting(7)
    network, plane = meeting.network, meeting.plane
    sender, viewer = network.peer(1, profile), network.peer(2, profile)
    plane.add_encoding(1, EncodingSettings(1, "video", 11, None, 96, None, "vp8", 90000, IDS, nack=False))
    plane.add_consumer(1, ConsumerSettings(2, "video", 2001, None, 96, None, "vp8", 90000, EXTENSIONS[1]))
    plane.set_route(1, 1)
    camera = Camera(11, sequence=60000)
    random = Random(3)
    network.receive(sender, *map(sender.protect, camera.frame(1, key=True)))
    for _ in range(700):
        camera.sequence = camera.sequence + random.randrange(0, 400) & 0xFFFF
        packets = [sender.protect(packet) for packet in camera.frame(2, step=9_000_000)]
        if random.random() < 0.3:
            packets.reverse()
        network.advance(0.02)
        network.receive(sender, *packets)
    assert len(viewer.rtp) > 1350
    assert all(b"11/" in packet.payload for packet in viewer.rtp)
    plane.compare_counters()


def test_profiles_are_those_of_the_tests() -> None:
    assert set(ALL) == set(PROFILES) == set(KEY_LENGTHS)
    assert serialize_rtp(RtpPacket(96, 1, 2, 3))[:2] == b"\x80\x60"
