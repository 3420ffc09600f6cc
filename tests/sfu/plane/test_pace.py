"""All video of a transport leaves at no more than its pace; sound passes, nothing waits longer than half a second."""

from __future__ import annotations

from itertools import pairwise

import pytest

from sfu.plane.plane import KeyframeNeeded, RouteTaken
from sfu.rtp.packet import RtpPacket
from sfu.rtp.payload.vp8 import parse_vp8
from sfu.rtp.rtcp import Nack

from .network import Camera, Microphone, Network, Peer, audio, audio_slot, video, video_slot

SIZE = 1000  # of a packet on the wire, more or less


def large(camera: Camera, packets: int, *, key: bool = False) -> list[RtpPacket]:
    made = camera.frame(packets, key=key)
    for packet in made:
        packet.payload = packet.payload.ljust(SIZE - 36, b".")
    return made


def meeting(bitrate: int | None = 800_000) -> tuple[Network, Peer, Peer, Camera]:
    """A viewer at 100 packets a second, of which two may leave at once."""
    network = Network()
    sender, viewer = network.peer(1), network.peer(2)
    network.plane.add_encoding(1, video(1, 11, 12))
    network.plane.add_consumer(2, video_slot(2))
    network.plane.set_pace(2, bitrate)
    network.plane.set_route(2, 1)
    camera = Camera(11)
    network.send(sender, *large(camera, 1, key=True))
    network.advance(0.1)
    viewer.rtp.clear()
    network.events.clear()
    return network, sender, viewer, camera


def numbers(viewer: Peer, ssrc: int = 2001) -> list[int]:
    return [packet.sequence_number for packet in viewer.rtp if packet.ssrc == ssrc]


def assert_in_order(viewer: Peer, ssrc: int = 2001) -> None:
    assert all((other - one) & 0xFFFF == 1 for one, other in pairwise(numbers(viewer, ssrc)))


def test_what_fits_leaves_at_once() -> None:
    network, sender, viewer, camera = meeting()
    network.send(sender, *large(camera, 2))
    assert len(viewer.rtp) == 2


def test_live_packets_wait_for_their_turn() -> None:
    network, sender, viewer, camera = meeting()
    network.send(sender, *large(camera, 20))
    assert len(viewer.rtp) == 2
    network.advance(0.1)
    assert 10 <= len(viewer.rtp) <= 14
    network.send(sender, *large(camera, 2))  # behind what waits
    assert_in_order(viewer)
    network.advance(0.11)
    assert len(viewer.rtp) == 22
    assert_in_order(viewer)
    assert network.plane.stats().extra.get("backlogs_dropped", 0) == 0


def test_without_a_pace_nothing_waits() -> None:
    network, sender, viewer, camera = meeting(None)
    network.send(sender, *large(camera, 50))
    assert len(viewer.rtp) == 50


def test_taking_the_pace_away_lets_all_out() -> None:
    network, sender, viewer, camera = meeting()
    network.send(sender, *large(camera, 30))
    network.plane.set_pace(2, None)
    network.drain()
    assert len(viewer.rtp) == 30
    network.send(sender, *large(camera, 30))
    assert len(viewer.rtp) == 60
    network.plane.set_pace(2, 800_000)
    network.advance(0.2)
    assert_in_order(viewer)


def test_a_new_pace_counts_from_now_on() -> None:
    network, sender, viewer, camera = meeting()
    network.send(sender, *large(camera, 40))
    network.advance(0.05)
    before = len(viewer.rtp)
    network.plane.set_pace(2, 3_200_000)
    network.advance(0.05)
    assert 18 <= len(viewer.rtp) - before <= 30


def test_sound_passes() -> None:
    network, sender, viewer, camera = meeting()
    network.plane.add_encoding(5, audio(1, 51))
    network.plane.add_consumer(6, audio_slot(2))
    network.plane.set_route(6, 5)
    microphone = Microphone(51)
    network.send(sender, *large(camera, 20))
    network.send(sender, *(microphone.packet() for _ in range(10)))
    assert len(numbers(viewer, 1001)) == 10


def test_a_keyframe_from_the_ring_is_paced() -> None:
    network, sender, _, camera = meeting()
    late = network.peer(7)
    network.plane.add_consumer(7, video_slot(7))
    network.plane.set_pace(7, 800_000)
    network.send(sender, *large(camera, 20, key=True))
    network.plane.set_route(7, 1)
    network.drain()
    assert RouteTaken(7, 1) in network.events
    assert len(late.rtp) == 2
    network.advance(0.2)
    assert len(late.rtp) == 20
    assert_in_order(late)
    assert parse_vp8(late.rtp[0].payload).is_keyframe_start


def test_retransmissions_are_paced_and_come_first() -> None:
    network, sender, viewer, camera = meeting()
    for _ in range(5):
        network.send(sender, *large(camera, 2))
        network.advance(0.05)
    asked = tuple(numbers(viewer)[-6:])
    network.send(sender, *large(camera, 4))
    viewer.rtp.clear()
    network.send_rtcp(viewer, Nack(1, 2001, asked))
    assert viewer.rtp == []
    network.advance(0.15)
    assert [packet.ssrc for packet in viewer.rtp] == [2002] * 6 + [2001] * 2
    assert [int.from_bytes(packet.payload[:2], "big") for packet in viewer.rtp[:6]] == list(asked)


def test_retransmissions_that_waited_too_long_are_forgotten() -> None:
    network, sender, viewer, camera = meeting()
    for _ in range(30):
        network.send(sender, *large(camera, 2))
        network.advance(0.05)
    asked = tuple(numbers(viewer)[-60:])
    network.plane.set_pace(2, 80_000)  # 10 packets a second
    viewer.rtp.clear()
    network.send_rtcp(viewer, Nack(1, 2001, asked))
    network.advance(2.0)
    assert 5 <= len(viewer.rtp) <= 8
    assert network.plane.consumer_stats(2).retransmission_missed == 60 - len(viewer.rtp)
    network.send_rtcp(viewer, Nack(1, 2001, tuple(range(100))))  # more than may wait
    assert network.plane.consumer_stats(2).retransmission_missed > 60


def test_a_picture_that_waited_too_long_goes_on_with_a_keyframe() -> None:
    network, sender, viewer, camera = meeting()
    for _ in range(30):
        network.send(sender, *large(camera, 3))  # 120 packets a second
        network.advance(0.025)
    network.plane.set_pace(2, 80_000)
    for _ in range(24):
        network.send(sender, *large(camera, 3))
        network.advance(0.025)
    assert network.plane.stats().extra["backlogs_dropped"] == 1
    assert KeyframeNeeded(1) in network.events
    assert network.plane.consumer_stats(2).encoding is None
    network.plane.set_pace(2, 2_000_000)
    stopped = len(viewer.rtp)
    network.send(sender, *large(camera, 3))
    network.send(sender, *large(camera, 3, key=True))
    network.advance(0.1)
    assert len(viewer.rtp) == stopped + 3
    assert parse_vp8(viewer.rtp[stopped].payload).is_keyframe_start
    assert_in_order(viewer)
    pictures = [parse_vp8(packet.payload) for packet in viewer.rtp]
    ids = [one.picture_id or 0 for one in pictures if one.begins_picture]
    assert all((other - one) & 0x7FFF == 1 for one, other in pairwise(ids))
    times = [packet.timestamp for packet in viewer.rtp if packet.marker]
    assert all(0 < (other - one) & 0xFFFFFFFF < 90000 for one, other in pairwise(times))


def test_a_keyframe_that_came_meanwhile_is_taken() -> None:
    network, sender, viewer, camera = meeting()
    network.send(sender, *large(camera, 60))
    network.advance(0.3)
    network.send(sender, *large(camera, 4, key=True))
    network.advance(0.5)
    assert network.plane.stats().extra["backlogs_dropped"] == 1
    assert parse_vp8(viewer.rtp[-4].payload).is_keyframe_start
    assert_in_order(viewer)


def test_the_oldest_of_several_pictures_goes_first() -> None:
    network, sender, viewer, camera = meeting()
    other = Camera(31, sequence=100)
    network.plane.add_encoding(3, video(1, 31))
    network.plane.add_consumer(3, video_slot(2, 3001))
    network.plane.set_route(3, 3)
    network.send(sender, *large(other, 1, key=True))
    network.advance(0.1)
    viewer.rtp.clear()
    for _ in range(10):
        network.send(sender, *large(camera, 2))
        network.send(sender, *large(other, 1))
        network.advance(0.02)
    one, two = len(numbers(viewer)), len(numbers(viewer, 3001))
    assert one + two == pytest.approx(21, abs=2) and one == pytest.approx(2 * two, abs=3)
    network.advance(0.5)
    assert (len(numbers(viewer)), len(numbers(viewer, 3001))) == (20, 10)
    assert_in_order(viewer)
    assert_in_order(viewer, 3001)


def test_what_is_repaired_late_takes_its_place_at_once() -> None:
    network, sender, viewer, camera = meeting()
    packets = large(camera, 20)
    network.send(sender, packets[0], *packets[2:])
    network.advance(0.05)
    lost = packets[1]
    payload = lost.sequence_number.to_bytes(2, "big") + lost.payload
    before = len(viewer.rtp)
    network.send(sender, RtpPacket(97, 1, lost.timestamp, 12, payload))
    assert len(viewer.rtp) == before + 1
    network.advance(0.3)
    assert sorted(numbers(viewer)) == [numbers(viewer)[0] + place for place in range(20)]


def test_a_switch_of_layers_leaves_what_waits_behind() -> None:
    network, sender, viewer, camera = meeting()
    smaller = Camera(31, sequence=100, picture=5)
    network.plane.add_encoding(3, video(1, 31, producer=1))
    network.plane.remove_encoding(1)
    network.plane.add_encoding(1, video(1, 11, producer=1))
    network.plane.set_route(2, 1)
    network.send(sender, *large(camera, 1, key=True))
    network.advance(0.1)
    viewer.rtp.clear()
    network.send(sender, *large(camera, 30))
    network.plane.set_route(2, 3)
    network.advance(0.05)
    network.send(sender, *smaller.frame(2, key=True))
    network.advance(0.3)
    network.send(sender, *smaller.frame(2))
    assert_in_order(viewer)
    assert 8 < len(viewer.rtp) < 20
    network.send_rtcp(viewer, Nack(1, 2001, (numbers(viewer)[0],)))  # of a route that ended
    assert numbers(viewer, 2002) == []


def test_who_leaves_while_something_waits() -> None:
    network, sender, _, camera = meeting()
    network.send(sender, *large(camera, 30))
    network.plane.remove_consumer(2)
    network.advance(0.2)
    network.plane.add_consumer(2, video_slot(2))
    network.plane.set_route(2, 1)
    network.send(sender, *large(camera, 30, key=True))
    network.plane.remove_encoding(1)
    network.advance(0.01)
    network.plane.remove_transport(2)
    network.advance(0.3)


@pytest.mark.parametrize("bitrate", [0, -1, 999])
def test_a_pace_of_nothing_is_refused(bitrate: int) -> None:
    network, _, _, _ = meeting()
    with pytest.raises(ValueError, match=str(bitrate)):
        network.plane.set_pace(2, bitrate)
    with pytest.raises(KeyError):
        network.plane.set_pace(9, 100_000)


def test_a_rate_gives_way_to_a_pace() -> None:
    network, sender, viewer, camera = meeting()
    network.send(sender, *large(camera, 2))
    network.advance(0.1)
    network.plane.set_rate(2, 0)
    asked = numbers(viewer)
    network.send_rtcp(viewer, Nack(1, 2001, tuple(asked)))
    assert len(numbers(viewer, 2002)) == 2
