"""The native plane with sockets and a thread: what a media worker runs. See CONTRACT.md, "Threads".

The shell opens the sockets, hands them over with ``start`` and listens to the file descriptor it gets; when that is
readable it calls ``strays`` and then ``events``. Sinks are called from ``events``, on the shell's thread.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from random import Random

from ..plane import Address, EncodingStats
from .plane import NativePlane, NativeSettings

__all__ = ["WORKER", "LoopPlane"]

WORKER = NativeSettings(batching=True, pads=True, paces=True, tells_rtcp=False)
JOIN_SECONDS = 10.0


class LoopPlane(NativePlane):
    """Drives itself between ``start`` and ``close``; ``handle_timeout`` and ``packets_to_send`` have nothing to do."""

    def __init__(self, random: Random | None = None, settings: NativeSettings = WORKER) -> None:
        super().__init__(random, settings)
        self._sources: dict[Address, bytes] = {}  # of peers that have proved themselves: the address of ours they use
        self._thread: threading.Thread | None = None

    # -- life

    def start(self, ipv4: int, ipv6: int) -> int:
        """Serve these UDP sockets (−1: there is none); the descriptor that becomes readable when there is something."""
        wake = self._engine.attach(ipv4, ipv6, self.settings.junk_per_second)
        self._thread = threading.Thread(target=self._engine.run_loop, name="packets", daemon=True)
        self._thread.start()
        return wake

    def close(self) -> None:
        """Do all commands given so far, send what is ready, end the thread. The sockets stay open."""
        if self._thread is None:
            return
        self._engine.stop()
        self._thread.join(JOIN_SECONDS)
        if not self._thread.is_alive():
            self._engine.stopped()
        self._thread = None

    def cpu_seconds(self) -> float:
        """What the packet thread has used."""
        if self._thread is None or self._thread.ident is None:
            return 0.0
        return time.clock_gettime(time.pthread_getcpuclockid(self._thread.ident))

    def idle_seconds(self) -> float:
        """How long the packet thread has waited for something to do."""
        return self._engine.idle_seconds()

    # -- what is none of the plane's

    def strays(self) -> list[tuple[bytes, Address, int, bytes]]:
        """STUN and DTLS since the last call: (bytes, source, arrival, the address of ours it came to)."""
        self._engine.look()
        return self._engine.strays()

    def prove(self, address: Address, local: bytes) -> None:
        """This address is authentic: packets to it leave from ``local``, where it wrote to."""
        if local:
            self._sources[address] = local

    def forget(self, address: Address) -> None:
        self._sources.pop(address, None)

    def vouch(self, transport: int, address: Address) -> None:
        """A good check came from there: what else comes from there is this transport's."""
        self._engine.vouch(transport, address)

    def _local(self, address: Address) -> bytes:
        return self._sources.get(address, b"")

    # -- TCP

    def adopt(self, number: int, descriptor: int) -> None:
        """Serve a TCP connection as ("tcp:<number>", 0); its descriptor is the plane's from now on."""
        self._engine.adopt(number, descriptor)

    def hang_up(self, number: int) -> None:
        """Close a connection; nothing is told of it."""
        self._engine.hang_up(number)

    def lost_connections(self) -> list[int]:
        """Connections that ended since the last call; known after ``events``."""
        return self._engine.lost_connections()

    # -- looking at a peer's packets

    def capture(self, transport: int, *, whole: bool) -> None:
        """Copy what goes to and comes from this transport; not ``whole``: of media the headers."""
        self._engine.capture(transport, True, whole)

    def stop_capture(self, transport: int) -> None:
        self._engine.capture(transport, False, False)

    def captured(self) -> list[tuple[int, bool, Address, int, int, bytes]]:
        """The copies since the last call: (transport, was it sent, the peer's address, when, size, kept bytes)."""
        return self._engine.captured()

    # -- driven by the shell: not this one

    def receive(self, datagrams: Sequence[tuple[bytes, Address, int]], now: float) -> None:
        raise RuntimeError("this plane reads its sockets itself")

    def handle_timeout(self, now: float) -> None:
        """Its thread keeps the time."""

    def next_timeout(self) -> float | None:
        return None

    def packets_to_send(self) -> list[tuple[bytes, Address]]:
        return []

    def encoding_stats(self, encoding: int) -> EncodingStats:
        return self._engine.encoding_stats(encoding, time.monotonic())
