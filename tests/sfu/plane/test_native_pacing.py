"""What is over a viewer's rate goes out later, in order, and never very late; steady media does not wait."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from random import Random

import pytest

from sfu.plane.native.plane import NativePlane, NativeSettings
from sfu.rtp.rtcp import Nack

from .network import Camera, Network, Peer, video, video_slot


def paced(random: Random) -> NativePlane:
    return NativePlane(random, NativeSettings(paces=True))


@pytest.fixture(autouse=True)
def plane_under_test() -> Iterator[None]:
    """The reference does not pace."""
    before, Network.make = Network.make, staticmethod(paced)
    yield
    Network.make = before


def meeting() -> tuple[Network, Peer, Peer, Camera]:
    """A camera that is watched, and has just sent a keyframe of 60 kB."""
    network = Network()
    sender, viewer = network.peer(1), network.peer(2)
    network.plane.add_encoding(1, video(1, 11, 12))
    network.plane.add_consumer(2, video_slot(2))
    network.plane.set_route(2, 1)
    camera = Camera(11)
    network.send(sender, *large(camera, 60, key=True))
    return network, sender, viewer, camera


def large(camera: Camera, packets: int, *, key: bool = False):  # type: ignore[no-untyped-def]
    made = camera.frame(packets, key=key)
    for packet in made:
        packet.payload += bytes(1000)
    return made


def late_viewer(network: Network, rate: int | None) -> Peer:
    late = network.peer(7)
    network.plane.add_consumer(7, video_slot(7))
    network.plane.set_rate(7, rate)
    network.plane.set_route(7, 1)
    network.drain()
    return late


def assert_in_order(late: Peer) -> None:
    numbers = [packet.sequence_number for packet in late.rtp]
    assert [after - before & 0xFFFF for before, after in pairwise(numbers)] == [1] * (len(numbers) - 1)


def test_a_keyframe_burst_is_spread_and_complete() -> None:
    network, sender, _, camera = meeting()
    late = late_viewer(network, 300_000)  # a quarter of a second at three times that: 28 kB
    at_once = len(late.rtp)
    assert 20 < at_once < 40
    seen = [at_once]
    for _ in range(6):
        network.advance(0.033)
        network.send(sender, *large(camera, 1))
        seen.append(len(late.rtp))
    assert sorted(set(seen)) == seen  # a little more each time
    network.advance(0.6)
    assert len(late.rtp) == 66
    assert_in_order(late)
    network.send(sender, *large(camera, 3))  # it has caught up: nothing waits
    assert len(late.rtp) == 69
    assert_in_order(late)


def test_nothing_waits_longer_than_half_a_second() -> None:
    network, _, _, _ = meeting()
    late = late_viewer(network, 8_000)
    assert len(late.rtp) < 3
    network.advance(0.45)
    assert len(late.rtp) < 6
    network.advance(0.1)
    assert len(late.rtp) == 60
    assert_in_order(late)


def test_without_a_rate_all_goes_at_once() -> None:
    network, _, _, _ = meeting()
    assert len(late_viewer(network, None).rtp) == 60


def test_late_repairs_of_what_went_before_the_cursor_do_not_wait() -> None:
    network, sender, _, camera = meeting()
    late = late_viewer(network, 100_000)
    behind = len(late.rtp)
    network.send(sender, *large(camera, 5))
    assert len(late.rtp) == behind  # after the cursor: in their turn
    network.advance(0.6)
    assert len(late.rtp) == 65
    assert_in_order(late)


def test_retransmissions_over_the_rate_come_later() -> None:
    network, sender, viewer, camera = meeting()
    network.send(sender, *large(camera, 30))
    numbers = tuple(packet.sequence_number for packet in viewer.rtp[-30:])
    viewer.rtp.clear()
    network.plane.set_rate(2, 160_000)  # 5 kB in a quarter of a second
    network.send_rtcp(viewer, Nack(1, 2001, numbers))
    assert 3 <= len(viewer.rtp) <= 5
    network.send_rtcp(viewer, Nack(1, 2001, numbers))  # asked again: owed once
    network.advance(0.5)
    few = len(viewer.rtp)
    assert 8 <= few <= 15
    network.advance(1.2)
    assert [int.from_bytes(packet.payload[:2], "big") for packet in viewer.rtp] == list(numbers)
    assert network.plane.consumer_stats(2).retransmission_missed == 0


def test_what_is_owed_is_bounded() -> None:
    network, sender, viewer, camera = meeting()
    for _ in range(4):
        network.send(sender, *large(camera, 50))
    numbers = tuple(packet.sequence_number for packet in viewer.rtp[-200:])
    network.plane.set_rate(2, 16_000)
    network.send_rtcp(viewer, Nack(1, 2001, numbers))
    assert network.plane.consumer_stats(2).retransmission_missed >= 200 - 64 - 1


def test_who_leaves_while_owed_something_is_forgotten() -> None:
    network, _, _, _ = meeting()
    late_viewer(network, 8_000)
    network.plane.remove_consumer(7)
    network.advance(1.0)
    network.plane.remove_transport(7)
    network.plane.remove_transport(2)
    network.plane.remove_transport(1)
    network.advance(2.0)
    assert network.plane.next_timeout() is None
    assert network.plane.stats().extra.get("ring_bytes", 0) == 0
