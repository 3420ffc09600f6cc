"""The worker's door where the plane carries packets itself: the sockets are opened here, read and written there.

Only STUN and DTLS come up. They are answered straight on the UDP socket, which takes datagrams from both threads; on
TCP the plane writes the answers, so that frames never mix.
"""

from __future__ import annotations

import asyncio
import itertools
import socket
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from sfu.errors import CannotListen
from sfu.plane.native.loop import LoopPlane
from sfu.plane.plane import Address
from sfu.settings import MediaSettings
from sfu.transport.addresses import addresses_to_announce, household
from sfu.transport.tcp import SEND_BUFFER_BYTES
from sfu.transport.udp import Batch, UdpPort, source_of

BACKLOG = 128
ACCEPTS = 32  # connections taken at once


class CarriedListener:
    """The interface of ``Listener``."""

    def __init__(
        self,
        settings: MediaSettings,
        plane: LoopPlane,
        on_batch: Callable[[Batch], None],
        on_lost: Callable[[Address], None],
    ) -> None:
        self._settings = settings
        self._plane = plane
        self._on_batch = on_batch
        self._on_lost = on_lost
        self._udp = UdpPort(None)
        self._tcp = CarriedTcp(settings, plane)
        self._came_to: dict[Address, bytes] = {}  # of the batch in hand
        self._wake = -1
        self.addresses: tuple[tuple[str, int, str], ...] = ()
        self.on_sent: Callable[[bytes, Address], None] | None = None  # somebody looks at what is sent

    async def open(self) -> None:
        """Raises CannotListen."""
        self._udp.open(self._settings.udp_port)
        if self._settings.tcp:
            self._tcp.open(self._settings.tcp_port)
        ipv4, ipv6 = self._udp.descriptors
        self._wake = self._plane.start(ipv4, ipv6)
        asyncio.get_running_loop().add_reader(self._wake, self._look)
        hosts = addresses_to_announce(self._settings.host_addresses)
        udp = [(host, self._udp.port, "udp") for host in hosts]
        tcp = [(host, self._tcp.port, "tcp") for host in hosts] if self._settings.tcp else []
        self.addresses = (*udp, *tcp)

    async def close(self) -> None:
        if self._wake >= 0:
            asyncio.get_running_loop().remove_reader(self._wake)
            self._wake = -1
        self._tcp.close()
        self._plane.close()
        self._udp.close()

    def _look(self) -> None:
        """The plane's thread has something: datagrams that are none of its, events, connections that ended."""
        strays = self._plane.strays()
        self._came_to = {address: local for _, address, _, local in strays if local}
        self._on_batch([(data, address, arrival_ns) for data, address, arrival_ns, _ in strays])
        for number in self._plane.lost_connections():
            self._tcp.forget(number)
            self._on_lost((f"tcp:{number}", 0))

    async def connect(self, host: str, port: int) -> Address:
        """A TCP connection of ours to another node. Raises OSError."""
        return await self._tcp.connect(host, port)

    def send(self, data: bytes, address: Address) -> None:
        """Send one packet now, or drop it."""
        if self.on_sent is not None:
            self.on_sent(data, address)
        if address[1]:
            self._udp.send(data, address)
        else:
            self._plane.send_raw(address, data)

    def reflexive(self, address: Address) -> tuple[str, int]:
        """The peer's transport address as the network shows it."""
        return address if address[1] else self._tcp.reflexive(address)

    def prove(self, address: Address) -> None:
        """This address has authenticated."""
        if not address[1]:
            self._tcp.prove(address)
        elif (local := self._came_to.get(address)) is not None:
            self._udp.answer_from(address, source_of(local))
            self._plane.prove(address, local)

    def vouch(self, transport: int, address: Address) -> None:
        """What comes from there is that transport's."""
        self._plane.vouch(transport, address)

    def forget(self, address: Address) -> None:
        """Nobody of ours is there any more."""
        self._udp.forget(address)
        self._plane.forget(address)

    def handle_timeout(self) -> None:
        """Drop TCP connections that never authenticated."""
        for number in self._tcp.unproven():
            self._plane.hang_up(number)
            self._tcp.forget(number)
            self._on_lost((f"tcp:{number}", 0))

    @property
    def dropped(self) -> dict[str, int]:
        """Packets the kernel did not take; those of the plane's thread are among its own counters."""
        return {"udp_send_dropped": self._udp.dropped_out}


@dataclass(slots=True)
class _Connection:
    remote: tuple[str, int]
    opened_at: float = field(default_factory=time.monotonic)
    proven: bool = False


class CarriedTcp:
    """Takes connections in and hands them to the plane."""

    def __init__(self, settings: MediaSettings, plane: LoopPlane) -> None:
        self._settings = settings
        self._plane = plane
        self._sockets: list[socket.socket] = []
        self._numbers = itertools.count(1)
        self._connections: dict[int, _Connection] = {}
        self._per_host: Counter[str] = Counter()
        self.port = 0

    def open(self, port: int) -> None:
        """Listen on IPv4 and, where there is one, IPv6."""
        try:
            self._listen(socket.AF_INET, "0.0.0.0", port)  # noqa: S104
        except OSError as error:
            raise CannotListen(f"TCP port {port} cannot be opened: {error.strerror}") from error
        self.port = int(self._sockets[0].getsockname()[1])
        try:
            self._listen(socket.AF_INET6, "::", self.port)
        except OSError:
            return  # no IPv6 here, or its port is taken; IPv4 does

    def _listen(self, family: socket.AddressFamily, host: str, port: int) -> None:
        made = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        try:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            made.bind((host, port))
            made.listen(BACKLOG)
        except OSError:
            made.close()
            raise
        self._sockets.append(made)
        asyncio.get_running_loop().add_reader(made.fileno(), self._accept, made)

    def close(self) -> None:
        for bound in self._sockets:
            asyncio.get_running_loop().remove_reader(bound.fileno())
            bound.close()
        self._sockets.clear()
        for number in list(self._connections):
            self._plane.hang_up(number)
            self.forget(number)

    def _accept(self, bound: socket.socket) -> None:
        for _ in range(ACCEPTS):
            try:
                made, remote = bound.accept()
            except OSError:
                return
            if not self._may_enter(remote[0]):
                made.close()
                continue
            self._prepare(made)
            self._take(made, (remote[0], remote[1]))

    def _take(self, made: socket.socket, remote: tuple[str, int]) -> int:
        number = next(self._numbers)
        self._connections[number] = _Connection(remote)
        self._per_host[household(remote[0])] += 1
        self._plane.adopt(number, made.detach())
        return number

    async def connect(self, host: str, port: int) -> Address:
        """A connection of ours to somebody else's port. Raises OSError."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        made = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        try:
            await asyncio.get_running_loop().sock_connect(made, (host, port))
            if not self._may_enter(host):
                raise ConnectionRefusedError("too many connections")
            self._prepare(made)
        except BaseException:
            made.close()
            raise
        number = self._take(made, (host, port))
        self._connections[number].proven = True
        return f"tcp:{number}", 0

    def _prepare(self, made: socket.socket) -> None:
        made.setblocking(False)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)

    def _may_enter(self, host: str) -> bool:
        limits = self._settings.limits
        return (
            len(self._connections) < limits.tcp_connections
            and self._per_host[household(host)] < limits.tcp_connections_per_host
        )

    def reflexive(self, address: Address) -> tuple[str, int]:
        """The real address behind a connection's name."""
        connection = self._connections.get(_number_of(address))
        return connection.remote if connection else ("0.0.0.0", 0)  # noqa: S104

    def prove(self, address: Address) -> None:
        """A good STUN check came over this connection."""
        connection = self._connections.get(_number_of(address))
        if connection is not None:
            connection.proven = True

    def unproven(self) -> list[int]:
        """Connections that had time to authenticate and did not."""
        limit = time.monotonic() - self._settings.timeouts.tcp_silent_s
        return [number for number, one in self._connections.items() if not one.proven and one.opened_at < limit]

    def forget(self, number: int) -> None:
        connection = self._connections.pop(number, None)
        if connection is not None:
            host = household(connection.remote[0])
            self._per_host[host] -= 1
            if not self._per_host[host]:
                del self._per_host[host]


def _number_of(address: Address) -> int:
    return int(address[0].removeprefix("tcp:"))
