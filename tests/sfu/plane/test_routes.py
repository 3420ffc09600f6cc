"""Routes: a keyframe begins them, numbering never breaks, a pause leaks nothing."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest

from sfu.plane.plane import AudioLevels, ExtensionIds, KeyframeNeeded, RouteTaken, SrtpProfile
from sfu.rtp.header_extensions import abs_send_time
from sfu.rtp.packet import RtpPacket
from sfu.rtp.payload.vp8 import parse_vp8
from sfu.rtp.rtcp import Bye, Nack, PictureLoss
from tests.tries import tries

from .network import Camera, Microphone, Network, Peer, audio, audio_slot, video, video_slot


def assert_continuous(packets: list[RtpPacket]) -> None:
    """What a decoder needs: numbers one by one, timestamps that never go back, picture ids one by one."""
    for before, after in pairwise(packets):
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


def test_layers_of_one_picture_switch_without_a_pause() -> None:
    network = Network()
    sender, viewer = network.peer(1), network.peer(2)
    low, high = Camera(11), Camera(22, sequence=9, timestamp=5, picture=40)
    network.plane.add_encoding(1, video(1, 11, producer=7))
    network.plane.add_encoding(2, video(1, 22, producer=7))
    network.plane.add_consumer(1, video_slot(2))
    network.plane.set_route(1, 1)
    network.send(sender, *low.frame(key=True))
    for wanted in (2, 1, 2):
        network.plane.set_route(1, wanted)
        for number in range(6):
            network.advance(1 / 30)
            network.send(sender, *low.frame(key=number == 3), *high.frame(key=number == 3))
    assert_continuous(viewer.rtp)
    carried = [packet.payload.split(b"/")[0][-2:] for packet in viewer.rtp[::2]]
    # at the keyframe both layers come: the old one's goes out before the route is taken
    assert b"".join(carried) == b"11" * 5 + b"22" * 3 + b"22" * 3 + b"11" * 3 + b"11" * 4 + b"22" * 3
    assert network.events_of(RouteTaken) == [RouteTaken(1, 1), RouteTaken(1, 2), RouteTaken(1, 1), RouteTaken(1, 2)]


def test_changed_ones_mind_before_the_keyframe() -> None:
    network = Network()
    sender, viewer = network.peer(1), network.peer(2)
    low, high = Camera(11), Camera(22)
    network.plane.add_encoding(1, video(1, 11, producer=7))
    network.plane.add_encoding(2, video(1, 22, producer=7))
    network.plane.add_consumer(1, video_slot(2))
    network.plane.set_route(1, 1)
    network.send(sender, *low.frame(key=True))
    network.plane.set_route(1, 2)
    network.plane.set_route(1, 1)
    network.send(sender, *high.frame(key=True), *low.frame())
    assert len(viewer.rtp) == 4
    assert network.plane.consumer_stats(1).encoding == 1


def test_removing_the_layer_that_is_waited_for_leaves_the_carried_one() -> None:
    network = Network()
    sender, viewer = network.peer(1), network.peer(2)
    low = Camera(11)
    network.plane.add_encoding(1, video(1, 11, producer=7))
    network.plane.add_encoding(2, video(1, 22, producer=7))
    network.plane.add_consumer(1, video_slot(2))
    network.plane.set_route(1, 1)
    network.send(sender, *low.frame(key=True))
    network.plane.set_route(1, 2)
    network.plane.remove_encoding(2)
    network.send(sender, *low.frame())
    assert len(viewer.rtp) == 4
    network.plane.remove_encoding(1)
    network.send(sender, *low.frame())
    assert len(viewer.rtp) == 4
    network.plane.add_encoding(3, video(1, 11))
    network.plane.set_route(1, 3)
    network.send(sender, *low.frame(key=True))
    assert_continuous(viewer.rtp)


def test_another_producer_stops_the_old_one_at_once() -> None:
    network = Network()
    sender, other, viewer = network.peer(1), network.peer(2), network.peer(3)
    camera = Camera(11)
    network.plane.add_encoding(1, video(1, 11))
    network.plane.add_encoding(2, video(2, 22))
    network.plane.add_consumer(1, video_slot(3))
    network.plane.set_route(1, 1)
    network.send(sender, *camera.frame(key=True))
    network.plane.set_route(1, 2)
    network.send(sender, *camera.frame(key=True))
    assert len(viewer.rtp) == 2
    assert network.plane.consumer_stats(1).encoding is None
    network.send(other, *Camera(22).frame(key=True))
    assert_continuous(viewer.rtp)


def test_late_joiner_begins_with_a_fresh_keyframe_from_the_ring() -> None:
    network = Network()
    sender, _, late = network.peer(1), network.peer(2), network.peer(3)
    camera = Camera(11)
    network.plane.add_encoding(1, video(1, 11))
    network.plane.add_consumer(1, video_slot(2))
    network.plane.add_consumer(2, video_slot(3))
    network.plane.set_route(1, 1)
    network.send(sender, *camera.frame(key=True))
    network.advance(0.1)
    network.send(sender, *camera.frame())
    network.events.clear()
    network.plane.set_route(2, 1)
    network.drain()
    assert len(late.rtp) == 4
    assert network.events_of(KeyframeNeeded) == []
    network.send(sender, *camera.frame())
    assert_continuous(late.rtp)


def test_later_joiner_waits_for_a_new_one() -> None:
    network = Network()
    sender, _, late = network.peer(1), network.peer(2), network.peer(3)
    camera = Camera(11)
    network.plane.add_encoding(1, video(1, 11))
    network.plane.add_consumer(1, video_slot(2))
    network.plane.add_consumer(2, video_slot(3))
    network.plane.set_route(1, 1)
    network.send(sender, *camera.frame(key=True))
    network.advance(0.8)
    network.events.clear()
    network.plane.set_route(2, 1)
    network.drain()
    assert network.events_of(KeyframeNeeded) == [KeyframeNeeded(1)]
    network.send(sender, *camera.frame())
    assert late.rtp == []
    network.send(sender, *camera.frame(key=True))
    assert_continuous(late.rtp)


def test_keyframe_that_arrives_out_of_order_is_whole() -> None:
    network = Network()
    sender, viewer, first = network.peer(1), network.peer(2), network.peer(3)
    camera = Camera(11)
    network.plane.add_encoding(1, video(1, 11))
    network.plane.add_consumer(1, video_slot(2))
    network.plane.add_consumer(2, video_slot(3))
    network.plane.set_route(2, 1)
    network.plane.set_route(1, 1)
    one, two, three = camera.frame(3, key=True)
    network.send(sender, three, one, two)
    for peer in (viewer, first):
        assert len(peer.rtp) == 3
        assert_continuous(sorted(peer.rtp, key=lambda packet: packet.sequence_number))


def test_paused_producer_leaks_nothing() -> None:
    network = Network()
    sender, viewer = network.peer(1), network.peer(2)
    camera, microphone = Camera(11), Microphone(33)
    network.plane.add_encoding(1, video(1, 11))
    network.plane.add_encoding(2, audio(1, 33))
    network.plane.add_consumer(1, video_slot(2))
    network.plane.add_consumer(2, audio_slot(2))
    network.plane.set_route(1, 1)
    network.plane.set_route(2, 2)
    network.send(sender, *camera.frame(key=True), microphone.packet())
    seen = viewer.rtp.copy()
    for handle in (1, 2):
        network.plane.pause_encoding(handle, True)
        network.plane.pause_encoding(handle, True)
    network.events.clear()
    held = camera.frame(2)
    for _ in range(20):
        network.send(sender, *camera.frame(key=True), microphone.packet())
        network.send_rtcp(viewer, PictureLoss(1, 2001), Nack(1, 2001, (seen[0].sequence_number,)))
        network.advance(0.1)
    network.plane.set_route(1, None)
    network.plane.set_route(1, 1)  # routes change nothing about it
    network.send(sender, *camera.frame(key=True))
    assert viewer.rtp == seen
    assert network.events_of(KeyframeNeeded) == []
    assert network.events_of(AudioLevels)  # loudness is still read

    for handle in (1, 2):
        network.plane.pause_encoding(handle, False)
    network.drain()
    assert network.events_of(KeyframeNeeded) == [KeyframeNeeded(1)]
    network.send(sender, *held, *camera.frame(), microphone.packet())
    network.send(sender, *camera.frame(key=True))
    pictures = [packet for packet in viewer.rtp if packet.ssrc == 2001]
    assert len(pictures) == 4
    assert_continuous(pictures)
    sounds = [packet for packet in viewer.rtp if packet.ssrc == 1001]
    assert len(sounds) == 2
    assert sounds[1].sequence_number == sounds[0].sequence_number + 1 & 0xFFFF
    assert sounds[1].timestamp - sounds[0].timestamp & 0xFFFFFFFF == pytest.approx(2.0 * 48000, abs=48)


def test_route_to_nothing_stops_at_once_and_answers_no_more() -> None:
    network = Network()
    sender, viewer = network.peer(1), network.peer(2)
    camera = Camera(11)
    network.plane.add_encoding(1, video(1, 11))
    network.plane.add_consumer(1, video_slot(2))
    network.plane.set_route(1, 1)
    network.send(sender, *camera.frame(key=True))
    network.plane.set_route(1, None)
    network.send(sender, *camera.frame(key=True))
    network.send_rtcp(viewer, Nack(1, 2001, (viewer.rtp[0].sequence_number,)))
    assert len(viewer.rtp) == 2


def test_short_picture_ids_become_long_and_stay_continuous() -> None:
    network = Network()
    sender, viewer = network.peer(1), network.peer(2)
    network.plane.add_encoding(1, video(1, 11))
    network.plane.add_consumer(1, video_slot(2))
    network.plane.set_route(1, 1)
    for number in range(300):
        payload = bytes((0x90, 0x80, number & 0x7F, 0x10 if number == 0 else 0x11))
        network.send(sender, RtpPacket(96, number, number * 3000, 11, payload))
    pictures = [parse_vp8(packet.payload) for packet in viewer.rtp]
    assert all(picture.long_picture_id for picture in pictures)
    ids = [picture.picture_id for picture in pictures if picture.picture_id is not None]
    assert [after - before & 0x7FFF for before, after in pairwise(ids)] == [1] * 299


def test_h264_is_routed_from_its_parameter_sets() -> None:
    network = Network()
    sender, viewer = network.peer(1), network.peer(2)
    network.plane.add_encoding(1, replace(video(1, 11), codec="h264"))
    network.plane.add_consumer(1, replace(video_slot(2), codec="h264"))
    network.plane.set_route(1, 1)
    units = ["419a2400", "419a2500", "6742c01f", "68ce3c80", "7c8588", "7c0588", "419a2400"]
    for number, unit in enumerate(units):
        network.send(sender, RtpPacket(96, number, 0, 11, bytes.fromhex(unit)))
    assert [packet.payload.hex() for packet in viewer.rtp] == units[2:]
    assert network.plane.encoding_stats(1).keyframes == 1
    late = network.peer(3)
    network.plane.add_consumer(2, replace(video_slot(3), codec="h264"))
    network.plane.set_route(2, 1)
    network.drain()
    assert [packet.payload.hex() for packet in late.rtp] == units[2:]


def test_outbound_header_has_its_own_extensions() -> None:
    network = Network()
    sender, viewer = network.peer(1), network.peer(2)
    ids = ExtensionIds(mid=9, audio_level=8, abs_send_time=7, transport_cc=6)
    network.plane.add_encoding(1, audio(1, 33))
    network.plane.add_consumer(1, replace(audio_slot(2), extensions=ids, mid="a0"))
    network.plane.set_route(1, 1)
    network.send(sender, Microphone(33, level=23).packet())
    assert viewer.rtp[0].extensions == {
        9: b"a0",
        8: bytes((0x80 | 23,)),
        7: abs_send_time(network.now).to_bytes(3, "big"),
        6: b"\x00\x00",
    }


def test_a_new_consumer_of_an_old_ssrc_goes_on_where_the_old_one_ended() -> None:
    network = Network()
    sender, viewer = network.peer(1), network.peer(2)
    camera = Camera(11)
    network.plane.add_encoding(1, video(1, 11))
    for _ in range(3):
        network.plane.add_consumer(1, video_slot(2))
        network.plane.set_route(1, 1)
        network.send(sender, *camera.frame(key=True))
        network.send_rtcp(viewer, Nack(1, 2001, (viewer.rtp[-1].sequence_number,)))
        network.plane.remove_consumer(1)
        network.drain()
        network.advance(1.0)
    pictures = [packet.sequence_number for packet in viewer.rtp if packet.ssrc == 2001]
    assert [after - before & 0xFFFF for before, after in pairwise(pictures)] == [1] * 5
    repairs = [packet.sequence_number for packet in viewer.rtp if packet.ssrc == 2002]
    assert [after - before & 0xFFFF for before, after in pairwise(repairs)] == [1] * 2
    assert [packet for packet in viewer.rtcp if isinstance(packet, Bye)] == [Bye((2001,))] * 3


@pytest.mark.parametrize("seed", tries(2))
def test_any_meeting_is_one_stream_for_every_viewer(seed: int) -> None:
    """Random cameras, losses, reordering, duplicates, routes, layers and pauses: no viewer ever sees a number twice."""
    random = Random(seed)
    network = Network(seed)
    senders = [network.peer(handle) for handle in (1, 2)]
    viewers = [network.peer(handle) for handle in (3, 4, 5)]
    cameras: dict[int, tuple[Peer, Camera]] = {}
    for place, sender in enumerate(senders):
        for layer in range(2):
            handle = 10 * place + layer
            camera = Camera(100 + handle, sequence=random.getrandbits(16), timestamp=random.getrandbits(32))
            cameras[handle] = (sender, camera)
            network.plane.add_encoding(handle, video(sender.handle, camera.ssrc, producer=place))
    for viewer in viewers:
        network.plane.add_consumer(viewer.handle, video_slot(viewer.handle))
    keys = {0: True, 1: True}
    for _ in range(250):
        network.advance(1 / 30)
        for viewer in viewers:
            if random.random() < 0.1:
                network.plane.set_route(viewer.handle, random.choice([None, *cameras]))
        if random.random() < 0.03:
            network.plane.pause_encoding(random.choice(list(cameras)), random.random() < 0.3)
        for event in network.events_of(KeyframeNeeded):
            assert isinstance(event, KeyframeNeeded)
            keys[event.encoding // 10] = True
        for handle, (sender, camera) in cameras.items():
            packets = camera.frame(random.randrange(1, 5), key=keys[handle // 10])
            if random.random() < 0.2:
                random.shuffle(packets)
            datagrams = [sender.protect(packet) for packet in packets if random.random() > 0.03]
            network.receive(sender, *datagrams, *(data for data in datagrams if random.random() < 0.05))
        keys = {0: False, 1: False}
    for viewer in viewers:
        assert len(viewer.rtp) > 100
        numbers = [packet.sequence_number for packet in viewer.rtp]
        assert len(set(numbers)) == len(numbers)
        base = numbers[0]
        ordered = sorted(viewer.rtp, key=lambda packet: packet.sequence_number - base & 0xFFFF)
        for before, after in pairwise(ordered):
            assert (after.timestamp - before.timestamp & 0xFFFFFFFF) < 90000 * 10
            one, two = parse_vp8(before.payload).picture_id, parse_vp8(after.payload).picture_id
            assert one is not None and two is not None
            assert (two - one & 0x7FFF) < 20
            assert (one == two) == (before.timestamp == after.timestamp)
        span = (ordered[-1].sequence_number - base & 0xFFFF) + 1
        assert len(ordered) > span * 0.9
