"""One peer that floods, asks in a loop or lies: it gets its budget and no more, the others notice nothing."""

from __future__ import annotations

from random import Random

import pytest

from sfu.congestion.twcc import parse_feedback
from sfu.plane.budgets import UNLIMITED, Budget, Budgets
from sfu.plane.plane import KeyframeNeeded, UnknownStream
from sfu.rtp.packet import RtpPacket
from sfu.rtp.rtcp import (
    FullIntraRequest,
    Nack,
    PictureLoss,
    ReceiverEstimate,
    ReceiverReport,
    ReportBlock,
    RtcpPacket,
    SenderReport,
    TransportFeedback,
)

from .network import IDS, Camera, Microphone, Network, Peer, audio, audio_slot, video, video_slot
from .test_routes import assert_continuous


class Attack:
    """Peer 1 misbehaves, peer 2 sends as one should, peer 3 watches both and asks for nothing."""

    def __init__(self) -> None:
        self.network = network = Network()
        self.hostile, self.innocent, self.viewer = (network.peer(handle) for handle in (1, 2, 3))
        plane = network.plane
        for handle, ssrc in ((1, 11), (2, 21)):
            plane.add_encoding(handle, video(handle, ssrc, ssrc + 1))
        for consumer, slot in ((1, video_slot(3, 2001)), (2, video_slot(3, 2011)), (3, video_slot(1, 2021))):
            plane.add_consumer(consumer, slot)
        self.camera, self.other = Camera(11), Camera(21)
        for consumer, encoding in ((1, 1), (2, 2), (3, 2)):
            plane.set_route(consumer, encoding)
        network.send(self.hostile, *self.camera.frame(key=True))
        network.send(self.innocent, *self.other.frame(key=True))
        network.events.clear()

    def counter(self, name: str) -> int:
        return self.network.plane.stats().extra.get(name, 0)

    def of(self, ssrc: int, peer: Peer | None = None) -> list[RtpPacket]:
        return [packet for packet in (peer or self.viewer).rtp if packet.ssrc == ssrc]

    def innocent_goes_on(self) -> None:
        """Every packet of the innocent reaches the viewer, once and in order."""
        before = len(self.of(2011))
        for _ in range(5):
            self.network.send(self.innocent, *self.other.frame(4))
            self.network.advance(1 / 30)
        assert len(self.of(2011)) == before + 20
        assert_continuous(self.of(2011))


def test_a_flood_of_pictures_gets_its_budget() -> None:
    attack = Attack()
    most = Budgets().video_packets
    attack.network.advance(1.0)
    for _ in range(50):
        attack.network.send(attack.hostile, *attack.camera.frame(100))
    attack.innocent_goes_on()
    assert len(attack.of(2001)) == 2 + most
    assert attack.counter("media_over_budget") == 5000 - most
    attack.network.advance(2.0)
    attack.network.send(attack.hostile, *attack.camera.frame(10))
    assert len(attack.of(2001)) == 2 + most + 10


def test_a_flood_of_large_packets_too() -> None:
    attack = Attack()
    frames = [attack.camera.frame(100) for _ in range(18)]
    for frame in frames:
        for packet in frame:
            packet.payload += bytes(1100)
        attack.network.send(attack.hostile, *frame)
    assert sum(len(packet.payload) for packet in attack.of(2001)) < Budgets().video_bytes
    assert attack.counter("media_over_budget") > 300
    attack.innocent_goes_on()


def test_a_flood_of_sound_gets_less() -> None:
    attack = Attack()
    network = attack.network
    network.plane.add_encoding(3, audio(1, 31))
    network.plane.add_consumer(4, audio_slot(3))
    network.plane.set_route(4, 3)
    microphone = Microphone(31)
    network.send(attack.hostile, *(microphone.packet() for _ in range(3000)))
    assert len(attack.of(1001)) == Budgets().audio_packets
    attack.innocent_goes_on()


def test_what_is_over_a_budget_is_not_acknowledged() -> None:
    """The sender's own congestion control sees it lost, and slows down."""
    attack = Attack()
    packets = [packet for _ in range(60) for packet in attack.camera.frame(100)]
    for number, packet in enumerate(packets):
        packet.extensions = {IDS.transport_cc: number.to_bytes(2, "big")}
    for start in range(0, 6000, 600):
        attack.network.send(attack.hostile, *packets[start : start + 600])
        attack.network.advance(0.08)
    told = [parse_feedback(one.body) for one in attack.hostile.rtcp if isinstance(one, TransportFeedback)]
    acknowledged = sum(at is not None for one in told for at in one.arrivals)
    assert 2000 < acknowledged < 4000 and acknowledged == len(attack.of(2001)) - 2


def test_nacks_of_everything_in_a_loop_get_a_budget() -> None:
    """All slots of a viewer together: what goes out again is bounded, and so is the work."""
    attack = Attack()
    network, hostile = attack.network, attack.hostile
    for handle in range(10, 20):
        network.plane.add_consumer(handle, video_slot(1, 3000 + 10 * handle))
        network.plane.set_route(handle, 2)
    for _ in range(20):
        frame = attack.other.frame(20, key=True)
        for packet in frame:
            packet.payload += bytes(1000)
        network.send(attack.innocent, *frame)
    wanted = {3000 + 10 * handle: attack.of(3000 + 10 * handle, hostile)[-200:] for handle in range(10, 20)}
    hostile.rtp.clear()
    for _ in range(20):
        network.advance(0.05)
        for ssrc, packets in wanted.items():
            network.send_rtcp(hostile, Nack(1, ssrc, tuple(packet.sequence_number for packet in packets)))
    sent = sum(len(packet.payload) for packet in hostile.rtp if packet.ssrc % 10 == 1)
    assert 0.25 * Budgets().repair_bytes < sent < 1.3 * Budgets().repair_bytes
    assert attack.counter("nacks_over_budget") > 10_000 and attack.counter("repairs_over_budget") > 100
    attack.innocent_goes_on()


def test_nacks_of_what_was_never_sent_get_nothing() -> None:
    attack = Attack()
    for _ in range(20):
        attack.network.send_rtcp(attack.hostile, Nack(1, 2021, tuple(range(0, 60_000, 250))))
        attack.network.send_rtcp(attack.hostile, Nack(1, 4711, tuple(range(0, 60_000, 250))))
    assert attack.of(2022, attack.hostile) == []
    attack.innocent_goes_on()


def test_pleas_for_keyframes_in_a_loop_reach_nobody() -> None:
    """At once one in half a second, in the long run one in four seconds; an honest plea still counts."""
    attack = Attack()
    network = attack.network
    asked = 0
    for turn in range(300):
        network.send(attack.innocent, *attack.other.frame(1, key=turn % 10 == 0))
        network.send_rtcp(attack.hostile, PictureLoss(1, 2021), FullIntraRequest(1, ((2021, turn & 255),) * 8))
        network.advance(0.1)
        asked += network.events_of(KeyframeNeeded).count(KeyframeNeeded(2))
    assert 8 <= asked <= 4 + 30 / 4 + 4
    assert attack.counter("keyframes_over_budget") > 2000
    network.advance(1.0)
    network.events.clear()
    network.send_rtcp(attack.viewer, PictureLoss(1, 2011))
    assert network.events_of(KeyframeNeeded) == [KeyframeNeeded(2)]


def test_a_flood_of_control_packets_gets_its_budget() -> None:
    attack = Attack()
    for _ in range(3000):
        attack.network.send_rtcp(attack.hostile, ReceiverEstimate(1, 1, (2021,)))
    assert attack.counter("control_over_budget") == 3000 - Budgets().control_packets
    attack.innocent_goes_on()


def test_lies_in_feedback_change_nothing_for_others() -> None:
    """Reports, estimates and acknowledgements of what cannot be, for SSRCs of one's own and of others."""
    attack = Attack()
    network, random = attack.network, Random(4)
    fraction = network.plane.consumer_stats(2).fraction_lost
    for _ in range(200):
        ssrc = random.choice((2021, 2011, 11, 21, random.getrandbits(32)))
        words = [random.choice((0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)) for _ in range(4)]
        block = ReportBlock(ssrc, 255, random.choice((-(2**23), 2**23 - 1)), *words)
        ntp = random.choice((0, 1, 2**63, 2**64 - 1, random.getrandbits(64)))
        body = random.randbytes(4) + b"\xff\xff" + random.randbytes(random.choice((2, 30, 300)) * 2)
        lies: list[RtcpPacket] = [
            ReceiverReport(ssrc, (block,) * 31),
            SenderReport(random.choice((11, 21)), ntp, words[0], words[1], words[2], (block,)),
            ReceiverEstimate(ssrc, random.choice((0, 1, 2**60)), (ssrc,) * 9),
            TransportFeedback(ssrc, ssrc, body[: len(body) // 4 * 4]),
        ]
        network.send_rtcp(attack.hostile, random.choice(lies))
        network.send(attack.hostile, *attack.camera.frame(1))
        network.send(attack.innocent, *attack.other.frame(1))
        network.advance(0.02)
    assert network.plane.consumer_stats(2).fraction_lost == fraction
    assert network.plane.encoding_stats(2).lost == 0
    attack.innocent_goes_on()


@pytest.mark.parametrize("leap", [32_767, 20_000, -3, 0])
def test_transport_wide_numbers_that_leap_cost_little(leap: int) -> None:
    """Future, past and double numbers: feedback stays smaller than what it answers."""
    attack = Attack()
    network, number, inbound = attack.network, 0, 0
    for _ in range(4):
        for packet in attack.camera.frame(300):
            number = number + leap & 0xFFFF
            packet.extensions = {IDS.transport_cc: number.to_bytes(2, "big")}
            data = attack.hostile.protect(packet)
            inbound += len(data)
            network.receive(attack.hostile, data)
        network.advance(0.1)
    told = [one for one in attack.hostile.rtcp if isinstance(one, TransportFeedback)]
    assert len(told) <= 4 * 30
    assert sum(len(one.body) + 40 for one in told) < inbound
    attack.innocent_goes_on()


def test_ssrcs_in_turn_are_told_of_now_and_then() -> None:
    attack = Attack()
    network = attack.network
    for turn in range(2000):
        packet = RtpPacket(96, turn, 0, 100 + turn % 200, b"x", extensions={IDS.mid: b"1"})
        network.send(attack.hostile, packet)
        network.advance(0.001)
    told = network.events_of(UnknownStream)
    assert 50 <= len(told) <= 50 + 2 * 20 + 1
    assert attack.counter("events_over_budget") > 1000
    attack.innocent_goes_on()


def test_replays_of_everything_change_nothing() -> None:
    attack = Attack()
    network, hostile = attack.network, attack.hostile
    network.advance(1.0)
    sent = [hostile.protect(packet) for _ in range(20) for packet in attack.camera.frame(10)]
    sent += [hostile.protect_rtcp(PictureLoss(1, 2021)), hostile.protect_rtcp(Nack(1, 2021, (1, 2)))]
    network.receive(hostile, *sent)
    packets, asked = len(attack.of(2001)), len(network.events_of(KeyframeNeeded))
    for address in (hostile.address, ("198.51.100.9", 9), attack.innocent.address):
        for _ in range(5):
            network.receive(hostile, *sent, address=address)
    assert (len(attack.of(2001)), asked, network.events_of(KeyframeNeeded)) == (packets, 1, [])
    attack.innocent_goes_on()


def test_a_budget_fills_and_empties() -> None:
    budget = Budget()
    assert [budget.spend(1.0, 2.0, 3.0, 100.0) for _ in range(5)] == [True, True, True, False, False]
    assert [budget.spend(1.0, 2.0, 3.0, 101.0) for _ in range(3)] == [True, True, False]
    assert budget.spend(1.0, 2.0, 3.0, 90.0) is False  # a clock that went back
    assert all(budget.spend(10**9, UNLIMITED.video_bytes, UNLIMITED.video_bytes, 91.0) for _ in range(100))
