"""ICE and DTLS of one client over its own socket, until the native part takes the socket over."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from aioice import stun
from OpenSSL import SSL

from sfu.errors import HandshakeFailed
from sfu.light_peer.checks import Checks
from sfu.plane.plane import SrtpKeys, SrtpProfile
from sfu.settings import SRTP_PROFILES
from sfu.transport.certificate import Certificate, new_certificate
from sfu.transport.dtls import DtlsTransport, make_context
from sfu.transport.framing import Deframer, frame
from sfu.transport.ice import new_credentials

TICK_S = 0.05
Protocol = Literal["udp", "tcp"]


@dataclass(slots=True)
class Identity:
    """One certificate for all clients of a run: making a thousand would measure the generator."""

    profiles: tuple[SrtpProfile, ...] = SRTP_PROFILES
    certificate: Certificate = field(default_factory=lambda: new_certificate(datetime.datetime.now(datetime.UTC)))
    _context: SSL.Context | None = None

    @property
    def context(self) -> SSL.Context:
        if self._context is None:
            self._context = make_context(self.certificate, self.profiles)
        return self._context


@dataclass(frozen=True, slots=True)
class Remote:
    """The server's half, from its description."""

    ufrag: str
    pwd: str
    fingerprints: list[tuple[str, str]]
    host: str
    port: int
    begins: bool = False  # the server is DTLS's client


class Connection:
    """``connect`` ends with keys; then ``receive_control`` and ``next_check`` go on over whoever has the socket."""

    def __init__(self, identity: Identity, host: str, protocol: Protocol = "udp") -> None:
        kind = socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM
        self.socket = socket.socket(socket.AF_INET, kind | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        self.socket.bind((host, 0))
        self.protocol: Protocol = protocol
        self.checks = Checks(*new_credentials())
        self.closed = False
        self._begins = True
        self._identity = identity
        self._deframer = Deframer()
        self._dtls: DtlsTransport | None = None
        self._done: asyncio.Future[SrtpKeys] | None = None
        self._on_ready: Callable[[SrtpKeys], None] = lambda _: None
        self._send: Callable[[bytes], None] = self._send_directly

    @cached_property
    def address(self) -> tuple[str, int]:
        host, port = self.socket.getsockname()
        return str(host), int(port)

    @property
    def fingerprint(self) -> str:
        return self._identity.certificate.fingerprint

    async def connect(
        self, remote: Remote, on_ready: Callable[[SrtpKeys], None] = lambda _: None, timeout_s: float = 30.0
    ) -> SrtpKeys:
        """Checks, then a handshake. ``on_ready`` runs at once, before anything else is read."""
        loop = asyncio.get_running_loop()
        self.checks.remote_ufrag, self.checks.remote_pwd = remote.ufrag, remote.pwd
        self._dtls = DtlsTransport(self._identity.context, remote.fingerprints, "server" if remote.begins else "client")
        self._begins = not remote.begins
        self._done, self._on_ready = loop.create_future(), on_ready
        await loop.sock_connect(self.socket, (remote.host, remote.port))
        loop.add_reader(self.socket.fileno(), self._readable)
        try:
            async with asyncio.timeout(timeout_s):
                while not self._done.done():
                    self._tick(time.monotonic())
                    await asyncio.wait([self._done], timeout=TICK_S)
        except TimeoutError:
            raise HandshakeFailed(f"not connected within {timeout_s:g} s") from None
        finally:
            loop.remove_reader(self.socket.fileno())
        return await self._done

    def hand_over(self, send: Callable[[bytes], None]) -> None:
        """From now on packets leave through ``send``."""
        self._send = send

    def keep_alive(self, now: float) -> None:
        """Consent checks, when due."""
        check = self.checks.next_check(now)
        if check is not None:
            self._send(check)

    def receive_control(self, packet: bytes) -> None:
        """STUN or DTLS."""
        if packet[0] < 4:
            self._receive_stun(packet)
        elif 20 <= packet[0] < 64 and self._dtls is not None:
            self._dtls.receive_datagram(packet)
            self.closed = self._dtls.state == "closed"
            self._send_dtls()

    def close(self) -> None:
        """Say good-bye, best effort."""
        if self._dtls is not None:
            self._dtls.close()
            with contextlib.suppress(OSError):
                self._send_dtls()
        self.socket.close()

    @property
    def unread(self) -> bytes:
        """What TCP brought beyond the last whole packet."""
        return bytes(self._deframer._buffer)

    def _tick(self, now: float) -> None:
        self.keep_alive(now)
        if self._dtls is not None and self._dtls.state == "new" and self._dtls.next_timeout() == 0:
            self._dtls.handle_timeout()
            self._send_dtls()

    def _readable(self) -> None:
        loop = asyncio.get_running_loop()
        while self._done is not None and not self._done.done():
            try:
                data = self.socket.recv(65536 if self.protocol == "tcp" else 2048)
            except BlockingIOError:
                return
            except OSError as error:
                if self.protocol == "udp":
                    continue  # an ICMP error of an earlier datagram
                self._done.set_exception(error)
                return
            if not data and self.protocol == "tcp":
                loop.remove_reader(self.socket.fileno())
                self._done.set_exception(HandshakeFailed("the server closed the connection"))
                return
            for packet in [data] if self.protocol == "udp" else self._deframer.receive_data(data):
                self.receive_control(packet)
            self._conclude()

    def _conclude(self) -> None:
        if self._dtls is None or self._done is None or self._done.done():
            return
        if self._dtls.error is not None:
            self._done.set_exception(self._dtls.error)
        elif self._dtls.keys is not None:
            asyncio.get_running_loop().remove_reader(self.socket.fileno())
            self._on_ready(self._dtls.keys)
            self._done.set_result(self._dtls.keys)

    def _receive_stun(self, packet: bytes) -> None:
        first = self.checks.answered_at is None
        if packet[:2] == b"\x00\x01":
            self._answer_check(packet)
        elif self.checks.receive_answer(packet, time.monotonic()) and first and self._begins and self._dtls is not None:
            self._dtls.start()
            self._send_dtls()

    def _answer_check(self, packet: bytes) -> None:
        """A full agent checks us, too."""
        try:
            request = stun.parse_message(packet)
        except ValueError:
            return
        if not request.check_message_integrity(self.checks.pwd.encode()):
            return
        answer = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, transaction_id=request.transaction_id)
        answer.attributes["XOR-MAPPED-ADDRESS"] = self.socket.getpeername()
        answer.add_message_integrity(self.checks.pwd.encode())
        self._send(bytes(answer))

    def _send_dtls(self) -> None:
        if self._dtls is not None:
            for datagram in self._dtls.datagrams_to_send():
                self._send(datagram)

    def _send_directly(self, packet: bytes) -> None:
        with contextlib.suppress(OSError):
            self.socket.send(packet if self.protocol == "udp" else frame(packet))
