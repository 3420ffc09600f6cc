"""Reports by the clock: lips match, round trips are measured, browsers get the feedback they need."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sfu.congestion.twcc import parse_feedback
from sfu.plane.plane import AudioLevels, SinkPacket
from sfu.plane.reports import ntp_from_wall
from sfu.rtp.packet import RtpPacket
from sfu.rtp.rtcp import (
    ReceiverReport,
    ReportBlock,
    SenderReport,
    SourceDescription,
    TransportFeedback,
)

from .network import IDS, Camera, Microphone, Network, Peer, audio, audio_slot, sink_slot, video, video_slot

CLOCK_AHEAD = 3000.0  # the sender's computer is 50 minutes ahead


def sender_reports(peer: Peer) -> dict[int, SenderReport]:
    return {packet.ssrc: packet for packet in peer.rtcp if isinstance(packet, SenderReport)}


def test_lips_match_at_the_viewer() -> None:
    """Sound and picture taken at one moment have timestamps that the viewer's reports map to one moment."""
    network = Network()
    sender, viewer = network.peer(1), network.peer(2)
    camera, microphone = Camera(11), Microphone(33)
    network.plane.add_encoding(1, video(1, 11))
    network.plane.add_encoding(2, audio(1, 33))
    network.plane.add_consumer(1, video_slot(2))
    network.plane.add_consumer(2, audio_slot(2))
    network.plane.set_route(1, 1)
    network.plane.set_route(2, 2)
    network.send(sender, *camera.frame(key=True, step=9000))
    for _ in range(30):
        network.advance(0.1)
        picture, sound = camera.timestamp, microphone.timestamp
        network.send(sender, *camera.frame(step=9000), microphone.packet())
        microphone.timestamp += 4800 - 960
        ntp = ntp_from_wall(network.wall_ns) + int(CLOCK_AHEAD * 2**32)
        network.send_rtcp(sender, SenderReport(11, ntp, picture, 1, 1), SenderReport(33, ntp, sound, 1, 1))
    picture_report, sound_report = sender_reports(viewer)[2001], sender_reports(viewer)[1001]
    last_picture = [packet for packet in viewer.rtp if packet.ssrc == 2001][-1].timestamp
    last_sound = [packet for packet in viewer.rtp if packet.ssrc == 1001][-1].timestamp
    moments = [
        report.ntp / 2**32 + ((timestamp - report.rtp + 2**31 & 0xFFFFFFFF) - 2**31) / rate
        for report, timestamp, rate in ((picture_report, last_picture, 90000), (sound_report, last_sound, 48000))
    ]
    assert moments[0] == pytest.approx(moments[1], abs=0.001)
    assert moments[0] == pytest.approx(ntp_from_wall(network.wall_ns) / 2**32, abs=0.005)  # in our clock, not theirs
    names = [packet for packet in viewer.rtcp if isinstance(packet, SourceDescription)]
    assert ((2001, "giaoban"), (1001, "giaoban")) in [packet.cnames for packet in names]
    sent = len([packet for packet in viewer.rtp if packet.ssrc == 2001])
    assert sent - 24 <= picture_report.packets <= sent
    assert picture_report.octets > 0


def test_before_the_producer_reported_arrival_counts() -> None:
    network = Network()
    sender, viewer = network.peer(1), network.peer(2)
    camera = Camera(11)
    network.plane.add_encoding(1, video(1, 11))
    network.plane.add_consumer(1, video_slot(2))
    network.plane.set_route(1, 1)
    network.send(sender, *camera.frame(key=True))
    sent_at = network.wall_ns
    network.advance(1.0)
    report = sender_reports(viewer)[2001]
    elapsed = report.ntp / 2**32 - ntp_from_wall(sent_at) / 2**32
    assert (report.rtp - viewer.rtp[-1].timestamp & 0xFFFFFFFF) / 90000 == pytest.approx(elapsed, abs=0.001)


def test_an_idle_slot_reports_nothing() -> None:
    network = Network()
    _, viewer = network.peer(1), network.peer(2)
    network.plane.add_consumer(1, video_slot(2))
    network.advance(5.0)
    assert viewer.rtcp == []


def test_round_trip_and_loss_come_from_the_viewers_report() -> None:
    network = Network()
    sender, viewer = network.peer(1), network.peer(2)
    network.plane.add_encoding(1, video(1, 11))
    network.plane.add_consumer(1, video_slot(2))
    network.plane.set_route(1, 1)
    network.send(sender, *Camera(11).frame(key=True))
    network.advance(1.1)
    report = sender_reports(viewer)[2001]
    now = ntp_from_wall(network.wall_ns)
    held = ((now - report.ntp) >> 16) - int(0.050 * 65536)
    block = ReportBlock(2001, 64, 5, 0, 0, report.ntp >> 16 & 0xFFFFFFFF, held)
    network.send_rtcp(viewer, ReceiverReport(5, (block, ReportBlock(9, 0, 0, 0, 0))))
    stats = network.plane.consumer_stats(1)
    assert stats.fraction_lost == 0.25
    assert stats.rtt_ms == pytest.approx(50, abs=1)
    network.send_rtcp(viewer, ReceiverReport(5, (ReportBlock(2001, 0, 0, 0, 0, 12345, 0),)))
    assert stats.rtt_ms == pytest.approx(50, abs=1)  # a report on a report we never sent


def test_every_inbound_ssrc_is_reported_on_rtx_too() -> None:
    """Browsers send mid and rid on every packet of an SSRC until they see it in a report."""
    network = Network()
    sender = network.peer(1)
    network.plane.add_encoding(1, video(1, 11, 12))
    network.plane.add_encoding(2, video(1, 21, 22))
    camera = Camera(11, sequence=65535)
    network.send(sender, *camera.frame(3)[1:], RtpPacket(97, 7, 0, 12, padding=50))
    network.send_rtcp(sender, SenderReport(11, 0x1111222233334444, 5, 1, 1))
    network.advance(1.1)
    blocks = {
        block.ssrc: block for packet in sender.rtcp if isinstance(packet, ReceiverReport) for block in packet.blocks
    }
    assert set(blocks) == {11, 12}
    assert blocks[11].last_sender_report == 0x22223333
    assert 0 < blocks[11].delay_since <= 65536 * 1.1
    assert blocks[12].highest_sequence == 7


def test_many_slots_take_several_compounds() -> None:
    network = Network()
    sender, viewer = network.peer(1), network.peer(2)
    network.plane.add_encoding(1, audio(1, 33))
    for number in range(40):
        network.plane.add_consumer(number, audio_slot(2, 1000 + number))
        network.plane.set_route(number, 1)
    network.send(sender, Microphone(33).packet())
    network.advance(1.1)
    assert set(sender_reports(viewer)) == set(range(1000, 1040))


def test_many_inbound_streams_take_several_reports() -> None:
    network = Network()
    sender = network.peer(1)
    for number in range(40):
        network.plane.add_encoding(number, audio(1, 100 + number))
        network.send(sender, Microphone(100 + number).packet())
    network.advance(1.1)
    reports = [packet for packet in sender.rtcp if isinstance(packet, ReceiverReport)]
    assert [len(report.blocks) for report in reports[:2]] == [31, 9]


def test_transport_feedback_acknowledges_what_came_and_nothing_else() -> None:
    network = Network()
    sender = network.peer(1)
    network.plane.add_encoding(1, video(1, 11, 12))
    camera = Camera(11)
    came: list[int] = []
    for number in range(300):
        if number % 7 != 3:
            packet = camera.frame(1)[0]
            if number % 5 == 0:
                packet = RtpPacket(
                    97, number, 0, 12 if number % 2 else 999, padding=50
                )  # probes and strangers count too
            packet.extensions = {IDS.transport_cc: (65400 + number & 0xFFFF).to_bytes(2, "big")}
            network.send(sender, packet)
            came.append(65400 + number & 0xFFFF)
        network.advance(0.005)
    network.advance(0.2)
    told: list[int] = []
    feedbacks = [packet for packet in sender.rtcp if isinstance(packet, TransportFeedback)]
    for told_by in feedbacks:
        feedback = parse_feedback(told_by.body)
        told += [feedback.base + place & 0xFFFF for place, at in enumerate(feedback.arrivals) if at is not None]
    assert told == came
    assert 15 <= len(feedbacks) <= 31  # every 50 to 100 ms
    assert [parse_feedback(packet.body).number for packet in feedbacks] == list(range(len(feedbacks)))


def test_loudness_is_told_ten_times_a_second() -> None:
    network = Network()
    sender = network.peer(1)
    network.plane.add_encoding(4, audio(1, 33))
    network.plane.add_encoding(5, audio(1, 34))
    for level in (60, 12, 99):
        network.send(sender, Microphone(33, level=level, sequence=level).packet())
        network.advance(0.02)
    network.advance(0.1)
    assert network.events_of(AudioLevels) == [AudioLevels({4: 12})]
    network.advance(1.0)
    assert network.events_of(AudioLevels) == []


def test_sink_gets_plaintext_and_both_clocks() -> None:
    network = Network()
    sender = network.peer(1)
    camera = Camera(11, sequence=100, timestamp=9000)
    taken: list[SinkPacket] = []
    network.plane.add_encoding(1, video(1, 11))
    network.plane.add_consumer(1, sink_slot(taken.append))
    network.plane.set_route(1, 1)
    network.send(sender, *camera.frame(2, key=True))
    assert [packet.ntp for packet in taken] == [None, None]
    assert taken[0].arrival_ns == network.wall_ns
    ntp = 0xE0000000_00000000
    network.send_rtcp(sender, SenderReport(11, ntp, 9000, 1, 1))
    network.send(sender, *camera.frame(1))
    assert taken[-1].ntp == ntp + (3000 << 32) // 90000
    assert taken[-1].rtp.endswith(b"11/32761/0")
    network.plane.remove_consumer(1)
    network.send(sender, *camera.frame(1))
    assert len(taken) == 3


def test_a_sinks_packets_say_which_encoding_they_came_from() -> None:
    """Between layers of one picture the old one goes on until the keyframe of the new one."""
    network = Network()
    sender = network.peer(1)
    old, new = Camera(11), Camera(12)
    taken: list[SinkPacket] = []
    network.plane.add_encoding(1, replace(video(1, 11), producer=1))
    network.plane.add_encoding(2, replace(video(1, 12), producer=1))
    network.plane.add_consumer(1, sink_slot(taken.append))
    network.plane.set_route(1, 1)
    network.send(sender, *old.frame(1, key=True))
    network.plane.set_route(1, 2)
    network.send(sender, *old.frame(1), *new.frame(1))
    network.send(sender, *new.frame(1, key=True), *old.frame(1))
    assert [(packet.consumer, packet.encoding) for packet in taken] == [(1, 1), (1, 1), (1, 2)]


def test_a_sink_that_fails_is_only_its_own_trouble() -> None:
    def full(packet: SinkPacket) -> None:
        raise OSError(28, "No space left on device")

    network = Network()
    sender, viewer = network.peer(1), network.peer(2)
    network.plane.add_encoding(1, video(1, 11))
    network.plane.add_consumer(1, sink_slot(full))
    network.plane.add_consumer(2, video_slot(2))
    network.plane.set_route(1, 1)
    network.plane.set_route(2, 1)
    network.send(sender, *Camera(11).frame(2, key=True))
    assert len(viewer.rtp) == 2
    assert network.plane.stats().extra["sink_failed"] == 2
