"""One UDP port on IPv4 and IPv6: batches in with kernel timestamps, datagrams out without ever waiting.

On a machine with several addresses an answer must leave from the address the question came to, or ICE refuses it; so
that address is remembered per peer once the peer has proved itself (``IP_PKTINFO``).
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import struct
import time
from collections.abc import Callable

from sfu.errors import CannotListen
from sfu.plane.plane import Address

Batch = list[tuple[bytes, Address, int]]
BATCH = 64
BUFFER_BYTES = 4 * 1024 * 1024
SO_TIMESTAMPNS = 35  # Linux; Python does not name it
SO_RCVBUFFORCE, SO_SNDBUFFORCE = 33, 32  # beyond the system's limit, where we may
ANCILLARY = socket.CMSG_SPACE(16) + socket.CMSG_SPACE(20)
IP_PKTINFO = 8  # Linux; struct in_pktinfo {int ifindex; in_addr spec_dst; in_addr addr}
Source = tuple[int, int, bytes]  # a control message that names the address to send from
PORT_ATTEMPTS = 20


class UdpPort:
    """``on_batch`` is called with what was read at once; None: somebody else reads ``descriptors``."""

    def __init__(self, on_batch: Callable[[Batch], None] | None) -> None:
        self._on_batch = on_batch
        self._sockets: dict[int, socket.socket] = {}
        self._came_to: dict[Address, Source] = {}  # of the batch in hand
        self._sources: dict[Address, Source] = {}  # of peers that have proved themselves
        self.port = 0
        self.dropped_out = 0

    def open(self, port: int) -> None:
        """Bind both families to one port; IPv6 may be missing on a machine, IPv4 may not."""
        for attempt in range(PORT_ATTEMPTS):
            try:
                self._bind(port)
                break
            except OSError as error:
                self._close_sockets()
                if port or attempt == PORT_ATTEMPTS - 1:
                    raise CannotListen(f"UDP port {port} cannot be opened: {error.strerror}") from error
        loop = asyncio.get_running_loop()
        for bound in self._sockets.values() if self._on_batch is not None else ():
            loop.add_reader(bound.fileno(), self._read, bound)

    def close(self) -> None:
        loop = asyncio.get_running_loop()
        for bound in self._sockets.values() if self._on_batch is not None else ():
            loop.remove_reader(bound.fileno())
        self._close_sockets()

    @property
    def descriptors(self) -> tuple[int, int]:
        """Of the IPv4 and the IPv6 socket; −1: there is none."""
        first, second = (self._sockets.get(family) for family in (socket.AF_INET, socket.AF_INET6))
        return first.fileno() if first else -1, second.fileno() if second else -1

    def send(self, data: bytes, address: Address) -> None:
        """Send, or drop when the kernel's buffer is full: media is not worth waiting for."""
        bound = self._sockets.get(socket.AF_INET6 if ":" in address[0] else socket.AF_INET)
        if bound is None:
            self.dropped_out += 1
            return
        source = self._sources.get(address)
        try:
            if source is None:
                bound.sendto(data, address)
            else:
                bound.sendmsg((data,), (source,), 0, address)
        except OSError:  # full buffer, or a network that is unreachable just now
            self.dropped_out += 1

    def prove(self, address: Address) -> None:
        """This peer is authentic: answer it from the address it wrote to."""
        source = self._came_to.get(address)
        if source is not None:
            self._sources[address] = source

    def answer_from(self, address: Address, source: Source) -> None:
        """The same, where somebody else read what it wrote."""
        self._sources[address] = source

    def forget(self, address: Address) -> None:
        self._sources.pop(address, None)

    def _bind(self, port: int) -> None:
        first = _socket(socket.AF_INET)
        self._sockets[socket.AF_INET] = first
        first.bind(("0.0.0.0", port))  # noqa: S104  media comes from everywhere
        self.port = int(first.getsockname()[1])
        try:
            second = _socket(socket.AF_INET6)
        except OSError:
            return  # no IPv6 in this kernel
        self._sockets[socket.AF_INET6] = second
        try:
            second.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            second.bind(("::", self.port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise
            self._sockets.pop(socket.AF_INET6).close()

    def _close_sockets(self) -> None:
        for bound in self._sockets.values():
            bound.close()
        self._sockets.clear()

    def _read(self, bound: socket.socket) -> None:
        batch: Batch = []
        self._came_to.clear()
        for _ in range(BATCH):
            try:
                data, ancillary, _, source = bound.recvmsg(2048, ANCILLARY)
            except (BlockingIOError, InterruptedError):
                break
            except OSError:  # an ICMP error of an earlier datagram; says nothing of this port
                continue
            if data:
                address = (source[0], source[1])
                batch.append((data, address, self._read_ancillary(address, ancillary)))
        if batch and self._on_batch is not None:
            self._on_batch(batch)

    def _read_ancillary(self, address: Address, ancillary: list[tuple[int, int, bytes]]) -> int:
        """Note where a datagram came to; its arrival in ns of CLOCK_REALTIME, by the kernel where it says so."""
        arrival = 0
        for level, kind, data in ancillary:
            if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS and len(data) >= 16:
                seconds, nanoseconds = struct.unpack_from("@qq", data)
                arrival = seconds * 1_000_000_000 + nanoseconds
            elif (found := _source(level, kind, data)) is not None:
                self._came_to[address] = found
        return arrival or time.time_ns()


def _socket(family: socket.AddressFamily) -> socket.socket:
    made = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    with contextlib.suppress(OSError):
        made.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        if family == socket.AF_INET:
            made.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
        else:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
    for forced, plain in ((SO_RCVBUFFORCE, socket.SO_RCVBUF), (SO_SNDBUFFORCE, socket.SO_SNDBUF)):
        try:
            made.setsockopt(socket.SOL_SOCKET, forced, BUFFER_BYTES)
        except OSError:
            made.setsockopt(socket.SOL_SOCKET, plain, BUFFER_BYTES)
    return made


def source_of(local: bytes) -> Source:
    """The control message that sends from that address of ours (4 or 16 bytes)."""
    if len(local) == 4:
        return socket.IPPROTO_IP, IP_PKTINFO, bytes(4) + local + bytes(4)
    return socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, local + bytes(4)


def _source(level: int, kind: int, data: bytes) -> Source | None:
    """The control message that sends from where a datagram came to; the interface is left to routing."""
    if level == socket.IPPROTO_IP and kind == IP_PKTINFO and len(data) >= 12:
        return level, kind, bytes(4) + data[4:8] + bytes(4)
    if level == socket.IPPROTO_IPV6 and kind == socket.IPV6_PKTINFO and len(data) >= 20:
        return level, kind, data[:16] + bytes(4)
    return None
