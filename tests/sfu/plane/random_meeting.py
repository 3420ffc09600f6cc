"""A random meeting, the same for every plane it is held on: peers, routes, traffic, lies and junk, by seed."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from random import Random

from pylibsrtp import Error

from sfu.plane.plane import ConsumerSettings, EncodingSettings, ExtensionIds, SrtpKeys, SrtpProfile
from sfu.plane.reports import ntp_from_wall
from sfu.plane.srtp import KEY_LENGTHS
from sfu.rtp.packet import RtpPacket
from sfu.rtp.payload.red import RedBlock, build_red
from sfu.rtp.rtcp import (
    Bye,
    FullIntraRequest,
    Nack,
    PictureLoss,
    ReceiverEstimate,
    ReceiverReport,
    ReportBlock,
    RtcpPacket,
    SenderReport,
    SourceDescription,
    TransportFeedback,
    serialize_compound,
)

from .network import IDS, Camera, Microphone, Network, Peer, _session, sink_slot, vp8
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


class Meeting:
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
        self.peers: dict[int, Peer] = {}
        self.sources: dict[int, tuple[Peer, Camera | Microphone]] = {}  # by encoding
        self.repairers: dict[int, tuple[int, int]] = {}  # encoding → RTX SSRC, next number
        self.history: list[tuple[int, RtpPacket]] = []
        self.spoken: dict[int, list[RtpPacket]] = {}  # the last Opus packets, by encoding
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
            codec = random.choice(("vp8", "vp8", "vp8", "h264"))
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
                producer=producer,  # type: ignore[arg-type]
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
            codec = random.choice(("vp8", "vp8", "vp8", "h264"))
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
                mid,  # type: ignore[arg-type]
            )
        with contextlib.suppress(ValueError):
            self.plane.add_consumer(handle, settings)

    def command(self) -> None:
        random, plane = self.random, self.plane
        encodings, consumers = [*sorted(plane.encodings), 9999], [*sorted(plane.consumers), 9999]
        encoding, consumer = random.choice(encodings), random.choice(consumers)
        choices = [
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

    # -- traffic

    def media(self) -> list[tuple[Peer, bytes]]:
        random = self.random
        line: list[tuple[Peer, bytes]] = []
        for handle, (peer, source) in self.sources.items():
            if random.random() < 0.2:
                continue
            if isinstance(source, Microphone):
                packets = [self.sound(handle, source) for _ in range(random.randrange(1, 3))]
            else:
                packets = self.pictures(source)
            for packet in packets:
                if random.random() < 0.5:
                    number = random.getrandbits(16) if random.random() < 0.02 else len(self.history) & 0xFFFF
                    packet.extensions = {**packet.extensions, IDS.transport_cc: number.to_bytes(2, "big")}
                if random.random() < 0.1:
                    packet.extensions = {**packet.extensions, IDS.mid: b"m", IDS.rid: b"q", 200: b"two-byte form"}
                self.history.append((handle, packet))
                if random.random() < 0.9:
                    with contextlib.suppress(Error, ValueError):  # two sources of one SSRC: libsrtp refuses a repeat
                        line.append((peer, peer.protect(packet)))
        if random.random() < 0.4:
            random.shuffle(line)
        return line

    def sound(self, handle: int, source: Microphone) -> RtpPacket:
        """Opus, perhaps in RED with what was said before, perhaps with lies."""
        random, packet = self.random, source.packet()
        before = self.spoken.setdefault(handle, [])
        before.append(packet)
        del before[:-4]
        if random.random() < 0.6:
            return packet
        earlier = before[-1 - random.randrange(0, 4) : -1]
        lie = random.choice((0, 0, 0, 0, 0, 960, 5000))
        kind = random.choice((111, 111, 111, 111, 126))
        blocks = [
            RedBlock(kind, packet.timestamp - one.timestamp + lie & 0x3FFF, one.payload)
            for one in earlier
            if random.random() < 0.9
        ]
        payload = build_red([*blocks, RedBlock(111, 0, packet.payload if random.random() < 0.95 else b"")])
        if random.random() < 0.05:
            payload = payload[: random.randrange(len(payload))]
        return replace(packet, payload_type=63, payload=payload)

    def pictures(self, source: Camera) -> list[RtpPacket]:
        random = self.random
        packets = source.frame(random.randrange(1, 6), key=random.random() < 0.15)
        if source.ssrc & 1:
            layer, sync = ((0, 0), (2, 1), (1, 1), (2, random.getrandbits(1)))[source.picture & 3]
            for packet in packets:
                packet.payload = packet.payload[:5] + bytes((layer << 6 | sync << 5,)) + packet.payload[6:]
        if random.random() < 0.1:
            packets.append(
                RtpPacket(96, source.sequence, source.timestamp, source.ssrc, padding=random.randrange(1, 256))
            )
            source.sequence = source.sequence + 1 & 0xFFFF
        if random.random() < 0.02:
            source.sequence = source.sequence + random.choice((600, 20000, 40000)) & 0xFFFF
        for packet in packets:
            kind = random.random()
            if kind < 0.04:
                packet.payload = random.randbytes(random.randrange(0, 8))
            elif kind < 0.1 and packet.payload:
                picture = source.picture & 0x7F  # the short form
                packet.payload = bytes((0x90, 0x80, picture, 0x10 if kind < 0.06 else 0x11)) + packet.payload[7:]
            elif kind < 0.14:
                packet.payload = bytes((0x10, 0x10 if kind < 0.12 else 0x11)) + b"plain"
            elif kind < 0.2:
                units = ("6742c01f", "68ce3c80", "7c8588", "419a2400", "7c0588", "18000267420002")
                packet.payload = bytes.fromhex(random.choice(units))
            elif kind < 0.22:
                packet.payload = vp8(source.picture, 0, key=True) + bytes(random.choice((1330, 1345, 1400)))
            if random.random() < 0.05:
                packet.padding = random.randrange(1, 30)
        return [packet for packet in packets if len(packet.payload) + packet.padding < 1320 or random.random() < 0.5]

    def repairs(self) -> list[tuple[Peer, bytes]]:
        """RTX of anything lately sent, probes, and strangers."""
        random = self.random
        line: list[tuple[Peer, bytes]] = []
        for handle, original in random.sample(self.history[-60:], min(8, len(self.history))):
            if handle not in self.sources or handle not in self.repairers:
                continue
            peer = self.sources[handle][0]
            ssrc, number = self.repairers[handle]
            self.repairers[handle] = (ssrc, number + 1 & 0xFFFF)
            payload = original.sequence_number.to_bytes(2, "big") + original.payload
            packet = RtpPacket(97, number, original.timestamp, ssrc, payload, original.marker)
            if random.random() < 0.2:
                packet = RtpPacket(97, number, original.timestamp, ssrc, padding=200)
            with contextlib.suppress(Error, ValueError):
                line.append((peer, peer.protect(packet)))
        if self.peers and random.random() < 0.3:
            peer = random.choice(list(self.peers.values()))
            extensions = {IDS.mid: random.choice((b"1", b"\xff", b"x" * 16)), IDS.repaired_rid: b"f"}
            stranger = RtpPacket(
                96, random.getrandbits(16), 5, random.choice((501, 502, 503)), b"x", extensions=extensions
            )
            with contextlib.suppress(Error, ValueError):
                line.append((peer, peer.protect(stranger)))
        return line

    def control(self) -> list[tuple[Peer, bytes]]:
        random = self.random
        line: list[tuple[Peer, bytes]] = []
        for peer in self.peers.values():
            if random.random() < 0.4:
                packets = [self.control_packet(peer) for _ in range(random.randrange(1, 4))]
                line.append((peer, peer.protect_rtcp(*packets)))
        return line

    def control_packet(self, peer: Peer) -> RtcpPacket:
        random = self.random
        media = random.choice((1001, 2001, 2002, 3001, 4001, 11))
        sent = [packet.sequence_number for packet in peer.rtp[-80:] if packet.ssrc == media] or [random.getrandbits(16)]
        numbers = tuple(sorted(random.choices([*sent, random.getrandbits(16)], k=random.randrange(1, 9))))
        ntp = ntp_from_wall(self.network.wall_ns) + random.getrandbits(30) + (50 << 32)
        last = ntp_from_wall(self.network.wall_ns) >> 16 & 0xFFFFFFFF
        block = ReportBlock(media, random.getrandbits(8), 5, 7, 9, random.choice((0, last - 6000 & 0xFFFFFFFF)), 1000)
        kinds: list[RtcpPacket] = [
            Nack(1, media, numbers),
            Nack(1, media, numbers),
            PictureLoss(1, media),
            FullIntraRequest(1, ((media, 1), (2001, 2))),
            SenderReport(random.choice([source.ssrc for _, source in self.sources.values()] or [1]), ntp, 4711, 1, 2),
            SenderReport(media, ntp, random.getrandbits(32), 1, 2, (block,)),
            ReceiverReport(media, (block, replace(block, ssrc=2001))),
            ReceiverEstimate(1, 500_000, (1, 2)),
            SourceDescription(((media, "xin chào"),)),
            Bye((media,)),
            TransportFeedback(1, media, b"\x00\x01\x00\x01\x00\x00\x00\x00\x20\x01\x05\x00"),
            TransportFeedback(1, media, self.feedback(peer)),
            TransportFeedback(1, media, self.feedback(peer)),
            TransportFeedback(1, media, self.feedback(peer)),
        ]
        return random.choice(kinds)

    def feedback(self, peer: Peer) -> bytes:
        """Of what was sent to this peer lately, in chunks of all kinds, sometimes broken."""
        random = self.random
        base = self.plane.oracle._state.transports[peer.handle].sent.next - random.randrange(-5, 60)
        chunks = bytearray()
        deltas = bytearray()
        count = 0
        for _ in range(random.randrange(1, 6)):
            kind, symbol, run = random.randrange(3), random.choice((0, 1, 1, 2)), random.randrange(1, 20)
            statuses = [symbol] * run
            if kind:
                statuses = [random.choice((0, 1, 1, 2 if kind == 2 else 1)) for _ in range(14 if kind == 1 else 7)]
            count += len(statuses)
            word = symbol << 13 | run
            if kind == 1:
                word = 0x8000 | sum(status << 13 - place for place, status in enumerate(statuses))
            elif kind == 2:
                word = 0xC000 | sum(status << 12 - 2 * place for place, status in enumerate(statuses))
            chunks += word.to_bytes(2, "big")
            deltas += random.randbytes(sum(statuses))
        head = (base & 0xFFFF).to_bytes(2, "big") + max(0, count - random.randrange(0, 3)).to_bytes(2, "big")
        body = head + random.choice((b"\0\0\x10", b"\xff\xff\xff")) + b"\0" + chunks + deltas
        if random.random() < 0.1:
            body = body[: random.randrange(8, len(body))]
        return body + bytes(-len(body) % 4)

    def junk(self) -> list[tuple[Peer, bytes]]:
        """Authentic nonsense, forgeries, and bytes of no kind."""
        random = self.random
        peer = random.choice(list(self.peers.values()))
        head = bytes((0x80 | random.getrandbits(6), random.getrandbits(8))) + random.randbytes(6)
        body = head + random.choice((b"\0\0\0\x0b", random.randbytes(4))) + random.randbytes(random.randrange(0, 40))
        line = [(peer, random.randbytes(random.randrange(0, 40))), (peer, body), (peer, body + random.randbytes(1500))]
        for protect in (peer.outbound.protect, peer.outbound.protect_rtcp):
            with contextlib.suppress(Error, ValueError):
                line.append((peer, protect(body)))
        control = bytes((0x80 | random.getrandbits(6), random.randrange(200, 208))) + random.randbytes(2) + body[4:]
        with contextlib.suppress(Error, ValueError):
            line.append((peer, peer.outbound.protect_rtcp(control)))
        if random.random() < 0.5:
            whole = bytearray(peer.protect(RtpPacket(96, 5, 7, random.getrandbits(32), b"x" * 20)))
            whole[random.randrange(len(whole))] ^= 1 << random.randrange(8)
            line.append((peer, bytes(whole)))
        return line

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
