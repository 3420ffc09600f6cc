"""Probes: as many bytes as asked for, at the rate asked for, marked so that feedback tells of them apart."""

from __future__ import annotations

from itertools import pairwise

import pytest

from sfu.plane.plane import ExtensionIds, FeedbackReceived, PacketResult
from sfu.rtp.rtcp import Nack, TransportFeedback

from .network import Camera, Network, Peer, audio_slot, video, video_slot
from .test_feedback import body
from .test_pace import large


def meeting() -> tuple[Network, Peer, Peer, Camera]:
    network = Network()
    sender, viewer = network.peer(1), network.peer(2)
    network.plane.add_encoding(1, video(1, 11, 12))
    network.plane.add_consumer(2, video_slot(2))
    network.plane.set_route(2, 1)
    camera = Camera(11)
    network.send(sender, *large(camera, 12, key=True))
    return network, sender, viewer, camera


def results(network: Network, viewer: Peer, count: int) -> list[PacketResult]:
    network.events.clear()
    network.send_rtcp(viewer, TransportFeedback(1, 2001, body(0, "a" * count)))
    events = network.events_of(FeedbackReceived)
    return [result for event in events if isinstance(event, FeedbackReceived) for result in event.packets]


def test_packets_that_went_out_are_sent_again_newest_first() -> None:
    network, _, viewer, _ = meeting()
    sent = {packet.sequence_number: packet.payload for packet in viewer.rtp}
    viewer.rtp.clear()
    network.plane.probe(2, 7, 800_000, 8000)
    network.advance(0.2)
    assert {packet.ssrc for packet in viewer.rtp} == {2002}
    again = [int.from_bytes(packet.payload[:2], "big") for packet in viewer.rtp]
    assert again == list(reversed(sent))[: len(again)]
    assert all(packet.payload[2:] == sent[number] for packet, number in zip(viewer.rtp, again, strict=True))
    told = results(network, viewer, 12 + len(again))
    assert [result.cluster for result in told] == [0] * 12 + [7] * len(again)
    assert 8000 <= sum(result.size for result in told[12:]) < 9100
    gaps = [other.sent_at - one.sent_at for one, other in pairwise(told[12:])]
    assert gaps == pytest.approx([told[-1].size / 100_000] * len(gaps), abs=0.001)


def test_padding_where_nothing_can_be_repeated() -> None:
    network, _, viewer, _ = meeting()
    network.plane.set_route(2, None)
    viewer.rtp.clear()
    network.plane.probe(2, 1, 2_000_000, 2000)
    network.advance(0.1)
    assert [(packet.ssrc, packet.payload, packet.padding) for packet in viewer.rtp] == [(2002, b"", 224)] * 8
    assert len({packet.sequence_number for packet in viewer.rtp}) == 8
    told = results(network, viewer, 20)
    assert [result.cluster for result in told[12:]] == [1] * 8


def test_a_probe_reaches_back_as_far_as_the_ring_and_then_pads() -> None:
    network, _, viewer, _ = meeting()
    network.advance(3.5)
    viewer.rtp.clear()
    network.plane.probe(2, 1, 2_000_000, 400)
    network.drain()
    network.advance(0.1)
    assert [packet.padding for packet in viewer.rtp] == [224, 224]


def test_a_new_probe_ends_the_one_before() -> None:
    network, _, viewer, _ = meeting()
    viewer.rtp.clear()
    network.plane.probe(2, 1, 80_000, 20_000)
    network.advance(0.05)
    network.plane.probe(2, 2, 8_000_000, 5_000)
    network.advance(3.0)
    told = results(network, viewer, 12 + len(viewer.rtp))
    assert [result.cluster for result in told[12:]] == [1] * 1 + [2] * (len(viewer.rtp) - 1)
    assert 6 <= len(viewer.rtp) <= 8


def test_no_number_is_used_twice() -> None:
    """RTX of probes and of repairs share their SSRC: libsrtp here would refuse a number that came before."""
    network, sender, viewer, camera = meeting()
    for cluster in range(1, 6):
        network.plane.probe(2, cluster, 1_000_000, 3000)
        network.send_rtcp(viewer, Nack(1, 2001, tuple(packet.sequence_number for packet in viewer.rtp[:3])))
        network.advance(0.05)
        network.send(sender, *camera.frame(2))
    numbers = [packet.sequence_number for packet in viewer.rtp if packet.ssrc == 2002]
    assert all((other - one) & 0xFFFF == 1 for one, other in pairwise(numbers))
    assert network.plane.consumer_stats(2).retransmitted == 15


def test_what_waits_or_was_left_out_is_not_sent_by_a_probe() -> None:
    network, sender, viewer, camera = meeting()
    network.plane.set_pace(2, 80_000)
    network.send(sender, *large(camera, 20))
    went_out = {packet.sequence_number for packet in viewer.rtp}
    network.plane.probe(2, 1, 8_000_000, 30_000)
    network.drain()
    again = {
        int.from_bytes(packet.payload[:2], "big") for packet in viewer.rtp if packet.ssrc == 2002 and packet.payload
    }
    assert again and again <= went_out


def test_where_nothing_can_carry_a_probe_nothing_is_sent() -> None:
    network = Network()
    viewer, keyless = network.peer(2), 3
    network.plane.probe(2, 1, 100_000, 1000)  # no consumer
    network.plane.add_consumer(1, audio_slot(2))
    network.plane.add_consumer(2, video_slot(2, extensions=ExtensionIds()))  # no transport-wide numbers
    network.plane.probe(2, 1, 100_000, 1000)
    network.plane.add_transport(keyless)
    network.plane.add_consumer(3, video_slot(keyless))
    network.plane.probe(keyless, 1, 100_000, 1000)
    network.advance(0.5)
    assert viewer.rtp == []


def test_who_leaves_in_the_middle() -> None:
    network, _, _, _ = meeting()
    network.plane.probe(2, 1, 80_000, 20_000)
    network.plane.remove_consumer(2)
    network.advance(0.3)
    network.plane.add_consumer(2, video_slot(2))
    network.plane.probe(2, 1, 80_000, 20_000)
    network.plane.remove_transport(2)
    network.advance(0.3)


@pytest.mark.parametrize(
    ("cluster", "bitrate", "size"),
    [(0, 100_000, 1000), (256, 100_000, 1000), (1, 0, 1000), (1, 100_000, 0), (1, 9000, 2**30)],
)
def test_what_is_no_probe_is_refused(cluster: int, bitrate: int, size: int) -> None:
    network, _, _, _ = meeting()
    with pytest.raises(ValueError, match="no probe"):
        network.plane.probe(2, cluster, bitrate, size)
    with pytest.raises(KeyError):
        network.plane.probe(9, 1, 100_000, 1000)
