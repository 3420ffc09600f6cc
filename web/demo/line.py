"""A bad line between two namespaces: two tunnel devices, and this process between them that delays, loses and narrows.

Everything goes over it: the installations' WebSocket as well as the pictures. ``python -m web.demo.line SETTINGS``;
says ``ready`` and runs until it is told to end.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import struct
import sys
from contextlib import suppress
from dataclasses import dataclass

from sfu.relay.link import LinkSettings
from sfu.relay.relay import Way

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
LARGEST = 65_536
LINK_LAYER_BYTES = 18


@dataclass(frozen=True, slots=True)
class Impairment:
    """``rtt``: milliseconds there and back; ``loss``: percent of packets each way; ``rate``: kbit/s each way, or 0."""

    rtt: int = 0
    loss: float = 0.0
    rate: int = 0

    @classmethod
    def read(cls, text: str) -> Impairment:
        """From ``rtt=100,loss=5,rate=2000``, each part at will; raises ValueError with what it takes."""
        values: dict[str, float] = {}
        for part in text.split(","):
            name, _, value = part.partition("=")
            if name not in ("rtt", "loss", "rate") or name in values:
                raise ValueError(f"{part!r}: rtt=100,loss=5,rate=2000")
            try:
                values[name] = float(value)
            except ValueError:
                raise ValueError(f"{part!r}: rtt=100,loss=5,rate=2000") from None
        if not (0 <= values.get("rtt", 0) <= 5000 and 0 <= values.get("loss", 0) <= 50):
            raise ValueError("rtt 0…5000 ms, loss 0…50 %")
        if values.get("rate", 1000) < 64:
            raise ValueError("rate: 64 kbit/s and more")
        return cls(int(values.get("rtt", 0)), values.get("loss", 0.0), int(values.get("rate", 0)))

    def __str__(self) -> str:
        rate = f",rate={self.rate}" if self.rate else ""
        return f"rtt={self.rtt},loss={self.loss:g}{rate}"

    @property
    def settings(self) -> LinkSettings:
        """Of one direction."""
        rate = self.rate * 1000 or None
        return LinkSettings(rate, self.rtt / 2000, loss=self.loss / 100, overhead=LINK_LAYER_BYTES)


def open_tunnel(name: str) -> int:
    """A tunnel device of this name; it lives as long as the file."""
    file = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(file, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    return file


async def carry(ends: tuple[int, int], settings: LinkSettings) -> None:
    """Packets from either end to the other, until told to stop."""
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    for seed, (here, there) in enumerate((ends, ends[::-1])):
        way = Way(settings, seed, lambda packet, there=there: _write(there, packet))  # type: ignore[misc]
        loop.add_reader(here, _read, here, way)
    print("ready", flush=True)
    await stopping.wait()


def _read(file: int, way: Way) -> None:
    with suppress(OSError):  # the device is down for a moment
        way.send(os.read(file, LARGEST))


def _write(file: int, packet: bytes) -> None:
    with suppress(OSError):
        os.write(file, packet)


def main(arguments: list[str]) -> None:
    upper, lower, text = arguments
    ends = open_tunnel(upper), open_tunnel(lower)
    asyncio.run(carry(ends, Impairment.read(text).settings))


if __name__ == "__main__":
    main(sys.argv[1:])
