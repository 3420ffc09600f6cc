"""Routes: a keyframe begins them, numbering never breaks, a pause leaks nothing."""

from __future__ import annotations

import itertools

import pytest

from sfu.plane.plane import KeyframeNeeded, RouteTaken, SrtpProfile
from sfu.rtp.packet import RtpPacket
from sfu.rtp.payload.vp8 import parse_vp8

from .network import Camera, Microphone, Network, audio, audio_slot, video, video_slot


def assert_continuous(packets: list[RtpPacket]) -> None:
    """What a decoder needs: numbers one by one, timestamps that never go back, picture ids one by one."""
    for before, after in itertools.pairwise(packets):
        assert after.sequence_number == before.sequence_number + 1 & 0xFFFF
        assert (after.timestamp - before.timestamp & 0xFFFFFFFF) < 90000 * 60
        one, two = parse_vp8(before.payload), parse_vp8(after.payload)
        assert one.picture_id is not None and two.picture_id is not None
        step = (two.picture_id - one.picture_id) & 0x7FFF
        assert step == (before.timestamp != after.timestamp)
        assert one.tl0_picture_index is not None
        assert two.tl0_picture_index == one.tl0_picture_index + step & 0xFF


@pytest.mark.parametrize("profile", ["AEAD_AES_128_GCM", "AEAD_AES_256_GCM", "AES128_CM_SHA1_80"])
def test_viewer_sees_what_the_camera_sent(profile: SrtpProfile) -> None:
    network = Network()
    sender, viewer = network.peer(1, profile), network.peer(2, profile)
    camera = Camera(11)
    network.plane.add_encoding(1, video(1, 11))
    network.plane.add_consumer(1, video_slot(2))
    network.plane.set_route(1, 1)
    network.drain()
    assert network.events_of(KeyframeNeeded) == [KeyframeNeeded(1)]
    network.send(sender, *camera.frame())
    assert viewer.rtp == []
    network.send(sender, *camera.frame(key=True))
    assert network.events_of(RouteTaken) == [RouteTaken(1, 1)]
    for _ in range(300):  # over every wrap-around
        network.advance(1 / 30)
        network.send(sender, *camera.frame())
    assert len(viewer.rtp) == 602
    assert_continuous(viewer.rtp)
    first = viewer.rtp[0]
    assert (first.ssrc, first.payload_type) == (2001, 120)
    assert first.payload.endswith(b"11/32761/0")
    assert viewer.rtp[-1].marker and not viewer.rtp[-2].marker
    numbers = [int.from_bytes(packet.extensions[5], "big") for packet in viewer.rtp]
    assert numbers == list(range(602))
    assert network.plane.consumer_stats(1).packets == 602
    assert network.plane.encoding_stats(1).packets == 604


def test_floor_goes_from_one_to_another() -> None:
    network = Network()
    one, two, viewer = network.peer(1), network.peer(2), network.peer(3)
    cameras = {1: (one, Camera(11)), 2: (two, Camera(22, sequence=5, timestamp=77, picture=3))}
    network.plane.add_encoding(1, video(1, 11))
    network.plane.add_encoding(2, video(2, 22))
    network.plane.add_consumer(1, video_slot(3))
    for turn in range(12):
        handle = 1 + turn % 2
        network.plane.set_route(1, handle)
        for number in range(5):
            network.advance(1 / 30)
            for other, (peer, camera) in cameras.items():
                network.send(peer, *camera.frame(key=number == 2 and other == handle))
    assert len(viewer.rtp) == 12 * 6
    assert_continuous(viewer.rtp)
    assert [packet.payload.split(b"/")[0][-2:] for packet in viewer.rtp[::6]] == [b"11", b"22"] * 6


def test_microphone_switches_at_the_next_packet() -> None:
    network = Network()
    one, two, viewer = network.peer(1), network.peer(2), network.peer(3)
    microphones = [(one, Microphone(11)), (two, Microphone(22))]
    network.plane.add_encoding(1, audio(1, 11))
    network.plane.add_encoding(2, audio(2, 22))
    network.plane.add_consumer(1, audio_slot(3))
    for handle in (1, 2, 1):
        network.plane.set_route(1, handle)
        for _ in range(10):
            network.advance(0.02)
            for peer, microphone in microphones:
                network.send(peer, microphone.packet())
    assert len(viewer.rtp) == 30
    for before, after in zip(viewer.rtp, viewer.rtp[1:], strict=False):
        assert after.sequence_number == before.sequence_number + 1 & 0xFFFF
        assert after.timestamp == before.timestamp + 960 & 0xFFFFFFFF
