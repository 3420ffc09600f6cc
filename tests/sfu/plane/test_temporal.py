"""Temporal layers above a limit do not go out, and the viewer cannot tell: all its numbers go on by one."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest

from sfu.plane.plane import EncodingSettings
from sfu.rtp.packet import RtpPacket
from sfu.rtp.payload.vp8 import Vp8Descriptor, parse_vp8
from sfu.rtp.rtcp import Nack
from tests.tries import tries

from .network import IDS, Camera, Network, Peer, sink_slot, video, video_slot, vp8

LAYERS = ((0, False), (2, True), (1, True), (2, False))  # as libwebrtc has them: layer, needs only the lowest


class LayeredCamera(Camera):
    """Three temporal layers; TL0PICIDX counts the lowest."""

    def __init__(self, ssrc: int = 11, **numbers: int) -> None:
        super().__init__(ssrc, **numbers)
        self.place, self.tl0 = 0, 250

    def frame(self, packets: int = 2, *, key: bool = False, step: int = 3000) -> list[RtpPacket]:
        if key:
            self.place = 0
        layer, sync = LAYERS[self.place % 4]
        self.place += 1
        self.tl0 = self.tl0 + (layer == 0) & 0xFF
        made = super().frame(packets, key=key, step=step)
        for number, packet in enumerate(made):
            body = bytes((layer,)) + packet.payload[7:]
            payload = bytearray(vp8(self.picture - 1 & 0x7FFF, self.tl0, start=number == 0, key=key, body=body))
            payload[5] = layer << 6 | sync << 5
            packet.payload = bytes(payload)
        return made


def meeting() -> tuple[Network, Peer, Peer, LayeredCamera]:
    network = Network()
    sender, viewer = network.peer(1), network.peer(2)
    network.plane.add_encoding(1, video(1, 11, 12))
    network.plane.add_consumer(2, video_slot(2))
    network.plane.set_route(2, 1)
    camera = LayeredCamera()
    network.send(sender, *camera.frame(3, key=True))
    return network, sender, viewer, camera


def play(network: Network, sender: Peer, camera: LayeredCamera, frames: int, packets: int = 2) -> None:
    for _ in range(frames):
        network.send(sender, *camera.frame(packets))


def descriptors(viewer: Peer) -> list[Vp8Descriptor]:
    return [parse_vp8(packet.payload) for packet in viewer.rtp if packet.payload]


def layers(viewer: Peer) -> list[int]:
    """Of each picture, in order."""
    return [one.temporal_layer or 0 for one in descriptors(viewer) if one.begins_picture]


def assert_without_gap(viewer: Peer) -> None:
    for one, other in pairwise(viewer.rtp):
        assert (other.sequence_number - one.sequence_number) & 0xFFFF == 1
    pictures = [one for one in descriptors(viewer) if one.begins_picture]
    for first, second in pairwise(pictures):
        assert first.picture_id is not None and second.picture_id is not None
        assert (second.picture_id - first.picture_id) & 0x7FFF == 1
        assert first.tl0_picture_index is not None and second.tl0_picture_index is not None
        assert (second.tl0_picture_index - first.tl0_picture_index) & 0xFF == (second.temporal_layer == 0)


def test_all_layers_go_out_unless_said_otherwise() -> None:
    network, sender, viewer, camera = meeting()
    play(network, sender, camera, 7)
    assert layers(viewer) == [0, 2, 1, 2, 0, 2, 1, 2]


@pytest.mark.parametrize(("highest", "expected"), [(2, [0, 2, 1, 2] * 3), (1, [0, 1] * 3), (0, [0] * 3)])
def test_layers_above_the_limit_stay_away(highest: int, expected: list[int]) -> None:
    network, sender, viewer, camera = meeting()
    network.plane.set_temporal(2, highest)
    play(network, sender, camera, 11)
    assert layers(viewer) == expected
    assert_without_gap(viewer)


def test_up_again_at_a_picture_that_allows_it() -> None:
    network, sender, viewer, camera = meeting()
    network.plane.set_temporal(2, 0)
    play(network, sender, camera, 8)  # 2 1 2 0 2 1 2 0
    assert layers(viewer) == [0, 0, 0]
    network.plane.set_temporal(2, None)
    viewer.rtp.clear()
    play(network, sender, camera, 8)  # 2 needs 1 first, which needs nothing; then the next 2 that needs nothing
    assert layers(viewer) == [1, 0, 2, 1, 2, 0]
    assert_without_gap(viewer)


def test_up_again_with_a_keyframe() -> None:
    network, sender, viewer, camera = meeting()
    network.plane.set_temporal(2, 0)
    play(network, sender, camera, 4)
    network.plane.set_temporal(2, 2)
    network.send(sender, *camera.frame(2, key=True))
    play(network, sender, camera, 3)
    assert layers(viewer) == [0, 0, 0, 2, 1, 2]
    assert_without_gap(viewer)


def test_a_change_in_the_middle_of_a_picture_waits_for_its_end() -> None:
    network, sender, viewer, camera = meeting()
    one, two = camera.frame(2)
    network.send(sender, one)
    network.plane.set_temporal(2, 0)
    network.send(sender, two)
    play(network, sender, camera, 4)
    assert layers(viewer) == [0, 2, 0]
    assert len(viewer.rtp) == 7
    network.plane.set_temporal(2, None)  # and up, in one that is left out
    one, two = camera.frame(2)
    network.send(sender, two)  # its beginning comes too late
    network.send(sender, one)
    play(network, sender, camera, 4)
    assert layers(viewer) == [0, 2, 0, 0, 1]


def test_what_is_lost_and_left_out_anyway_leaves_no_hole_once_repaired() -> None:
    network, sender, viewer, camera = meeting()
    network.plane.set_temporal(2, 0)
    play(network, sender, camera, 4)
    viewer.rtp.clear()
    lost = camera.frame(2)  # layer 2, all of it
    play(network, sender, camera, 3)
    numbers = [packet.sequence_number for packet in viewer.rtp]
    assert len(viewer.rtp) == 2
    rtx = [
        RtpPacket(97, place, packet.timestamp, 12, packet.sequence_number.to_bytes(2, "big") + packet.payload)
        for place, packet in enumerate(lost)
    ]
    network.send(sender, *rtx)
    filling = viewer.rtp[2:]
    assert [packet.payload for packet in filling] == [b"", b""]
    assert [(numbers[0] - packet.sequence_number) & 0xFFFF for packet in filling] == [2, 1]


def test_retransmission_still_finds_its_packet() -> None:
    network, sender, viewer, camera = meeting()
    network.plane.set_temporal(2, 1)
    play(network, sender, camera, 100)
    wanted = {packet.sequence_number: packet.payload for packet in viewer.rtp[-60:]}
    viewer.rtp.clear()
    network.send_rtcp(viewer, Nack(1, 2001, tuple(wanted)))
    repeated = {int.from_bytes(packet.payload[:2], "big"): packet.payload[2:] for packet in viewer.rtp}
    assert repeated == wanted


def test_a_switch_goes_on_where_the_thinned_picture_was() -> None:
    network, sender, viewer, camera = meeting()
    network.plane.add_encoding(3, video(1, 31))
    network.plane.set_temporal(2, 0)
    play(network, sender, camera, 6)  # the last was left out
    network.plane.set_route(2, 3)
    other = LayeredCamera(31, sequence=7, picture=9)
    network.send(sender, *other.frame(2, key=True))
    for _ in range(4):
        network.send(sender, *other.frame(2))
    assert layers(viewer) == [0, 0, 0, 0]
    assert_without_gap(viewer)


def test_other_codecs_and_sinks() -> None:
    network, sender, viewer, camera = meeting()
    taken: list[bytes] = []
    network.plane.add_consumer(7, sink_slot(lambda packet: taken.append(packet.rtp)))
    network.plane.set_route(7, 1)
    network.plane.set_temporal(7, 0)
    network.send(sender, *camera.frame(1, key=True))
    play(network, sender, camera, 3, 1)
    network.drain()
    assert len(taken) == 4 and layers(viewer) == [0, 0, 2, 1, 2]
    h264 = EncodingSettings(1, "video", 41, None, 96, None, "h264", 90000, IDS)
    network.plane.add_encoding(4, h264)


@pytest.mark.parametrize("highest", [-1, 4])
def test_there_are_four_layers(highest: int) -> None:
    network, _, _, _ = meeting()
    with pytest.raises(ValueError, match=f"layer {highest}"):
        network.plane.set_temporal(2, highest)
    with pytest.raises(KeyError):
        network.plane.set_temporal(99, 0)


def test_bitrates_of_layers_are_measured() -> None:
    network, sender, _, camera = meeting()
    for _ in range(40):
        network.advance(0.05)
        network.send(sender, *camera.frame(2))
    zero, one, two, three = network.plane.encoding_stats(1).temporal_bitrates
    assert three == 0 < zero and one == pytest.approx(zero, rel=0.3) and two == pytest.approx(zero + one, rel=0.3)
    network.advance(3.0)
    assert network.plane.encoding_stats(1).temporal_bitrates == (0, 0, 0, 0)


@pytest.mark.parametrize("seed", tries(6))
def test_any_loss_order_and_limit_leave_a_stream_that_decodes(seed: int) -> None:
    """Nothing goes out twice with other bytes, numbers stay distinct, whole pictures that arrived whole stay whole."""
    random = Random(seed)
    network, sender, viewer, camera = meeting()
    late: list[RtpPacket] = []
    for _ in range(300):
        if random.random() < 0.2:
            network.plane.set_temporal(2, random.choice((None, 0, 1, 2)))
        packets = camera.frame(random.randrange(1, 4), key=random.random() < 0.03)
        for packet in packets:
            if random.random() < 0.1:
                late.append(packet)
            else:
                network.send(sender, packet)
        if late and random.random() < 0.3:
            network.send(sender, late.pop(random.randrange(len(late))))
        network.advance(0.01)
    numbers = [packet.sequence_number for packet in viewer.rtp]
    assert len(set(numbers)) == len(numbers)
    pictures: dict[tuple[int | None, int], set[bytes]] = {}
    for packet in viewer.rtp:
        if packet.payload:
            descriptor = parse_vp8(packet.payload)
            inbound = packet.payload[descriptor.size + 2 :].split(b"/")[1]
            pictures.setdefault((descriptor.picture_id, packet.timestamp), set()).add(inbound)
    assert all(len(sources) == 1 for sources in pictures.values())
