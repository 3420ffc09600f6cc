"""What peers of a random meeting send: media, repairs and control packets, with lies and junk among them, by seed."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from random import Random

from pylibsrtp import Error

from sfu.plane.reports import ntp_from_wall
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
)

from .network import IDS, Camera, Microphone, Network, Peer, vp8
from .twin import TwinPlane


class Traffic:
    """Of the peers and sources that a meeting has now."""

    random: Random
    network: Network
    plane: TwinPlane

    def __init__(self) -> None:
        self.peers: dict[int, Peer] = {}
        self.sources: dict[int, tuple[Peer, Camera | Microphone]] = {}  # by encoding
        self.repairers: dict[int, tuple[int, int]] = {}  # encoding → RTX SSRC, next number
        self.history: list[tuple[int, RtpPacket]] = []
        self.spoken: dict[int, list[RtpPacket]] = {}  # the last Opus packets, by encoding

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
