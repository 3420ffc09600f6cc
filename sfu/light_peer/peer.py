"""LightPeer: joins by a signalling callable, plays samples in a loop, checks what its slots receive."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import itertools
import random
import struct
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Literal

from sfu.errors import HandshakeFailed, PeerError
from sfu.light_peer.checks import Checks
from sfu.light_peer.offer import AUDIO_IDS, OPUS, VIDEO_IDS, VP8, Offer, Wanted, lines_for
from sfu.light_peer.packetizer import Outbound
from sfu.light_peer.receiver import Received, Receiver
from sfu.light_peer.sample import Sample
from sfu.light_peer.wire import Wire, open_wire
from sfu.plane.errors import ProtectionError
from sfu.plane.plane import SrtpProfile
from sfu.plane.srtp import SrtpContext
from sfu.sdp import SessionDescription, parse
from sfu.settings import SRTP_PROFILES
from sfu.transport.certificate import new_certificate
from sfu.transport.dtls import DtlsTransport, make_context
from sfu.transport.ice import new_credentials
from sfu.transport.listener import kind_of

Signal = Callable[[str], Awaitable[str]]
TICK_S = 0.05
REPORT_S = 1.0


class LightPeer:
    """One client. ``connect`` joins; ``play`` replays a sample until stopped; ``received`` says what came, by mid."""

    def __init__(
        self,
        wanted: Wanted | None = None,
        *,
        known: Iterable[Sample] = (),
        profiles: tuple[SrtpProfile, ...] = SRTP_PROFILES,
        protocol: Literal["udp", "tcp"] = "udp",
    ) -> None:
        self._wanted = wanted or Wanted()
        self._protocol = protocol
        certificate = new_certificate(datetime.datetime.now(datetime.UTC))
        self._context = make_context(certificate, profiles)
        self._checks = Checks(*new_credentials())
        self._offer = Offer(self._checks.ufrag, self._checks.pwd, certificate.fingerprint, lines_for(self._wanted))
        self._receiver = Receiver(known)
        self._dtls: DtlsTransport | None = None
        self._srtp: SrtpContext | None = None
        self._wire: Wire | None = None
        self._answer = SessionDescription()
        self._streams: dict[tuple[str, str], Outbound] = {}
        self._restart_at: dict[str, float] = {}  # source → a keyframe was asked
        self._numbers = itertools.count(random.getrandbits(15))
        self._tasks: list[asyncio.Task[None]] = []
        self._connected = asyncio.Event()
        self._changed = asyncio.Event()
        self._reported_at = 0.0
        self.plis = 0
        self.unopened = 0  # packets that SRTP refuses: forged, changed on the way, or come twice
        self.closed_by_server = False

    # -- life -------------------------------------------------------------------------------------------------------

    async def connect(self, signal: Signal, timeout_s: float = 15.0) -> None:
        """Offer, answer, ICE, DTLS. Raises PeerError or HandshakeFailed."""
        await self._exchange(signal)
        fingerprints = self._answer.sections[0].transport.fingerprints or self._answer.transport.fingerprints
        self._dtls = DtlsTransport(self._context, fingerprints, "client")
        await self._open_wire()
        self._tasks.append(asyncio.create_task(self._tick_on()))
        try:
            await asyncio.wait_for(self._connected.wait(), timeout_s)
        except TimeoutError:
            raise HandshakeFailed(f"not connected within {timeout_s:g} s") from None
        if self._dtls.error is not None:
            raise self._dtls.error

    async def restart_ice(self, signal: Signal, timeout_s: float = 15.0) -> None:
        """New credentials and a new socket, the same DTLS and SRTP."""
        self._checks.restart(*new_credentials())
        self._offer.ufrag, self._offer.pwd = self._checks.ufrag, self._checks.pwd
        before = self.ssrcs
        await self._exchange(signal)
        if self.ssrcs != before:
            raise PeerError("an ICE restart changed the slots' SSRCs")
        old = self._wire
        await self._open_wire()
        if old is not None:
            old.close()
        await self.wait_for(lambda: self._checks.answered_at is not None, timeout_s)

    async def roam(self) -> None:
        """Another source address from now on, without a word, as when a NAT rebinds; checks go on as they were due."""
        old = self._wire
        await self._open_wire()
        if old is not None:
            old.close()

    async def close(self) -> None:
        """Say good-bye and end."""
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._tasks.clear()
        if self._dtls is not None:
            self._dtls.close()
            self._send_dtls()
        self.vanish()

    def vanish(self) -> None:
        """Be gone without a word, as when the power fails."""
        for task in self._tasks:
            task.cancel()
        if self._wire is not None:
            self._wire.close()
            self._wire = None

    # -- media ------------------------------------------------------------------------------------------------------

    def play(self, source: str, sample: Sample, rid: str = "", level: int = 20) -> None:
        """Replay a sample from ``microphone``, ``camera`` or ``presentation`` in a loop."""
        line = next(line for line in self._offer.lines if line.source == source)
        audio = line.kind == "audio"
        stream = Outbound(
            kind=line.kind,
            payload_type=OPUS if audio else VP8,
            ssrc=random.getrandbits(32),
            extensions=AUDIO_IDS if audio else VIDEO_IDS,
            mid=line.mid,
            rid=rid,
            level=level,
        )
        self._streams[source, rid] = stream
        self._tasks.append(asyncio.create_task(self._play_on(source, stream, sample)))

    def set_level(self, level: int) -> None:
        """How loud our microphone claims to be (−dBov)."""
        for (source, _), stream in self._streams.items():
            if source == "microphone":
                stream.level = level

    def stop_playing(self) -> None:
        """Send nothing more, stay connected."""
        for task in self._tasks[1:]:
            task.cancel()

    @property
    def received(self) -> dict[str, Received]:
        """What came, by mid of the slot."""
        return self._receiver.slots

    @property
    def ssrcs(self) -> dict[str, int]:
        """The slots' SSRCs, by mid."""
        return self._receiver.ssrcs()

    @property
    def unexpected(self) -> int:
        """Packets of SSRCs the answer did not name."""
        return self._receiver.unexpected

    @property
    def profile(self) -> str | None:
        """The SRTP profile agreed on."""
        return self._dtls.keys.profile if self._dtls is not None and self._dtls.keys is not None else None

    def learn(self, sample: Sample) -> None:
        """Recognise this sample's packets."""
        self._receiver.learn(sample)

    def mids(self, kind: Literal["audio", "video"]) -> list[str]:
        """Our slots of a kind, in order; the first video slot is the presentation's when there are several."""
        return [line.mid for line in self._offer.lines if line.direction == "recvonly" and line.kind == kind]

    def sources(self, kind: Literal["audio", "video"]) -> set[str]:
        """Whose packets the slots of a kind carried last."""
        slots = (self.received[mid] for mid in self.mids(kind) if mid in self.received)
        return {slot.source for slot in slots if slot.source is not None}

    async def wait_for(self, condition: Callable[[], bool], timeout_s: float = 15.0) -> None:
        """Wait until something received makes ``condition`` true."""
        deadline = time.monotonic() + timeout_s
        while not condition():
            self._changed.clear()
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("the light peer did not see what was waited for")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), min(left, 0.5))

    # -- signalling and sockets -------------------------------------------------------------------------------------

    async def _exchange(self, signal: Signal) -> None:
        self._answer = parse(await signal(self._offer.text()))
        lines = self._answer.sections[0].transport
        self._checks.remote_ufrag, self._checks.remote_pwd = lines.ice_ufrag, lines.ice_pwd
        for section in self._answer.sections:
            if section.ssrcs and section.mid not in self._receiver.slots:
                ssrc, payload_type = section.ssrcs[0], next(iter(section.codecs))
                slot = Received(section.mid, section.kind, payload_type, ssrc)
                self._receiver.add_slot(slot, section.rtx_of.get(ssrc))
        # an answer that names other SSRCs shows up as packets of unexpected ones

    async def _open_wire(self) -> None:
        self._wire = await open_wire(self._protocol, *self._candidate(), self._receive)

    def _candidate(self) -> tuple[str, int]:
        for candidate in self._answer.candidates:
            _, _, kind, _, host, port, *_ = candidate.split()
            if kind.lower() == self._protocol:
                return host, int(port)
        raise PeerError(f"the answer has no {self._protocol} candidate")

    async def _tick_on(self) -> None:
        while True:
            now = time.monotonic()
            check = self._checks.next_check(now)
            if check is not None:
                self._send(check)
            if self._dtls is not None and self._dtls.state == "new" and self._dtls.next_timeout() == 0:
                self._dtls.handle_timeout()
                self._send_dtls()
            if self._srtp is not None and now - self._reported_at >= REPORT_S:
                self._reported_at = now
                self._report()
            await asyncio.sleep(TICK_S if not self._connected.is_set() else TICK_S * 4)

    def _send(self, packet: bytes) -> None:
        if self._wire is not None:
            self._wire.send(packet)

    def _send_dtls(self) -> None:
        if self._dtls is not None:
            for datagram in self._dtls.datagrams_to_send():
                self._send(datagram)

    def _receive(self, packet: bytes) -> None:
        kind = kind_of(packet)
        if kind == "stun":
            self._receive_stun(packet)
        elif kind == "dtls" and self._dtls is not None:
            self._receive_dtls(self._dtls, packet)
        elif kind == "media" and self._srtp is not None:
            self._receive_media(self._srtp, packet)
        self._changed.set()

    def _receive_stun(self, packet: bytes) -> None:
        answer = self._checks.answer(packet, self._candidate())
        if answer is not None:
            self._send(answer)
            return
        first = self._checks.answered_at is None
        if self._checks.receive_answer(packet, time.monotonic()) and first and self._dtls is not None:
            if self._dtls.state == "new":
                self._dtls.start()
            self._send_dtls()

    def _receive_dtls(self, dtls: DtlsTransport, packet: bytes) -> None:
        dtls.receive_datagram(packet)
        self._send_dtls()
        self.closed_by_server = dtls.state == "closed"
        if dtls.keys is not None and self._srtp is None:
            self._srtp = SrtpContext(dtls.keys)
        if dtls.state != "new":
            self._connected.set()

    def _receive_media(self, srtp: SrtpContext, packet: bytes) -> None:
        try:
            if 192 <= packet[1] <= 223:
                self._receive_rtcp(srtp.unprotect_rtcp(packet))
                return
            opened = srtp.unprotect(packet)
        except ProtectionError:
            self.unopened += 1
            return
        ssrc, missing = self._receiver.receive(opened, time.monotonic())
        if missing:
            self._nack(ssrc, missing)

    # -- RTCP -------------------------------------------------------------------------------------------------------

    def _receive_rtcp(self, data: bytes) -> None:
        """A PLI or FIR makes the source begin again at its keyframe."""
        at = 0
        while at + 12 <= len(data):
            kind, form = data[at + 1], data[at] & 31
            if kind == 206 and form in (1, 4):
                self.plis += 1
                ssrc = int.from_bytes(data[at + 8 : at + 12], "big")
                for (source, _), stream in self._streams.items():
                    if stream.ssrc == ssrc or form == 4:
                        self._restart_at[source] = time.monotonic()
            at += 4 + 4 * int.from_bytes(data[at + 2 : at + 4], "big")

    def _nack(self, ssrc: int, missing: list[int]) -> None:
        items = b"".join(struct.pack("!HH", number, 0) for number in missing)
        self._send_rtcp(struct.pack("!BBHII", 0x81, 205, 2 + len(missing), 1, ssrc) + items)

    def _report(self) -> None:
        """A receiver report on every slot that carries something."""
        slots = [slot for slot in self.received.values() if slot.highest is not None][:31]
        blocks = b"".join(struct.pack("!IIIIII", s.ssrc, min(s.lost, 0x7FFFFF), s.highest or 0, 0, 0, 0) for s in slots)
        self._send_rtcp(struct.pack("!BBHI", 0x80 | len(slots), 201, 1 + 6 * len(slots), 1) + blocks)

    def _send_rtcp(self, data: bytes) -> None:
        if self._srtp is not None:
            self._send(self._srtp.protect_rtcp(data))

    # -- playing ----------------------------------------------------------------------------------------------------

    async def _play_on(self, source: str, stream: Outbound, sample: Sample) -> None:
        await self._connected.wait()
        due, index, started = time.monotonic(), 0, 0.0
        while self._srtp is not None:
            if self._restart_at.get(source, 0.0) > started and not sample.frames[index].keyframe:
                index, started = 0, self._restart_at[source]
            frame = sample.frames[index]
            for packet in stream.packetize(frame, self._numbers):
                self._send(self._srtp.protect(packet))
            index = (index + 1) % len(sample.frames)
            due += frame.duration / sample.clock_rate
            late = time.monotonic() - due
            if late > 1:
                due += late  # a machine that stood still does not catch up with a burst
            await asyncio.sleep(max(0.0, due - time.monotonic()))
