"""A UDP relay with a line on each side of it, for every client of its own: what a server sees of somebody far away.

``through`` points an answer's candidates at it, so that a browser goes this way and no other.
"""

from __future__ import annotations

import asyncio
import copy
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from sfu.relay.link import Link, LinkSettings

Address = tuple[str, int]


@dataclass(slots=True)
class LineSettings:
    """``up``: from the client to the server; ``down``: back."""

    up: LinkSettings = field(default_factory=LinkSettings)
    down: LinkSettings = field(default_factory=LinkSettings)


class Way:
    """One direction: a link, and a timer for what is under way in it."""

    def __init__(self, settings: LinkSettings, seed: int, deliver: Callable[[bytes], None]) -> None:
        self.link: Link[bytes] = Link(settings, seed)
        self._deliver = deliver
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None

    def send(self, data: bytes) -> None:
        """A packet goes on its way."""
        self.link.send(data, len(data), self._loop.time())
        self._move()

    def _move(self) -> None:
        for _, data in self.link.receive(self._loop.time()):
            self._deliver(data)
        due = self.link.next_at()
        if due is None or (self._timer is not None and self._timer.when() <= due):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(due, self._wake)

    def _wake(self) -> None:
        self._timer = None
        self._move()

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


class _Client(asyncio.DatagramProtocol):
    """The socket that the server sees instead of one client, and its two ways."""

    def __init__(self, settings: LineSettings, seed: int, server: Address, answer: Callable[[bytes], None]) -> None:
        self._transport: asyncio.DatagramTransport | None = None
        self._early: list[bytes] = []
        self._server = server
        self.up = Way(copy.copy(settings.up), seed, self._to_server)
        self.down = Way(copy.copy(settings.down), seed + 1, answer)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)
        for data in self._early:
            self._transport.sendto(data, self._server)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        self.down.send(data)

    def error_received(self, exc: Exception) -> None:
        """The server is away for a moment: as on any line."""

    def _to_server(self, data: bytes) -> None:
        if self._transport is None:
            self._early.append(data)
        else:
            self._transport.sendto(data, self._server)

    def close(self) -> None:
        self.up.close()
        self.down.close()
        if self._transport is not None:
            self._transport.close()


class Relay(asyncio.DatagramProtocol):
    """``async with Relay(server, settings)``; clients send to ``address``."""

    def __init__(self, server: Address, settings: LineSettings, seed: int = 1, host: str = "127.0.0.1") -> None:
        self.server, self.settings = server, settings
        self._host = host
        self.clients: dict[Address, _Client] = {}
        self._seed = seed
        self._opening: set[asyncio.Task[object]] = set()
        self._transport: asyncio.DatagramTransport | None = None

    @property
    def address(self) -> Address:
        if self._transport is None:
            raise RuntimeError("the relay is not open")
        host, port = self._transport.get_extra_info("sockname")[:2]
        return host, port

    def change(self, *, up: int | None = None, down: int | None = None) -> None:
        """Other rates from now on, for those who are there and those who come."""
        now = asyncio.get_running_loop().time()
        self.settings.up.rate, self.settings.down.rate = up, down
        for client in self.clients.values():
            client.up.link.set_rate(up, now)
            client.down.link.set_rate(down, now)

    async def __aenter__(self) -> Relay:
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: self, local_addr=(self._host, 0))
        return self

    async def __aexit__(self, *exc: object) -> None:
        await asyncio.gather(*self._opening, return_exceptions=True)
        for client in self.clients.values():
            client.close()
        if self._transport is not None:
            self._transport.close()
        await asyncio.sleep(0)  # sockets close in the loop's next turn

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        if addr not in self.clients:
            self._add(addr)
        self.clients[addr].up.send(data)

    def _add(self, addr: Address) -> None:
        def answer(data: bytes) -> None:
            if self._transport is not None:
                self._transport.sendto(data, addr)

        loop = asyncio.get_running_loop()
        client = self.clients[addr] = _Client(self.settings, self._seed + 2 * len(self.clients), self.server, answer)
        task: asyncio.Task[object] = asyncio.ensure_future(
            loop.create_datagram_endpoint(lambda: client, local_addr=(self._host, 0))
        )
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)


def through(answer: str, relay: Address) -> str:
    """The answer with the relay as its only candidate."""
    host, port = relay
    kept = [line for line in answer.splitlines() if not line.startswith("a=candidate:")]
    text = "\r\n".join(kept)
    candidate = f"a=candidate:1 1 udp 2130706431 {host} {port} typ host"
    return re.sub(r"^a=end-of-candidates", f"{candidate}\r\na=end-of-candidates", text, count=1, flags=re.M) + "\r\n"


def server_of(answer: str) -> Address:
    """Where the answer says that media goes over UDP."""
    found = re.search(r"^a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ host", answer, re.M)
    if found is None:
        raise ValueError("the answer has no UDP candidate")
    return found[1], int(found[2])
