"""Whose packet it is: strangers are told of, forgeries and replays change nothing, movers must prove themselves."""

from __future__ import annotations

from random import Random

import pytest
from pylibsrtp import Error

from sfu.plane.plane import AddressMoved, RtcpReceived, UnknownStream
from sfu.plane.reference import ReferencePlane
from sfu.plane.state import MAX_EVENTS
from sfu.plane.transport import MAX_SSRCS
from sfu.rtp.packet import RtpPacket
from sfu.rtp.rtcp import Bye, ReceiverEstimate, serialize_compound

from .network import IDS, Camera, Network, video, video_slot


def test_a_stranger_is_told_of_with_what_is_learned() -> None:
    network = Network()
    sender = network.peer(1)
    first = RtpPacket(96, 1, 0, 11, b"a", extensions={IDS.mid: b"1", IDS.rid: b"q"})
    network.send(sender, first, RtpPacket(96, 2, 0, 11, b"a"))
    assert network.events_of(UnknownStream) == [UnknownStream(1, 11, 96, "1", "q", None)]
    for number in range(3, 23):
        network.advance(0.05)
        network.send(sender, RtpPacket(96, number, 0, 11, b"a"))
    again = network.events_of(UnknownStream)
    assert again[0] == UnknownStream(1, 11, 96, "1", "q", None)  # repeated, with what was learned before
    assert 6 <= len(again) <= 11
    network.plane.add_encoding(1, video(1, 11))
    network.advance(1.0)
    network.send(sender, RtpPacket(96, 50, 0, 11, b"\x10\x11"))
    assert network.events_of(UnknownStream) == []


def test_a_stranger_without_a_name_is_told_of_too() -> None:
    network = Network()
    sender = network.peer(1)
    network.send(sender, RtpPacket(96, 1, 0, 11, b"a", extensions={IDS.mid: b"\xff\xff"}))
    assert network.events_of(UnknownStream) == [UnknownStream(1, 11, 96, None, None, None)]
    network.send(sender, RtpPacket(96, 2, 0, 11, b"a", extensions={IDS.mid: b"v"}))
    assert network.events_of(UnknownStream) == [UnknownStream(1, 11, 96, "v", None, None)]


def test_a_repair_stream_before_its_encoding_is_told_of_again() -> None:
    """A browser's first video packet is a padding probe on the repair SSRC of its top layer."""
    network = Network()
    sender = network.peer(1)
    network.send(sender, RtpPacket(97, 1, 0, 12, extensions={IDS.mid: b"1", IDS.repaired_rid: b"f"}, padding=200))
    told = UnknownStream(1, 12, 97, "1", None, "f")
    assert network.events_of(UnknownStream) == [told]
    network.plane.add_encoding(1, video(1, 11))
    network.drain()
    assert network.events_of(UnknownStream) == [told]
    network.plane.set_rtx_ssrc(1, 12)
    network.plane.set_rtx_ssrc(1, 12)
    network.send(sender, RtpPacket(97, 2, 0, 12, padding=200))
    assert network.events_of(UnknownStream) == []
    network.plane.set_rtx_ssrc(1, 13)
    network.send(sender, RtpPacket(97, 3, 0, 12, padding=200))
    assert network.events_of(UnknownStream) == [UnknownStream(1, 12, 97, None, None, None)]


def test_replays_and_forgeries_change_nothing() -> None:
    network = Network()
    sender, viewer = network.peer(1), network.peer(2)
    network.plane.add_encoding(1, video(1, 11))
    network.plane.add_consumer(1, video_slot(2))
    network.plane.set_route(1, 1)
    camera = Camera(11)
    datagrams = [sender.protect(packet) for packet in camera.frame(3, key=True)]
    control = sender.protect_rtcp(Bye((11,)))
    network.receive(sender, *datagrams, control)
    for _ in range(3):
        network.receive(sender, *datagrams, control)
    forged = bytearray(sender.protect(camera.frame(1)[0]))
    forged[-1] ^= 1
    forged_control = bytearray(sender.protect_rtcp(Bye((11,))))
    forged_control[-1] ^= 1
    network.receive(sender, bytes(forged), bytes(forged_control))
    assert len(viewer.rtp) == 3
    stats = network.plane.stats()
    assert (stats.dropped_replay, stats.dropped_unauthenticated) == (12, 2)
    assert network.plane.encoding_stats(1).packets == 3
    assert len(network.events_of(RtcpReceived)) == 1


def test_control_packets_are_handed_up() -> None:
    network = Network()
    sender = network.peer(1)
    estimate = ReceiverEstimate(1, 500_000, (11,))
    network.send_rtcp(sender, estimate)
    assert network.events_of(RtcpReceived) == [RtcpReceived(1, serialize_compound([estimate]), network.wall_ns)]


def test_events_nobody_fetches_are_bounded() -> None:
    network = Network()
    for handle in range(1, 17):  # each within its budget
        sender = network.peer(handle)
        batch = [(sender.protect_rtcp(Bye((7,))), sender.address, network.wall_ns) for _ in range(MAX_EVENTS // 16)]
        network.plane.receive(batch, network.now)
    assert len(network.plane.events()) == MAX_EVENTS // 2
    assert network.plane.stats().extra["events_dropped"] == MAX_EVENTS // 2


def test_a_peer_that_moved_is_told_of_and_heard() -> None:
    network = Network()
    sender, viewer = network.peer(1), network.peer(2)
    network.plane.add_encoding(1, video(1, 11, 12))
    network.plane.add_consumer(1, video_slot(2))
    network.plane.set_route(1, 1)
    camera = Camera(11)
    network.send(sender, *camera.frame(key=True))
    old, *moved = [sender.protect(packet) for packet in camera.frame(4)]
    elsewhere = ("198.51.100.7", 9)
    network.receive(sender, *moved, address=elsewhere)
    assert network.events_of(AddressMoved) == [AddressMoved(1, elsewhere)]
    assert len(viewer.rtp) == 5
    network.receive(sender, moved[-1], old, address=elsewhere)  # a replay, and one that is not the newest
    network.receive(sender, sender.protect(RtpPacket(97, 1, 0, 12, padding=9)), address=elsewhere)
    network.receive(sender, sender.protect(RtpPacket(97, 1, 0, 99, b"")), address=elsewhere)
    network.receive(sender, sender.protect_rtcp(Bye((7,))), address=elsewhere)
    assert network.events_of(AddressMoved) == []
    assert network.plane.stats().dropped_unknown_address == 5
    forged = bytearray(sender.protect(camera.frame(1)[0]))
    forged[-1] ^= 1
    network.receive(sender, bytes(forged), address=("203.0.113.9", 9))
    assert network.events_of(AddressMoved) == []
    for number in range(20):  # eight a second are enough
        network.receive(sender, sender.protect(camera.frame(1)[0]), address=("198.51.100.7", 10 + number))
    assert len(network.events_of(AddressMoved)) == 7
    network.advance(1.1)
    network.receive(sender, sender.protect(camera.frame(1)[0]), address=("198.51.100.7", 29))
    assert network.events_of(AddressMoved) == [AddressMoved(1, ("198.51.100.7", 29))]
    assert network.plane.stats().dropped_unauthenticated == 1


def test_before_keys_nothing_is_opened_or_sent() -> None:
    network = Network()
    sender = network.peer(1)
    network.plane.add_transport(9)
    network.plane.set_address(9, ("192.0.2.99", 1))
    network.receive(sender, sender.protect(Camera(11).frame(1)[0]), address=("192.0.2.99", 1))
    network.receive(sender, sender.protect_rtcp(Bye((1,))), address=("192.0.2.99", 1))
    network.plane.send_rtcp(9, serialize_compound([Bye((1,))]))
    assert network.plane.packets_to_send() == []
    assert network.plane.stats().extra["refused_unopened"] == 2


def test_a_peer_with_countless_ssrcs_is_bounded() -> None:
    network = Network()
    sender = network.peer(1)
    for number in range(MAX_SSRCS + 50):
        network.send(sender, RtpPacket(96, 1, 0, 5000 + number, b"a"))
    assert network.plane.stats().extra["refused_unopened"] == 50
    if isinstance(network.plane, ReferencePlane):
        assert len(network.plane._state.transports[1].strangers) <= 64


def test_a_packet_too_long_to_encrypt_is_counted() -> None:
    network = Network()
    sender, viewer = network.peer(1), network.peer(2)
    network.plane.add_encoding(1, video(1, 11))
    network.plane.add_consumer(1, video_slot(2))
    network.plane.set_route(1, 1)
    network.send(sender, RtpPacket(96, 1, 0, 11, b"\x10\x10" + bytes(1486)), RtpPacket(96, 2, 0, 11, b"\x10\x11"))
    assert len(viewer.rtp) == 1
    assert network.plane.stats().extra["unprotectable"] == 1
    network.plane.send_rtcp(2, bytes(1600))
    assert network.plane.stats().extra["unprotectable"] == 2


@pytest.mark.parametrize("authentic", [False, True])
def test_hostile_bytes_are_harmless(authentic: bool) -> None:
    """Garbage, and garbage that a peer encrypted: nothing raises, the meeting goes on."""
    random = Random(5)
    network = Network()
    sender, viewer = network.peer(1), network.peer(2)
    network.plane.add_encoding(1, video(1, 11, 12))
    network.plane.add_consumer(1, video_slot(2))
    network.plane.set_route(1, 1)
    camera = Camera(11)
    network.send(sender, *camera.frame(key=True))
    for number in range(1500):
        body = random.randbytes(random.randrange(0, 60))
        ssrc = random.choice((11, 12, 77)).to_bytes(4, "big")
        data = bytes((0x80 | random.getrandbits(5), random.choice((96, 97, 224)))) + random.randbytes(6) + ssrc + body
        control = bytes((0x80 | random.getrandbits(5), random.randrange(200, 208))) + random.randbytes(2) + ssrc + body
        try:
            sent = (
                [sender.outbound.protect(data), sender.outbound.protect_rtcp(control)] if authentic else [data, control]
            )
        except (Error, ValueError):  # libsrtp does not encrypt every nonsense
            continue
        network.receive(sender, *sent, random.randbytes(number % 40))
        network.receive(viewer, *sent)
        network.advance(0.01)
    assert network.plane.stats().extra["malformed"] > 0
    network.plane.handle_timeout(network.now)


def test_settings_that_cannot_be() -> None:
    network = Network()
    network.peer(1)
    plane = network.plane
    plane.add_encoding(1, video(1, 11, 12))
    plane.add_encoding(2, video(1, 21))
    plane.add_consumer(1, video_slot(1))
    with pytest.raises(ValueError, match="transport 1"):
        plane.add_transport(1)
    with pytest.raises(ValueError, match="encoding 1"):
        plane.add_encoding(1, video(1, 99))
    for settings in (video(1, 11), video(1, 12), video(1, 98, 11)):
        with pytest.raises(ValueError, match="is taken"):
            plane.add_encoding(3, settings)
    with pytest.raises(ValueError, match="is taken"):
        plane.set_rtx_ssrc(2, 11)
    with pytest.raises(ValueError, match="consumer 1"):
        plane.add_consumer(1, video_slot(1, 77))
    with pytest.raises(ValueError, match="is taken"):
        plane.add_consumer(2, video_slot(1))
    with pytest.raises(ValueError, match="transport or a sink"):
        plane.add_consumer(2, video_slot(-1))
    for missing in (
        lambda: plane.set_route(1, 99),
        lambda: plane.set_route(99, 1),
        lambda: plane.remove_transport(99),
        lambda: plane.remove_encoding(99),
        lambda: plane.remove_consumer(99),
        lambda: plane.pause_encoding(99, True),
        lambda: plane.set_rate(99, 1),
        lambda: plane.encoding_stats(99),
        lambda: plane.consumer_stats(99),
        lambda: plane.send_rtcp(99, b""),
    ):
        with pytest.raises(KeyError):
            missing()


def test_a_removed_transport_takes_everything_with_it() -> None:
    network = Network()
    sender, viewer = network.peer(1), network.peer(2)
    network.plane.add_encoding(1, video(1, 11, 12))
    network.plane.add_consumer(1, video_slot(2))
    network.plane.set_route(1, 1)
    camera = Camera(11)
    network.send(sender, *camera.frame(key=True))
    network.plane.remove_transport(1)
    network.send(sender, *camera.frame(key=True))
    assert len(viewer.rtp) == 2
    assert network.plane.consumer_stats(1).encoding is None
    network.plane.remove_transport(2)
    network.advance(5.0)
    assert network.plane.next_timeout() is None
    if isinstance(network.plane, ReferencePlane):
        state = network.plane._state
        assert not (state.transports or state.encodings or state.consumers or state.by_address or state.by_ssrc)
    else:
        assert network.plane.stats().extra.get("ring_bytes", 0) == 0


def test_raw_datagrams_go_out_as_they_are() -> None:
    network = Network()
    network.plane.send_raw(("192.0.2.1", 5), b"stun")
    assert network.plane.packets_to_send() == [(b"stun", ("192.0.2.1", 5))]
    assert network.plane.packets_to_send() == []
    assert network.plane.stats().datagrams_out == 1
