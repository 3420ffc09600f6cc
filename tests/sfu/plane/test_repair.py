"""Repair, both ways: viewers are answered with RTX, cameras are asked; floods and attacks get nothing."""

from __future__ import annotations

from random import Random

import pytest

from sfu.plane.errors import BadSettings
from sfu.plane.plane import KeyframeNeeded
from sfu.rtp.packet import RtpPacket
from sfu.rtp.rtcp import FullIntraRequest, Nack, PictureLoss

from .network import IDS, Camera, Network, Peer, video, video_slot
from .test_routes import assert_continuous


def meeting(rtx: int | None = 12) -> tuple[Network, Peer, Peer, Camera]:
    """A camera that is watched."""
    network = Network()
    sender, viewer = network.peer(1), network.peer(2)
    network.plane.add_encoding(1, video(1, 11, rtx))
    network.plane.add_consumer(1, video_slot(2))
    network.plane.set_route(1, 1)
    camera = Camera(11)
    network.send(sender, *camera.frame(key=True))
    network.events.clear()
    return network, sender, viewer, camera


def rtx_of(packet: RtpPacket, ssrc: int, sequence: int) -> RtpPacket:
    payload = packet.sequence_number.to_bytes(2, "big") + packet.payload
    return RtpPacket(97, sequence, packet.timestamp, ssrc, payload, packet.marker)


def test_viewer_is_answered_with_rtx() -> None:
    network, sender, viewer, camera = meeting()
    network.send(sender, *camera.frame(4))
    wanted = viewer.rtp[2:4]
    viewer.rtp.clear()
    numbers = tuple(packet.sequence_number for packet in wanted)
    network.send_rtcp(viewer, Nack(1, 2001, numbers))
    assert [packet.ssrc for packet in viewer.rtp] == [2002, 2002]
    assert [packet.payload_type for packet in viewer.rtp] == [124, 124]
    for original, repair in zip(wanted, viewer.rtp, strict=True):
        assert repair.payload == original.sequence_number.to_bytes(2, "big") + original.payload
        assert (repair.timestamp, repair.marker) == (original.timestamp, original.marker)
    assert viewer.rtp[1].sequence_number == viewer.rtp[0].sequence_number + 1 & 0xFFFF
    assert network.plane.consumer_stats(1).retransmitted == 2


def test_the_same_is_not_sent_twice_within_a_round_trip() -> None:
    network, sender, viewer, camera = meeting()
    network.send(sender, *camera.frame(4))
    number = viewer.rtp[-1].sequence_number
    viewer.rtp.clear()
    for _ in range(5):
        network.send_rtcp(viewer, Nack(1, 2001, (number,) * 50))
    assert len(viewer.rtp) == 1
    network.advance(0.03)
    network.send_rtcp(viewer, Nack(1, 2001, (number,)))
    assert len(viewer.rtp) == 2


def test_where_what_is_repeated_gets_lost_too_it_goes_out_twice() -> None:
    network, sender, viewer, camera = meeting()
    network.send(sender, *camera.frame(60))
    numbers = tuple(packet.sequence_number for packet in viewer.rtp[-60:])
    viewer.rtp.clear()
    network.plane.set_repair_copies(1, 2)
    network.send_rtcp(viewer, Nack(1, 2001, numbers[:2]))
    first, again, other, _ = viewer.rtp
    assert (first.payload, first.timestamp) == (again.payload, again.timestamp) and first.payload != other.payload
    assert [packet.sequence_number - first.sequence_number & 0xFFFF for packet in viewer.rtp] == [0, 1, 2, 3]
    assert network.plane.consumer_stats(1).retransmitted == 4
    network.send_rtcp(viewer, Nack(1, 2001, numbers[:2]))
    assert len(viewer.rtp) == 4, "twice at once, not at each plea"
    network.plane.set_rate(1, 16_000)  # 500 bytes in a quarter of a second, each copy counts
    network.advance(0.1)
    network.send_rtcp(viewer, Nack(1, 2001, numbers[2:]))
    assert 10 < len(viewer.rtp) - 4 < 30 and len(viewer.rtp) % 2 == 0
    network.plane.set_rate(1, None)
    network.plane.set_repair_copies(1, 1)
    viewer.rtp.clear()
    network.advance(0.1)
    network.send_rtcp(viewer, Nack(1, 2001, numbers[-1:]))
    assert len(viewer.rtp) == 1
    for copies in (0, 3):
        with pytest.raises(BadSettings):
            network.plane.set_repair_copies(1, copies)
    with pytest.raises(KeyError):
        network.plane.set_repair_copies(99, 2)


def test_what_is_not_there_is_counted() -> None:
    network, _, viewer, _ = meeting()
    number = viewer.rtp[-1].sequence_number
    network.send_rtcp(viewer, Nack(1, 2001, (number + 100 & 0xFFFF, number - 100 & 0xFFFF)))
    network.send_rtcp(viewer, Nack(1, 999, (number,)))
    assert network.plane.consumer_stats(1).retransmission_missed == 2
    network.advance(2.5)  # older than the ring gives out
    network.send_rtcp(viewer, Nack(1, 2001, (number,)))
    assert network.plane.consumer_stats(1).retransmission_missed == 3


def test_rate_limits_retransmission() -> None:
    network, sender, viewer, camera = meeting()
    network.send(sender, *camera.frame(60))
    numbers = tuple(packet.sequence_number for packet in viewer.rtp[-60:])
    viewer.rtp.clear()
    network.plane.set_rate(1, 16_000)  # 500 bytes in a quarter of a second
    network.send_rtcp(viewer, Nack(1, 2001, numbers))
    few = len(viewer.rtp)
    assert 10 < few < 30
    network.plane.set_rate(1, None)
    network.advance(0.1)
    network.send_rtcp(viewer, Nack(1, 2001, numbers))
    assert len(viewer.rtp) == few + 60


def test_a_flood_of_nacks_gets_only_so_much() -> None:
    network, sender, viewer, camera = meeting()
    for _ in range(20):
        frame = camera.frame(20)
        for packet in frame:
            packet.payload += bytes(1000)
        network.send(sender, *frame)
    numbers = tuple(packet.sequence_number for packet in viewer.rtp[-400:])
    viewer.rtp.clear()
    for _ in range(20):
        network.advance(0.025)
        network.send_rtcp(viewer, Nack(1, 2001, numbers[:200]), Nack(1, 2001, numbers[200:]))
    assert sum(len(packet.payload) for packet in viewer.rtp) * 8 < 8_000_000 * 0.8


def test_camera_is_asked_and_its_repair_forwarded() -> None:
    network, sender, viewer, camera = meeting()
    lost, *rest = camera.frame(5)
    network.send(sender, *rest)
    assert [packet for packet in sender.rtcp if isinstance(packet, Nack)] == [
        Nack(sender.rtcp[0].sender_ssrc, 11, (lost.sequence_number,))  # type: ignore[union-attr]
    ]
    assert len(viewer.rtp) == 6
    network.advance(0.03)
    network.send(sender, rtx_of(lost, 12, 900))
    assert len(viewer.rtp) == 7
    viewer.rtp.sort(key=lambda packet: packet.sequence_number)
    assert_continuous(viewer.rtp)
    stats = network.plane.encoding_stats(1)
    assert (stats.repaired, stats.lost, stats.nacks_sent) == (1, 0, 1)
    sender.rtcp.clear()
    network.advance(0.9)
    assert not [packet for packet in sender.rtcp if isinstance(packet, Nack)]


def test_repair_and_late_original_go_out_once() -> None:
    network, sender, viewer, camera = meeting()
    lost, *rest = camera.frame(5)
    network.send(sender, *rest)
    network.send(sender, rtx_of(lost, 12, 900))
    network.send(sender, lost)
    network.send(sender, rtx_of(lost, 12, 901))
    assert len(viewer.rtp) == 7


def test_padding_probes_are_no_media() -> None:
    network, sender, viewer, camera = meeting()
    viewer.rtp.clear()
    frame = camera.frame(3)
    network.send(sender, *frame)
    network.send(sender, RtpPacket(97, 1, 0, 12, padding=200))
    network.send(sender, RtpPacket(97, 2, 0, 12, b"\x00", padding=200))
    network.send(sender, rtx_of(frame[0], 12, 3))
    network.send(sender, RtpPacket(97, 4, 0, 12, (frame[2].sequence_number + 5 & 0xFFFF).to_bytes(2, "big") + b"abc"))
    assert len(viewer.rtp) == 3
    assert network.plane.encoding_stats(1).repaired == 0


def test_old_packets_resent_as_padding_make_no_holes() -> None:
    """Chromium fills its probes with packets sent long ago; nobody watched when those came."""
    network, sender, viewer, camera = meeting()
    old = [packet for _ in range(5) for packet in camera.frame(4)]
    network.plane.set_route(1, None)
    network.send(sender, *old)
    network.plane.set_route(1, 1)
    network.send(sender, *(rtx_of(packet, 12, number) for number, packet in enumerate(old[:10])))
    network.send(sender, *camera.frame(3, key=True))
    network.advance(0.5)
    assert not [packet for packet in sender.rtcp if isinstance(packet, Nack)]
    assert len(viewer.rtp) == 5
    assert network.plane.encoding_stats(1).repaired == 0


def test_padding_between_media_leaves_no_gap() -> None:
    network, sender, viewer, camera = meeting()
    for _ in range(20):
        network.send(sender, *camera.frame(2))
        for _ in range(3):
            network.send(sender, RtpPacket(96, camera.sequence, camera.timestamp, 11, padding=100))
            camera.sequence = camera.sequence + 1 & 0xFFFF
    assert len(viewer.rtp) == 42
    assert_continuous(viewer.rtp)
    number = viewer.rtp[30].sequence_number
    network.send_rtcp(viewer, Nack(1, 2001, (number,)))
    assert viewer.rtp[-1].payload == number.to_bytes(2, "big") + viewer.rtp[30].payload


def test_late_padding_fills_its_place_with_nothing() -> None:
    network, sender, viewer, camera = meeting()
    padding = RtpPacket(96, camera.sequence, camera.timestamp, 11, padding=100)
    camera.sequence = camera.sequence + 1 & 0xFFFF
    network.send(sender, *camera.frame(2))
    network.send(sender, padding)
    assert [len(packet.payload) > 0 for packet in viewer.rtp] == [True, True, True, True, False]
    assert len({packet.sequence_number for packet in viewer.rtp}) == 5


def test_a_loss_that_stays_asks_for_a_keyframe() -> None:
    network, sender, _, camera = meeting()
    network.send(sender, *camera.frame(5)[1:])
    for _ in range(20):
        network.advance(0.05)
        network.send(sender, *camera.frame(1))
    asked = [packet for packet in sender.rtcp if isinstance(packet, Nack)]
    assert len(asked) == 10
    network.advance(0.1)
    assert network.events_of(KeyframeNeeded) == [KeyframeNeeded(1)]


def test_a_loss_before_a_keyframe_does_not() -> None:
    network, sender, _, camera = meeting()
    network.send(sender, *camera.frame(5)[1:])
    network.send(sender, *camera.frame(5, key=True))
    for _ in range(30):
        network.advance(0.05)
        network.send(sender, *camera.frame(1))
    assert network.events_of(KeyframeNeeded) == []


def test_an_outage_asks_for_a_keyframe_at_once() -> None:
    network, sender, _, camera = meeting()
    network.advance(1.0)
    camera.sequence = camera.sequence + 2000 & 0xFFFF
    network.send(sender, *camera.frame(1))
    assert network.events_of(KeyframeNeeded) == [KeyframeNeeded(1)]
    assert not [packet for packet in sender.rtcp if isinstance(packet, Nack)]


def test_viewers_pleas_are_merged() -> None:
    network, sender, viewer, camera = meeting()
    network.advance(1.0)
    for _ in range(10):
        network.send_rtcp(viewer, PictureLoss(1, 2001), FullIntraRequest(1, ((2001, 3),)))
        network.send_rtcp(viewer, PictureLoss(1, 77))
    assert network.events_of(KeyframeNeeded) == [KeyframeNeeded(1)]
    network.send(sender, *camera.frame(1))
    for _ in range(6):
        network.advance(0.1)
        network.send(sender, *camera.frame(1))
    assert network.events_of(KeyframeNeeded) == [KeyframeNeeded(1)]
    network.send(sender, *camera.frame(1, key=True))
    network.advance(2.0)
    assert network.events_of(KeyframeNeeded) == []


def test_waiting_asks_again_every_half_second_while_the_camera_sends() -> None:
    network = Network()
    sender, _ = network.peer(1), network.peer(2)
    network.plane.add_encoding(1, video(1, 11))
    network.plane.add_consumer(1, video_slot(2))
    network.plane.set_route(1, 1)
    camera = Camera(11)
    for _ in range(40):
        network.send(sender, *camera.frame(1))
        network.advance(0.05)
    assert len(network.events_of(KeyframeNeeded)) == 4
    network.advance(5.0)  # the camera is off: asked once or twice more, then not
    assert len(network.events_of(KeyframeNeeded)) <= 2
    network.send(sender, *camera.frame(1))
    network.advance(0.51)
    assert KeyframeNeeded(1) in network.events_of(KeyframeNeeded)


def test_a_lossy_reordering_path_loses_nothing_that_is_repaired() -> None:
    """10 % loss, duplicates and reordering towards the plane; every hole is repaired, the viewer misses nothing."""
    random = Random(3)
    network, sender, viewer, camera = meeting()
    history: dict[int, RtpPacket] = {}
    line: list[tuple[float, bytes]] = []
    rtx = 100
    for _ in range(400):
        for packet in camera.frame(3):
            history[packet.sequence_number] = packet
            data = sender.protect(packet)
            if random.random() < 0.1:
                continue
            copies = 2 if random.random() < 0.05 else 1
            line += [(network.now + random.random() * 0.03, data) for _ in range(copies)]
        for nack in [packet for packet in sender.rtcp if isinstance(packet, Nack)]:
            for number in nack.sequence_numbers:
                if random.random() < 0.7:
                    rtx += 1
                    line.append((network.now + 0.02, sender.protect(rtx_of(history[number], 12, rtx & 0xFFFF))))
        sender.rtcp.clear()
        network.advance(1 / 30)
        line.sort(key=lambda entry: entry[0])
        while line and line[0][0] <= network.now:
            network.receive(sender, line.pop(0)[1])
    base = viewer.rtp[0].sequence_number
    ordered = sorted(viewer.rtp, key=lambda packet: packet.sequence_number - base & 0xFFFF)
    settled = [packet for packet in ordered if (packet.sequence_number - base & 0xFFFF) < 1100]
    assert_continuous(settled)
    assert network.plane.stats().dropped_replay > 10


def test_transport_wide_numbers_count_rtx_too() -> None:
    network, sender, viewer, camera = meeting()
    network.send(sender, *camera.frame(2))
    network.send_rtcp(viewer, Nack(1, 2001, (viewer.rtp[-1].sequence_number,)))
    assert [int.from_bytes(packet.extensions[5], "big") for packet in viewer.rtp] == [0, 1, 2, 3, 4]
    assert IDS.transport_cc not in viewer.rtp[0].extensions
