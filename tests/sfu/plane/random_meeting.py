"""A random meeting, the same for every plane it is held on: peers, routes, traffic, lies and junk, by seed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from random import Random

from pylibsrtp import Error

from sfu.plane.plane import CodecName, ConsumerSettings, EncodingSettings, ExtensionIds, SrtpKeys, SrtpProfile
from sfu.plane.srtp import KEY_LENGTHS
from sfu.rtp.rtcp import (
    PictureLoss,
    serialize_compound,
)

from .network import IDS, Camera, Microphone, Network, Peer, _session, sink_slot
from .random_traffic import Traffic
from .twin import TwinPlane

ALL: list[SrtpProfile] = ["AEAD_AES_128_GCM", "AEAD_AES_256_GCM", "AES128_CM_SHA1_80"]
EXTENSIONS = [
    ExtensionIds(),
    ExtensionIds(transport_cc=5),
    ExtensionIds(mid=1, transport_cc=14),
    ExtensionIds(mid=9, audio_level=8, abs_send_time=7, transport_cc=6),
    ExtensionIds(mid=20, audio_level=3, abs_send_time=200),
    ExtensionIds(audio_level=1, abs_send_time=2),
]


class Meeting(Traffic):
    """A seeded meeting on both planes."""

    def __init__(self, seed: int, make: type[TwinPlane] = TwinPlane) -> None:
        self.random = Random(seed)
        self.in_order = make is TwinPlane  # else pace and redundancy depend on what is in a batch
        self.extensions = EXTENSIONS if make is TwinPlane else [replace(ids, transport_cc=0) for ids in EXTENSIONS]
        Network.make, before = make, Network.make
        try:
            self.network = Network(seed)
        finally:
            Network.make = before
        self.plane: TwinPlane = self.network.plane  # type: ignore[assignment]
        super().__init__()
        self.handles = 100
        self.late: list[tuple[Peer, bytes]] = []

    # -- what there is

    def new_handle(self) -> int:
        self.handles += 1
        return self.handles

    def add_peer(self) -> None:
        free = [handle for handle in range(1, 12) if handle not in self.peers]
        if free:
            handle = self.random.choice(free)
            self.peers[handle] = self.network.peer(handle, self.random.choice(ALL))

    def remove_peer(self) -> None:
        handle = self.random.choice(list(self.peers))
        self.plane.remove_transport(handle)
        peer = self.peers.pop(handle)
        self.network.drain()
        del self.network.peers[peer.address]
        for encoding in [one for one, (sender, _) in self.sources.items() if sender is peer]:
            del self.sources[encoding]
            self.plane.encodings.discard(encoding)
        for consumer in list(self.plane.consumers):
            try:
                self.plane.oracle.consumer_stats(consumer)
            except KeyError:
                self.plane.consumers.discard(consumer)

    def add_encoding(self) -> None:
        random = self.random
        peer = random.choice(list(self.peers.values()))
        handle, ssrc = self.new_handle(), random.choice((random.getrandbits(32), 11, 12, 13))
        rtx_ssrc = random.choice((None, ssrc + 1 & 0xFFFFFFFF, 12))
        producer = random.choice((None, 1, 2))
        if random.random() < 0.3:
            settings = EncodingSettings(peer.handle, "audio", ssrc, None, 111, None, "opus", 48000, IDS, nack=False)
            settings = replace(settings, red_payload_type=random.choice((None, 63)))
            source: Camera | Microphone = Microphone(ssrc, sequence=random.choice((65500, random.getrandbits(16))))
        else:
            codec: CodecName = random.choice(("vp8", "vp8", "vp8", "h264"))
            settings = EncodingSettings(
                peer.handle,
                "video",
                ssrc,
                rtx_ssrc,
                96,
                97,
                codec,
                90000,
                IDS,
                producer=producer,
            )
            source = Camera(
                ssrc,
                sequence=random.choice((65400, random.getrandbits(16))),
                timestamp=random.choice((2**32 - 90000, random.getrandbits(32))),
                picture=random.getrandbits(15),
            )
        with contextlib.suppress(ValueError):
            self.plane.add_encoding(handle, settings)
            self.sources[handle] = (peer, source)
            if settings.rtx_ssrc is not None:
                self.repairers[handle] = (settings.rtx_ssrc, random.getrandbits(16))

    def add_consumer(self) -> None:
        random = self.random
        peer = random.choice(list(self.peers.values()))
        handle, ssrc = self.new_handle(), random.choice((1001, 2001, 3001, 4001, random.getrandbits(32)))
        ids = random.choice(self.extensions)
        mid = random.choice(("", "0", "video12", "a-mid-of-more-than-16"))
        if random.random() < 0.15:
            settings = sink_slot(lambda packet: None)
        elif random.random() < 0.3:
            settings = ConsumerSettings(
                peer.handle, "audio", ssrc, None, 109, None, "opus", 48000, ids, mid, "somebody"
            )
            settings = replace(settings, red_payload_type=random.choice((None, 121)))
        else:
            codec: CodecName = random.choice(("vp8", "vp8", "vp8", "h264"))
            rtx = random.choice((None, ssrc + 1 & 0xFFFFFFFF, 2001))
            settings = ConsumerSettings(
                peer.handle,
                "video",
                ssrc,
                rtx,
                120,
                random.choice((124, None)),
                codec,
                90000,
                ids,
                mid,
            )
        with contextlib.suppress(ValueError):
            self.plane.add_consumer(handle, settings)

    def command(self) -> None:
        random, plane = self.random, self.plane
        encodings, consumers = [*sorted(plane.encodings), 9999], [*sorted(plane.consumers), 9999]
        encoding, consumer = random.choice(encodings), random.choice(consumers)
        choices: list[Callable[[], None]] = [
            lambda: self.route(consumer),
            lambda: self.route(consumer),
            lambda: self.route(consumer),
            lambda: self.route(consumer),
            lambda: plane.set_route(consumer, encoding),
            lambda: plane.set_route(consumer, None),
            lambda: plane.pause_encoding(encoding, random.random() < 0.4),
            lambda: plane.set_rate(consumer, random.choice((None, 0, 20_000, 500_000))),
            lambda: plane.set_temporal(consumer, random.choice((None, 0, 0, 1, 2, 7))),
            lambda: plane.set_temporal(consumer, random.choice((None, 0, 1))),
            lambda: plane.set_redundancy(consumer, random.choice((0, 1, 2, 3)) if self.in_order else 0),
            lambda: plane.set_repair_copies(consumer, random.choice((0, 1, 2, 2, 3))),
            lambda: plane.set_reported_loss(encoding, random.choice((None, 0.0, 0.3, 1.0, 1.5))),
            lambda: self.pace(),
            lambda: self.pace(),
            lambda: plane.probe(
                random.choice([*self.peers, 999]), random.randrange(0, 9), 2_000_000, random.choice((0, 500, 20_000))
            ),
            lambda: plane.remove_consumer(consumer) if random.random() < 0.3 else None,
            lambda: self.remove_encoding(encoding) if random.random() < 0.3 else None,
            lambda: plane.set_rtx_ssrc(encoding, random.choice((12, 13, 777))),
            lambda: plane.send_rtcp(random.choice([*self.peers, 999]), serialize_compound([PictureLoss(1, 2)])),
            lambda: plane.send_raw(("192.0.2.77", 7), b"raw"),
        ]
        with contextlib.suppress(ValueError, KeyError):
            random.choice(choices)()

    def route(self, consumer: int) -> None:
        """To an encoding of its codec, mostly one that sends."""
        state = self.plane.oracle._state
        codec = state.consumers[consumer].settings.codec
        fitting = [one for one in sorted(self.sources) if state.encodings[one].settings.codec == codec]
        if fitting:
            self.plane.set_route(consumer, self.random.choice(fitting))

    def pace(self) -> None:
        if self.in_order:
            pace = self.random.choice((None, None, 5, 20_000, 200_000, 1_000_000, 5_000_000))
            self.plane.set_pace(self.random.choice([*self.peers, 999]), pace)

    def remove_encoding(self, encoding: int) -> None:
        self.plane.remove_encoding(encoding)
        self.sources.pop(encoding, None)

    def change_peer(self) -> None:
        """New keys, a new address (perhaps somebody else's), other extension ids."""
        random = self.random
        peer = random.choice(list(self.peers.values()))
        what = random.randrange(3)
        if what == 0:
            profile = random.choice(ALL)
            keys = SrtpKeys(profile, random.randbytes(KEY_LENGTHS[profile]), random.randbytes(KEY_LENGTHS[profile]))
            self.plane.set_keys(peer.handle, keys)
            self.network.drain()
            from pylibsrtp import Policy

            peer.outbound = _session(profile, keys.receive, Policy.SSRC_ANY_OUTBOUND)
            peer.inbound = _session(profile, keys.send, Policy.SSRC_ANY_INBOUND)
        elif what == 1:
            self.plane.set_address(peer.handle, peer.address)
        else:
            self.plane.set_receive_extensions(peer.handle, random.choice((IDS, replace(IDS, audio_level=0, rid=0))))

    def step(self) -> None:
        random, network = self.random, self.network
        line = [*self.media(), *self.repairs(), *self.control()]
        if random.random() < 0.2:
            line += self.junk()
        line += [entry for entry in line if random.random() < 0.04]
        held = [entry for entry in line if random.random() < 0.06]
        line = [entry for entry in line if entry not in held] + [entry for entry in self.late if random.random() < 0.5]
        self.late = [entry for entry in (*held, *self.late) if random.random() < 0.9][-40:]
        batch = []
        for peer, data in line:
            address = peer.address if random.random() < 0.97 else ("198.51.100.9", random.randrange(1, 12))
            batch.append((data, address, network.wall_ns - random.randrange(0, 3_000_000)))
        self.plane.receive(batch, network.now)
        self.drain()

    def drain(self) -> None:
        for data, address in self.plane.packets_to_send():
            peer = self.network.peers.get(address)
            if peer is not None:
                with contextlib.suppress(Error, ValueError):  # nonsense of one peer, sent on to another
                    peer.take(data)
        self.plane.events()

    def run(self, steps: int) -> None:
        self.network.drain = self.drain  # type: ignore[method-assign]
        for _ in range(4):
            self.add_peer()
        for number in range(steps):
            if number < 16 or self.random.random() < 0.05:
                self.add_encoding()
                self.add_consumer()
            if self.random.random() < 0.02:
                self.add_peer()
            if self.random.random() < 0.01 and len(self.peers) > 2:
                self.remove_peer()
            if self.random.random() < 0.02:
                self.change_peer()
            for _ in range(self.random.randrange(0, 5)):
                self.command()
                self.drain()
            self.step()
            self.network.advance(self.random.choice((0.0, 0.001, 0.02, 0.033, 0.033, 0.3)))
            if number % 8 == 0:
                self.plane.compare_counters()
