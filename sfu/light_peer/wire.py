"""The light peer's socket: UDP, or TCP with RFC 4571 framing. Packets go to a callable."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Literal, Protocol

from sfu.transport.framing import Deframer, frame

OnPacket = Callable[[bytes], None]


class Wire(Protocol):
    """A path to the server."""

    def send(self, packet: bytes) -> None: ...
    def close(self) -> None: ...


async def open_wire(kind: Literal["udp", "tcp"], host: str, port: int, on_packet: OnPacket) -> Wire:
    """Connect to a candidate."""
    loop = asyncio.get_running_loop()
    if kind == "udp":
        _, udp = await loop.create_datagram_endpoint(lambda: _Udp(on_packet), remote_addr=(host, port))
        return udp
    _, tcp = await loop.create_connection(lambda: _Tcp(on_packet), host, port)
    return tcp


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, on_packet: OnPacket) -> None:
        self._on_packet = on_packet
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        self._on_packet(data)

    def error_received(self, exc: Exception) -> None:
        """The server is away for a moment; checks will tell."""

    def send(self, packet: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.sendto(packet)

    def close(self) -> None:
        self._transport.close()


class _Tcp(asyncio.Protocol):
    def __init__(self, on_packet: OnPacket) -> None:
        self._on_packet = on_packet
        self._deframer = Deframer()
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        for packet in self._deframer.receive_data(data):
            self._on_packet(packet)

    def send(self, packet: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(frame(packet))

    def close(self) -> None:
        self._transport.close()
