"""A viewer's transport-cc feedback is matched with what was sent to it; what lies, repeats or floods costs nobody."""

from __future__ import annotations

import struct

import pytest

from sfu.plane.native.plane import NativePlane, NativeSettings
from sfu.plane.plane import FeedbackReceived, PacketResult
from sfu.rtp.rtcp import Nack, TransportFeedback

from .network import Camera, Network, Peer, video, video_slot

REFERENCE = 1000  # of 64 ms
ARRIVED, LOST = "a", "l"


def body(base: int, statuses: str, *, number: int = 0, reference: int = REFERENCE, step: int = 4) -> bytes:
    """Feedback of ``base`` and those after it; what arrived came ``step`` ticks after what arrived before."""
    chunks = b"".join(
        struct.pack("!H", 0x8000 | sum((status == ARRIVED) << 13 - place for place, status in enumerate(part)))
        for part in (statuses[at : at + 14] for at in range(0, len(statuses), 14))
    )
    head = struct.pack("!HHI", base & 0xFFFF, len(statuses), reference << 8 | number)
    whole = head + chunks + bytes((step,)) * statuses.count(ARRIVED)
    return whole + bytes(-len(whole) % 4)


def meeting(packets: int = 8) -> tuple[Network, Peer, Peer, Camera]:
    """``packets`` packets were sent, with the numbers from 0 on."""
    network = Network()
    sender, viewer = network.peer(1), network.peer(2)
    network.plane.add_encoding(1, video(1, 11))
    network.plane.add_consumer(2, video_slot(2))
    network.plane.set_route(2, 1)
    camera = Camera(11)
    network.send(sender, *camera.frame(packets, key=True))
    network.events.clear()
    return network, sender, viewer, camera


def tell(network: Network, viewer: Peer, *bodies: bytes) -> list[PacketResult]:
    network.send_rtcp(viewer, *(TransportFeedback(1, 2001, body) for body in bodies))
    events = network.events_of(FeedbackReceived)
    assert all(isinstance(event, FeedbackReceived) and event.transport == 2 for event in events)
    assert all(isinstance(event, FeedbackReceived) and event.at == network.now for event in events)
    return [result for event in events if isinstance(event, FeedbackReceived) for result in event.packets]


def test_arrivals_and_losses_in_the_order_sent() -> None:
    network, _, viewer, _ = meeting(4)
    sent_at = network.now
    network.advance(0.05)
    results = tell(network, viewer, body(0, "alaa"))
    assert [result.sent_at for result in results] == [pytest.approx(sent_at, abs=1e-6)] * 4
    assert [result.cluster for result in results] == [0] * 4
    arrivals = [result.arrived_at for result in results]
    assert arrivals[1] is None
    assert [at - arrivals[0] for at in (arrivals[2], arrivals[3])] == pytest.approx([0.001, 0.002])  # type: ignore
    wire = [12 + 8 + len(packet.payload) + 16 for packet in viewer.rtp]  # header, transport-cc, payload, tag
    assert [result.size for result in results] == wire


def test_a_packet_is_told_once() -> None:
    network, _, viewer, _ = meeting(8)
    assert len(tell(network, viewer, body(0, "aalaa"))) == 5
    assert tell(network, viewer, body(0, "aalaa"), body(0, "lllll")) == []
    late = tell(network, viewer, body(2, "a"))  # it came after all
    assert [result.arrived_at is not None for result in late] == [True]
    assert tell(network, viewer, body(2, "a")) == []
    assert len(tell(network, viewer, body(5, "lal"))) == 3


def test_two_feedbacks_in_one_compound_and_other_packets_beside_them() -> None:
    network, _, viewer, _ = meeting(8)
    feedback = [TransportFeedback(1, 2001, body(0, "aaaa")), TransportFeedback(1, 2001, body(4, "aaaa", number=1))]
    viewer.rtp.clear()
    network.send_rtcp(viewer, feedback[0], Nack(1, 2001, (64987 & 0xFFFF,)), feedback[1])
    assert sum(len(event.packets) for event in network.events_of(FeedbackReceived)) == 8


def test_the_receivers_clock_wraps() -> None:
    network, _, viewer, _ = meeting(4)
    first = tell(network, viewer, body(0, "aa", reference=0xFFFFFF))
    second = tell(network, viewer, body(2, "aa", reference=0))
    assert first[0].arrived_at is not None and second[0].arrived_at is not None
    assert second[0].arrived_at - first[0].arrived_at == pytest.approx(0.064)


def test_what_was_not_sent_or_is_forgotten_is_not_believed() -> None:
    network, sender, viewer, camera = meeting(50)
    assert tell(network, viewer, body(50, "aaaa"), body(40000, "al"), body(-1, "a")) == []
    assert len(tell(network, viewer, body(48, "aaaa"))) == 2
    for _ in range(45):
        network.advance(0.05)
        network.send(sender, *camera.frame(50))
    assert tell(network, viewer, body(100, "a" * 100)) == []  # 2300 were sent: 252 and later are known
    assert len(tell(network, viewer, body(250, "a" * 14))) == 12


def test_a_run_of_losses_costs_no_more_than_what_was_sent() -> None:
    network, sender, viewer, camera = meeting(50)
    run = struct.pack("!HHIHHHHHHHH", 0, 65528, REFERENCE << 8, *[0x1FFF] * 8)
    assert len(tell(network, viewer, run)) == 50
    assert tell(network, viewer, *[run] * 30) == []
    network.send(sender, *camera.frame(20))
    assert len(tell(network, viewer, body(50, "a" * 20))) == 20


def test_many_packets_come_in_several_events() -> None:
    network, sender, viewer, camera = meeting(50)
    for _ in range(19):
        network.send(sender, *camera.frame(50))
    network.send_rtcp(viewer, TransportFeedback(1, 2001, body(0, "a" * 980)))
    sizes = [len(event.packets) for event in network.events_of(FeedbackReceived)]
    assert sizes == [512, 468]


BROKEN = {
    "nothing": b"",
    "short head": bytes(4),
    "no chunk": struct.pack("!HHI", 0, 1, 0),
    "chunks cut off": struct.pack("!HHIHxx", 0, 20, 0, 0xFFFF),
    "deltas cut off": struct.pack("!HHIHBx", 0, 8, 0, 0x2008, 1),
    "a run of nothing": struct.pack("!HHIHH", 0, 1, 0, 0x2000, 0x2001),
    "a symbol that is none": struct.pack("!HHIHH", 0, 1, 0, 0x6001, 0),
}


@pytest.mark.parametrize("what", BROKEN)
def test_broken_feedback_is_counted_and_the_rest_of_its_compound_heard(what: str) -> None:
    network, _, viewer, _ = meeting(4)
    broken = BROKEN[what]
    assert len(tell(network, viewer, broken + bytes(-len(broken) % 4), body(0, "aa"))) == 2
    assert network.plane.stats().extra["malformed"] == 1


def test_who_was_sent_nothing_has_nothing_to_tell() -> None:
    network, sender, _, _ = meeting(4)
    network.send_rtcp(sender, TransportFeedback(1, 2001, body(0, "aaaa")))
    assert network.events_of(FeedbackReceived) == []


def test_retransmissions_are_matched_too() -> None:
    network, _, viewer, _ = meeting(4)
    numbers = tuple(packet.sequence_number for packet in viewer.rtp)
    network.send_rtcp(viewer, Nack(1, 2001, numbers[:2]))
    results = tell(network, viewer, body(0, "aaaaaa"))
    assert [result.size - results[0].size for result in results[4:]] == [2, 2]


def test_the_native_plane_keeps_to_itself_what_nobody_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    deaf = NativeSettings(tells_feedback=False)
    monkeypatch.setattr(Network, "make", staticmethod(lambda random: NativePlane(random, deaf)))
    network, _, viewer, _ = meeting(4)
    assert tell(network, viewer, body(0, "alaa")) == []
