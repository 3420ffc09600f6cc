"""Viewers on weak links, on both planes at once: paces, temporal layers, probes, RED, lost packets asked for again.

Few peers and routes that last, so that what waits really waits; see test_native_against_reference.py for the rest.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest

from sfu.plane.plane import FeedbackReceived
from sfu.rtp.packet import RtpPacket
from sfu.rtp.rtcp import Nack, TransportFeedback
from tests.tries import tries

from .network import Microphone, Network, Peer, audio, audio_slot, video, video_slot
from .test_feedback import body
from .test_redundancy import wrap
from .test_temporal import LayeredCamera
from .twin import TwinPlane


@pytest.fixture(autouse=True)
def plane_under_test() -> str:
    """Both."""
    return "both"


class Link:
    """Two viewers of two layers of one picture and of another, with sound."""

    def __init__(self, seed: int) -> None:
        Network.make, before = TwinPlane, Network.make
        try:
            self.network = Network(seed)
        finally:
            Network.make = before
        self.random = Random(seed)
        self.sender = self.network.peer(1)
        self.viewers = [self.network.peer(2), self.network.peer(3, "AES128_CM_SHA1_80")]
        self.cameras = {handle: LayeredCamera(ssrc, sequence=65400) for handle, ssrc in ((1, 11), (2, 21), (3, 31))}
        self.microphone = Microphone(51)
        self.spoken: list[RtpPacket] = []
        self.lost: list[RtpPacket] = []
        self.told = 0
        plane = self.network.plane
        for handle, ssrc in ((1, 11), (2, 21), (3, 31)):
            plane.add_encoding(handle, video(1, ssrc, ssrc + 1, producer=1 if handle < 3 else 2))
        plane.add_encoding(5, replace(audio(1, 51), red_payload_type=63))
        for number, viewer in enumerate(self.viewers):
            for slot, ssrc in enumerate((2001, 3001)):
                plane.add_consumer(10 * number + slot, video_slot(viewer.handle, ssrc))
                plane.set_route(10 * number + slot, 1 if slot == 0 else 3)
            plane.add_consumer(10 * number + 5, replace(audio_slot(viewer.handle), red_payload_type=121))
            plane.set_route(10 * number + 5, 5)

    def run(self, steps: int) -> None:
        for _ in range(steps):
            if self.random.random() < 0.25:
                self.command()
                self.network.drain()
            self.media()
            for viewer in self.viewers:
                self.answer(viewer)
            self.network.advance(self.random.choice((0.005, 0.02, 0.033, 0.033, 0.05, 0.2)))
            self.told += len(self.network.events_of(FeedbackReceived))

    def command(self) -> None:
        random, plane = self.random, self.network.plane
        viewer, slot = random.choice((2, 3)), random.choice((0, 1, 10, 11))
        choices: list[Callable[[], None]] = [
            lambda: plane.set_pace(viewer, random.choice((None, 100_000, 200_000, 400_000, 800_000, 3_000_000))),
            lambda: plane.set_pace(viewer, random.choice((100_000, 300_000, 800_000))),
            lambda: plane.set_temporal(slot, random.choice((None, 0, 1, 2))),
            lambda: plane.probe(viewer, random.randrange(1, 9), random.choice((300_000, 3_000_000)), 4000),
            lambda: plane.set_redundancy(random.choice((5, 15)), random.randrange(3)),
            lambda: plane.set_repair_copies(slot, random.choice((1, 2))),
            lambda: plane.set_route(random.choice((0, 10)), random.choice((1, 2))),
            lambda: plane.set_rate(slot, random.choice((None, 50_000))),
            lambda: plane.pause_encoding(random.choice((1, 2, 3)), random.random() < 0.3),
            lambda: plane.set_reported_loss(5, random.choice((None, 0.4))),
        ]
        random.choice(choices)()

    def media(self) -> None:
        random = self.random
        packets: list[RtpPacket] = []
        for camera in self.cameras.values():
            frame = camera.frame(random.randrange(1, 6), key=random.random() < 0.06)
            for packet in frame:
                packet.payload = packet.payload.ljust(random.choice((200, 900, 1100)), b".")
            packets += frame
        self.spoken = [*self.spoken[-2:], self.microphone.packet()]
        packets.append(wrap(*self.spoken))
        kept = [packet for packet in packets if random.random() < 0.93]
        self.lost += [packet for packet in packets if packet not in kept and packet.ssrc != 51]
        if self.lost and random.random() < 0.5:
            packet = self.lost.pop(0)
            payload = packet.sequence_number.to_bytes(2, "big") + packet.payload
            kept.append(
                RtpPacket(97, len(self.lost) & 0xFFFF, packet.timestamp, packet.ssrc + 1, payload, packet.marker)
            )
        if random.random() < 0.1:
            random.shuffle(kept)
        protected = []
        for packet in kept:
            with contextlib.suppress(Exception):  # libsrtp sends no number twice
                protected.append(self.sender.protect(packet))
        self.network.receive(self.sender, *protected)

    def answer(self, viewer: Peer) -> None:
        random = self.random
        recent = [packet for packet in viewer.rtp[-60:] if packet.ssrc in (2001, 3001)]
        if recent and random.random() < 0.3:
            asked = random.choices(recent, k=random.randrange(1, 12))
            ssrc = asked[0].ssrc
            numbers = tuple({packet.sequence_number for packet in asked if packet.ssrc == ssrc})
            self.network.send_rtcp(viewer, Nack(1, ssrc, numbers))
        if random.random() < 0.4:
            sent = self.network.plane.oracle._state.transports[viewer.handle].sent.next  # type: ignore[attr-defined]
            base = max(0, sent - random.randrange(1, 40))
            statuses = "".join(random.choice("aaal") for _ in range(sent - base))
            self.network.send_rtcp(viewer, TransportFeedback(1, 2001, body(base, statuses)))


@pytest.mark.parametrize("seed", tries(4))
def test_weak_links_are_the_same_on_both(seed: int) -> None:
    link = Link(seed)
    for _ in range(4):
        link.run(40)
        link.network.plane.compare_counters()  # type: ignore[attr-defined]
    assert link.told > 50
    assert link.network.plane.native.stats().extra["backlogs_dropped"]  # type: ignore[attr-defined]
