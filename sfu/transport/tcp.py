"""One TCP port for peers whose network lets no UDP out: passive ICE-TCP (RFC 6544) with RFC 4571 framing.

A connection must prove itself by a good STUN check within seconds; one that does not read is cut off, so that nobody's
full buffer ever holds up the others.
"""

from __future__ import annotations

import asyncio
import itertools
import socket
import time
from collections import Counter
from collections.abc import Callable
from typing import cast

from sfu.errors import CannotListen, FramingError
from sfu.plane.plane import Address
from sfu.settings import MediaSettings
from sfu.transport.addresses import household
from sfu.transport.framing import Deframer, frame
from sfu.transport.udp import Batch

SEND_BUFFER_BYTES = 128 * 1024  # what waits in the kernel is late already


class TcpPort:
    """All connections, by number; their plane address is ``("tcp:<n>", 0)``."""

    def __init__(
        self, settings: MediaSettings, on_batch: Callable[[Batch], None], on_lost: Callable[[Address], None]
    ) -> None:
        self._settings = settings
        self._on_batch = on_batch
        self._on_lost = on_lost
        self._servers: list[asyncio.Server] = []
        self._numbers = itertools.count(1)
        self._connections: dict[str, _Connection] = {}
        self._per_host: Counter[str] = Counter()
        self.port = 0
        self.cut_off = 0

    async def open(self, port: int) -> None:
        """Listen on IPv4 and, where there is one, IPv6."""
        loop = asyncio.get_running_loop()
        try:
            first = await loop.create_server(self._accept, "0.0.0.0", port)  # noqa: S104
        except OSError as error:
            raise CannotListen(f"TCP port {port} cannot be opened: {error.strerror}") from error
        self._servers.append(first)
        self.port = int(first.sockets[0].getsockname()[1])
        try:
            self._servers.append(await loop.create_server(self._accept, "::", self.port))
        except OSError:
            return  # no IPv6 here, or its port is taken; IPv4 does

    async def close(self) -> None:
        for connection in list(self._connections.values()):
            connection.cut()
        for server in self._servers:
            server.close()
        self._servers.clear()

    async def connect(self, host: str, port: int) -> Address:
        """A connection of ours to somebody else's port. Raises OSError."""
        _, made = await asyncio.get_running_loop().create_connection(self._accept, host, port)
        if not made.name:
            raise ConnectionRefusedError("too many connections")
        made.proven = True
        return made.name, 0

    def send(self, data: bytes, address: Address) -> None:
        """Queue a packet; a connection whose queue is over the limit is cut off."""
        connection = self._connections.get(address[0])
        if connection is not None and not connection.send(data, self._settings.limits.tcp_write_queue_bytes):
            self.cut_off += 1
            connection.cut()

    def reflexive(self, address: Address) -> tuple[str, int]:
        """The real address behind a connection's name."""
        connection = self._connections.get(address[0])
        return connection.remote if connection else ("0.0.0.0", 0)  # noqa: S104

    def prove(self, address: Address) -> None:
        """A good STUN check came over this connection."""
        connection = self._connections.get(address[0])
        if connection is not None:
            connection.proven = True

    def cut_unproven(self) -> None:
        """Drop connections that never authenticated."""
        limit = time.monotonic() - self._settings.timeouts.tcp_silent_s
        for connection in list(self._connections.values()):
            if not connection.proven and connection.opened_at < limit:
                connection.cut()

    def _accept(self) -> _Connection:
        return _Connection(self)

    def admit(self, connection: _Connection) -> bool:
        """Take a new connection in, unless there are too many."""
        limits = self._settings.limits
        host = household(connection.remote[0])
        if len(self._connections) >= limits.tcp_connections or self._per_host[host] >= limits.tcp_connections_per_host:
            return False
        connection.name = f"tcp:{next(self._numbers)}"
        self._connections[connection.name] = connection
        self._per_host[host] += 1
        return True

    def receive(self, connection: _Connection, packets: list[bytes]) -> None:
        arrival = time.time_ns()
        self._on_batch([(packet, (connection.name, 0), arrival) for packet in packets])

    def forget(self, connection: _Connection) -> None:
        if self._connections.pop(connection.name, None) is not None:
            host = household(connection.remote[0])
            self._per_host[host] -= 1
            if not self._per_host[host]:
                del self._per_host[host]
            self._on_lost((connection.name, 0))


class _Connection(asyncio.Protocol):
    """One TCP connection."""

    def __init__(self, port: TcpPort) -> None:
        self._port = port
        self._deframer = Deframer()
        self._transport: asyncio.Transport | None = None
        self.name = ""
        self.remote: tuple[str, int] = ("", 0)
        self.proven = False
        self.opened_at = time.monotonic()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one without being derived from it
        if (made := transport.get_extra_info("socket")) is not None:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        self.remote = tuple(transport.get_extra_info("peername") or ("", 0))[:2]
        if not self._port.admit(self):
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        try:
            packets = self._deframer.receive_data(data)
        except FramingError:
            self.cut()
            return
        if packets and self.name:
            self._port.receive(self, packets)

    def connection_lost(self, exc: Exception | None) -> None:
        self._port.forget(self)

    def send(self, data: bytes, limit: int) -> bool:
        """False when the peer does not read and its queue is full."""
        if self._transport is None or self._transport.is_closing():
            return True
        self._transport.write(frame(data))
        return self._transport.get_write_buffer_size() <= limit

    def cut(self) -> None:
        if self._transport is not None:
            self._transport.abort()
