"""The native plane's thread with real sockets on the loopback: groups, padding, TCP, sinks, floods, limits."""

from __future__ import annotations

import contextlib
import itertools
import select
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random

import pytest

from sfu.plane.native.loop import WORKER, LoopPlane
from sfu.plane.native.plane import NativeSettings
from sfu.plane.plane import Address, KeyframeNeeded, PlaneEvent, RouteTaken, RtcpReceived, SinkPacket
from sfu.rtp.packet import RtpPacket
from sfu.rtp.rtcp import Nack
from sfu.transport.framing import Deframer, frame

from .network import Camera, Microphone, Peer, audio, audio_slot, sink_slot, video, video_slot

PATIENCE_S = 20.0
STUN = b"\x00\x01\x00\x00\x21\x12\xa4\x42" + bytes(12)


@pytest.fixture(autouse=True)
def plane_under_test() -> str:
    """This plane only: the reference has no thread."""
    return "loop"


class Stage:
    """A running plane on the loopback and peers with sockets of their own."""

    def __init__(self, settings: NativeSettings = WORKER, family: socket.AddressFamily = socket.AF_INET) -> None:
        self.host = "127.0.0.1" if family == socket.AF_INET else "::1"
        self.family = family
        self.door = self._socket()
        self.door.setsockopt(socket.SOL_SOCKET, 35, 1)  # SO_TIMESTAMPNS
        self.plane = LoopPlane(Random(1), replace(settings, tells_rtcp=True))
        first, second = (self.door.fileno(), -1) if family == socket.AF_INET else (-1, self.door.fileno())
        self.wake = self.plane.start(first, second)
        self.sockets: dict[Peer, socket.socket] = {}
        self.seen: list[PlaneEvent] = []
        self.strange: list[tuple[bytes, Address, int, bytes]] = []

    def _socket(self) -> socket.socket:
        made = socket.socket(self.family, socket.SOCK_DGRAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_000_000)
        made.bind((self.host, 0))
        made.setblocking(False)
        return made

    def peer(self, handle: int) -> Peer:
        peer = Peer(self.plane, handle)
        self.sockets[peer] = self._socket()
        peer.address = self.sockets[peer].getsockname()[:2]
        self.plane.set_address(handle, peer.address)
        return peer

    def send(self, peer: Peer, *packets: RtpPacket) -> None:
        for packet in packets:
            self.send_bytes(peer, peer.protect(packet))

    def send_bytes(self, peer: Peer, data: bytes) -> None:
        self.sockets[peer].sendto(data, (self.host, self.door.getsockname()[1]))

    def look(self) -> None:
        """Take everything that is there: at the peers, and what the plane hands up."""
        for peer, its in self.sockets.items():
            with contextlib.suppress(BlockingIOError):
                while True:
                    peer.take(its.recv(2048))
        if select.select([self.wake], [], [], 0)[0]:
            self.strange += self.plane.strays()
            self.seen += self.plane.events()

    def until(self, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < end, "it did not come"
            select.select([*(one.fileno() for one in self.sockets.values()), self.wake], [], [], 0.05)
            self.look()

    def counter(self, name: str) -> int:
        return self.plane.stats().extra.get(name, 0)

    def close(self) -> None:
        self.plane.close()
        for its in (self.door, *self.sockets.values()):
            its.close()


@pytest.fixture
def stage() -> Iterator[Stage]:
    made = Stage()
    yield made
    made.close()


def meeting(stage: Stage, viewers: int = 3) -> tuple[Peer, list[Peer], Camera]:
    """A camera that is watched by all."""
    sender, watching = stage.peer(1), [stage.peer(2 + number) for number in range(viewers)]
    stage.plane.add_encoding(1, video(1, 11, 12))
    for peer in watching:
        stage.plane.add_consumer(peer.handle, video_slot(peer.handle))
        stage.plane.set_route(peer.handle, 1)
    camera = Camera(11)
    stage.until(lambda: KeyframeNeeded(1) in stage.seen)
    stage.send(sender, *camera.frame(2, key=True))
    stage.until(lambda: all(len(peer.rtp) == 2 for peer in watching))
    return sender, watching, camera


def test_every_viewer_gets_every_packet_in_groups(stage: Stage) -> None:
    """Sizes differ by a few bytes, as a browser's do: padding makes them equal, the kernel takes them together."""
    sender, viewers, camera = meeting(stage)
    random = Random(1)
    sent = 2
    for _ in range(60):
        frame_packets = camera.frame(6)
        for packet in frame_packets:
            packet.payload += bytes(900 + random.randrange(0, 4))
        stage.send(sender, *frame_packets)
        sent += 6
        stage.until(lambda: all(len(peer.rtp) == sent for peer in viewers))  # noqa: B023
    for peer in viewers:
        numbers = [packet.sequence_number for packet in peer.rtp]
        assert [after - before & 0xFFFF for before, after in itertools.pairwise(numbers)] == [1] * (sent - 1)
        assert [packet.payload for packet in peer.rtp[2:]] == [packet.payload for packet in viewers[0].rtp[2:]]
        assert all(packet.payload.endswith(b"\x00" * 900) for packet in peer.rtp[2:])
    assert any(packet.padding for packet in viewers[0].rtp)
    assert all(packet.padding <= 8 for packet in viewers[0].rtp)
    assert stage.counter("sent_messages") < stage.plane.stats().datagrams_out
    assert stage.counter("send_dropped") == 0


def test_where_the_kernel_refuses_groups_everything_still_arrives(stage: Stage) -> None:
    """A socket without checksums cannot do GSO: EINVAL, once, and from then on one message per datagram."""
    sender, (viewer,), camera = meeting(stage, 1)
    stage.send(sender, *camera.frame(40, key=True))
    stage.until(lambda: len(viewer.rtp) == 42)
    stage.door.setsockopt(socket.SOL_SOCKET, 11, 1)  # SO_NO_CHECK
    for handle in (7, 8):  # late viewers get the keyframe from the ring: forty packets of one size at once
        late = stage.peer(handle)
        messages, refused = stage.counter("sent_messages"), stage.counter("gso_off")
        stage.plane.add_consumer(handle, video_slot(handle))
        stage.plane.set_route(handle, 1)
        stage.until(lambda: len(late.rtp) == 40)  # noqa: B023
    assert stage.counter("gso_off") == refused > 0
    assert stage.counter("sent_messages") - messages >= 40
    assert stage.counter("send_dropped") == 0


def test_ipv6_works_too() -> None:
    stage = Stage(family=socket.AF_INET6)
    try:
        sender, viewers, camera = meeting(stage, 1)
        stage.send(sender, *camera.frame(3))
        stage.until(lambda: len(viewers[0].rtp) == 5)
    finally:
        stage.close()


def test_repair_and_control_packets(stage: Stage) -> None:
    sender, (viewer, *_), camera = meeting(stage)
    stage.send(sender, *camera.frame(4)[1:])
    stage.until(lambda: any(isinstance(packet, Nack) for packet in sender.rtcp))
    number = viewer.rtp[-1].sequence_number
    stage.send_bytes(viewer, viewer.protect_rtcp(Nack(1, 2001, (number,))))
    stage.until(lambda: viewer.rtp[-1].ssrc == 2002)
    assert viewer.rtp[-1].payload[:2] == number.to_bytes(2, "big")
    stage.until(lambda: any(isinstance(event, RtcpReceived) for event in stage.seen))


def test_a_sink_gets_everything_in_order(stage: Stage) -> None:
    taken: list[SinkPacket] = []
    sender, _, camera = meeting(stage, 1)
    stage.plane.add_consumer(50, sink_slot(taken.append))
    stage.plane.set_route(50, 1)
    stage.until(lambda: RouteTaken(50, 1) in stage.seen)
    for _ in range(100):
        stage.send(sender, *camera.frame(3))
    stage.until(lambda: len(taken) == 302)
    numbers = [int.from_bytes(packet.rtp[2:4], "big") for packet in taken]
    assert [after - before & 0xFFFF for before, after in itertools.pairwise(numbers)] == [1] * 301
    assert not any(packet.rtp[0] & 0x20 for packet in taken)
    assert abs(taken[-1].arrival_ns - time.time_ns()) < 60e9
    stage.plane.remove_consumer(50)


def test_what_waits_for_a_sink_is_still_of_its_encoding_after_a_switch(stage: Stage) -> None:
    taken: list[SinkPacket] = []
    sender, _, camera = meeting(stage, 1)
    other = Camera(13)
    stage.plane.add_encoding(9, video(1, 13))
    stage.plane.add_consumer(50, sink_slot(taken.append))
    stage.plane.set_route(50, 1)
    stage.until(lambda: RouteTaken(50, 1) in stage.seen)
    before = len(taken)
    stage.send(sender, *camera.frame(3))
    deadline = time.monotonic() + PATIENCE_S
    while stage.plane.consumer_stats(50).packets < before + 3:  # the packet thread has them; nobody fetched them
        assert time.monotonic() < deadline
    stage.plane.set_route(50, 9)
    stage.send(sender, *other.frame(2, key=True))
    stage.until(lambda: len(taken) == before + 5)
    assert [packet.encoding for packet in taken[before:]] == [1, 1, 1, 9, 9]
    stage.plane.remove_consumer(50)


def test_tables_change_while_packets_flow(stage: Stage) -> None:
    """Joins, leaves, switches and pauses between batches: nobody sees a number twice, nothing is leaked or lost."""
    sender, viewers, camera = meeting(stage, 2)
    random = Random(5)
    for turn in range(150):
        stage.send(sender, *camera.frame(3, key=turn % 5 == 0))
        handle = 100 + turn
        stage.plane.add_consumer(handle, video_slot(viewers[1].handle, 5000 + 2 * turn))
        stage.plane.set_route(handle, 1)
        if turn > 3:
            stage.plane.remove_consumer(handle - 4)
        if random.random() < 0.1:
            stage.plane.pause_encoding(1, True)
            stage.plane.pause_encoding(1, False)
        stage.look()
    stage.plane.remove_transport(viewers[1].handle)
    stage.send(sender, *camera.frame(2, key=True))
    stage.until(lambda: viewers[0].rtp[-1].payload.endswith(f"11/{camera.picture - 1 & 0x7FFF}/1".encode()))
    numbers = [packet.sequence_number for packet in viewers[0].rtp]
    assert len(set(numbers)) == len(numbers) > 100


def test_a_peer_on_tcp_is_served_as_all_others(stage: Stage) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    theirs.setblocking(False)
    sender, _, camera = meeting(stage, 1)
    viewer = Peer(stage.plane, 9)
    ours.setblocking(False)
    stage.plane.adopt(7, ours.detach())
    stage.plane.set_address(9, ("tcp:7", 0))
    stage.plane.add_consumer(9, video_slot(9))
    stage.plane.set_route(9, 1)
    deframer = Deframer()

    def read() -> None:
        with contextlib.suppress(BlockingIOError):
            for packet in deframer.receive_data(theirs.recv(65536)):
                viewer.take(packet)

    stage.send(sender, *camera.frame(3, key=True))
    stage.until(lambda: read() or len(viewer.rtp) >= 3)  # type: ignore[func-returns-value]
    request = frame(viewer.protect_rtcp(Nack(1, 2001, (viewer.rtp[-1].sequence_number,)))) + frame(STUN)
    for part in (request[:1], request[1:30], request[30:]):
        theirs.send(part)
    stage.until(lambda: read() or viewer.rtp[-1].ssrc == 2002)  # type: ignore[func-returns-value]
    stage.until(lambda: any(address == ("tcp:7", 0) for _, address, _, _ in stage.strange))
    stage.plane.send_raw(("tcp:7", 0), b"stun answer")
    theirs.close()
    stage.until(lambda: stage.plane.lost_connections() == [7])


def test_a_tcp_peer_that_does_not_read_is_cut_off(stage: Stage) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    sender, (other,), camera = meeting(stage, 1)
    Peer(stage.plane, 9)
    stage.plane.adopt(7, ours.detach())
    stage.plane.set_address(9, ("tcp:7", 0))
    stage.plane.add_consumer(9, video_slot(9))
    stage.plane.set_route(9, 1)
    lost: list[int] = []

    def more() -> bool:
        packets = camera.frame(8, key=True)
        for packet in packets:
            packet.payload += bytes(1100)
        stage.send(sender, *packets)
        lost.extend(stage.plane.lost_connections())
        return bool(lost)

    stage.until(more)
    assert lost == [7]
    assert stage.counter("tcp_cut_off") == 1
    before = len(other.rtp)
    stage.send(sender, *camera.frame(2))
    stage.until(lambda: len(other.rtp) > before)
    theirs.close()


def test_what_is_no_frame_ends_the_connection(stage: Stage) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    stage.plane.adopt(3, ours.detach())
    theirs.send(b"\xff\xff" + bytes(100))
    stage.until(lambda: stage.plane.lost_connections() == [3])
    theirs.close()


def test_a_flood_of_strangers_is_dropped_and_answered_by_nothing(stage: Stage) -> None:
    """Junk, STUN and forged media from one host: little of it goes up, nothing comes back, the meeting goes on."""
    sender, (viewer,), camera = meeting(stage, 1)
    attacker = stage._socket()
    door = (stage.host, stage.door.getsockname()[1])
    random = Random(2)
    for number in range(3000):
        kind = number % 4
        data = (STUN, b"\x16\xfe\xff" + random.randbytes(60), b"\x80\x60" + random.randbytes(80), b"\x50" + bytes(30))[
            kind
        ]
        attacker.sendto(data, door)
        if number % 500 == 0:
            stage.send(sender, *camera.frame(2))
            stage.until(lambda: viewer.rtp[-1].payload.endswith(f"{camera.picture - 1 & 0x7FFF}/1".encode()))
    peer_stun = STUN[:8] + b"of-a-peer..."
    stage.send_bytes(viewer, peer_stun)
    stage.until(lambda: any(data == peer_stun for data, _, _, _ in stage.strange))
    assert len(stage.strange) < 600
    with pytest.raises(BlockingIOError):
        attacker.recv(2048)
    assert stage.counter("junk_dropped") > 500
    assert stage.plane.stats().dropped_unknown_address > 300
    attacker.close()


def test_rings_stay_below_their_limit() -> None:
    limit = 600_000
    stage = Stage(replace(WORKER, ring_bytes=limit))
    try:
        sender, (viewer,), camera = meeting(stage, 1)
        for number in range(80):
            packets = camera.frame(10, key=number == 0)
            for packet in packets:
                packet.payload += bytes(1000)
            stage.send(sender, *packets)
            stage.until(lambda: len(viewer.rtp) == 2 + 10 * (number + 1))  # noqa: B023
            assert stage.counter("ring_bytes") < limit + 40_000
        assert stage.counter("ring_shed") > 100
    finally:
        stage.close()


def test_an_audio_room_needs_little_memory(stage: Stage) -> None:
    """The plane's own memory of a viewer with a dozen slots, by what the process grows."""
    sender = stage.peer(1)
    stage.plane.add_encoding(1, audio(1, 33))
    microphone = Microphone(33)
    viewers = 150
    for number in range(viewers):
        handle = 10 + number
        stage.plane.add_transport(handle)
        stage.plane.set_address(handle, ("127.0.0.1", 9))
        if number == 10:
            before = _resident_bytes()
        peer_keys = Random(handle)
        stage.plane.set_keys(handle, _keys(peer_keys))
        for slot in range(12):
            stage.plane.add_consumer(handle * 100 + slot, audio_slot(handle, 1000 + slot))
            stage.plane.set_route(handle * 100 + slot, 1)
    for _ in range(50):
        stage.send(sender, microphone.packet())
    stage.until(lambda: stage.plane.consumer_stats((9 + viewers) * 100).packets > 40)
    assert (_resident_bytes() - before) / (viewers - 10) < 64 * 1024


def _keys(random: Random):  # type: ignore[no-untyped-def]
    from sfu.plane.plane import SrtpKeys

    return SrtpKeys("AEAD_AES_128_GCM", random.randbytes(28), random.randbytes(28))


def _resident_bytes() -> int:
    with open("/proc/self/statm") as file:  # noqa: PTH123
        return int(file.read().split()[1]) * 4096
