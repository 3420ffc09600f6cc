"""Everybody of one run: handshakes here, packets in the native generator, consent and alerts in between."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
import time
from typing import Any

from bench.fanout.build import engine
from bench.fanout.client import Client
from bench.fanout.keys import session_keys
from sfu.plane.plane import SrtpKeys
from sfu.plane.srtp import SrtpContext

KEEP_ALIVE_S = 0.1
VIDEO_CLOCK, AUDIO_CLOCK = 90_000, 48_000


class Load:
    """``async with Load(…) as load``; clients come by ``join``, publishers begin by ``play``."""

    def __init__(self, sample_every: int = 1, feedback_ms: int = 100) -> None:
        self.generator: Any = engine().Generator(sample_every, feedback_ms * 1_000_000)
        self.clients: list[Client] = []
        self._thread = threading.Thread(target=self.generator.run, name="generator", daemon=True)
        self._keeping: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Load:
        asyncio.get_running_loop().add_reader(self.generator.fileno(), self._take_control)
        self._keeping = asyncio.create_task(self._keep_alive())
        self._thread.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
        asyncio.get_running_loop().remove_reader(self.generator.fileno())
        self.generator.stop()
        await asyncio.to_thread(self._thread.join)
        for client in self.clients:
            client.connection.close()

    def viewers(self) -> list[Client]:
        """Those who receive."""
        return [client for client in self.clients if client.expected]

    async def join(self, client: Client, timeout_s: float = 30.0) -> None:
        """Connect; the generator reads the socket from the very moment the keys are known."""
        await client.connection.connect(client.remote(), lambda keys: self._take_over(client, keys), timeout_s)

    def adopt(self, client: Client, receive: tuple[Any, ...], send: tuple[Any, ...]) -> None:
        """A client whose keys are known without a handshake (the limit's)."""
        connection = client.connection
        client.number = self.generator.add_peer(
            connection.socket.fileno(),
            connection.protocol == "tcp",
            receive,
            send,
            client.twcc_id,
            client.loss_permille,
            len(self.clients) * 1_000_003 + 17,
            connection.unread,
        )
        connection.hand_over(lambda packet: self.generator.send(client.number, packet))
        self.expect(client)
        for sending in client.sending:
            client.publishers.append(
                self.generator.add_publisher(
                    client.number,
                    source=(client.number << 4 | len(client.publishers)) + 1,
                    ssrc=sending.ssrc,
                    payload_type=sending.payload_type,
                    video=sending.is_video,
                    extension=sending.extension,
                    twcc_at=sending.number_at,
                    timestamp_step=3000 if sending.is_video else 960,
                )
            )
        self.clients.append(client)
        self.generator.listen(client.number)

    def expect(self, client: Client) -> None:
        """Streams that became known since."""
        known = {stream["ssrc"] for stream in self.generator.streams(client.number)}
        for stream in client.expected:
            if stream.ssrc not in known:
                self.generator.add_stream(client.number, stream.ssrc, stream.rtx_ssrc, stream.is_video, stream.is_video)

    def play(self, client: Client, per_second: float, packets: int, size: int, **more: Any) -> None:
        """All of a client's streams; 0 per second: silence."""
        for publisher in client.publishers:
            self.play_one(publisher, per_second, packets, size, **more)

    def play_one(
        self, publisher: int, per_second: float, packets: int, size: int, key_packets: int = 0, **more: Any
    ) -> None:
        """One stream; ``uneven`` and ``spread_ms`` as the generator takes them."""
        self.generator.play(
            publisher, per_second=per_second, packets=packets, key_packets=key_packets or packets, size=size, **more
        )

    async def drained(self, quiet_s: float = 0.3, at_most_s: float = 5.0) -> None:
        """Nothing more arrives."""
        deadline, before = time.monotonic() + at_most_s, -1
        while (now := self.generator.totals()["received"]) != before and time.monotonic() < deadline:
            before = now
            await asyncio.sleep(quiet_s)

    def _take_over(self, client: Client, keys: SrtpKeys) -> None:
        client.profile = keys.profile
        client.srtp = SrtpContext(keys) if client.sending else None
        self.adopt(client, session_keys(keys.profile, keys.receive), session_keys(keys.profile, keys.send))

    def _take_control(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self.generator.fileno(), 8)
        for number, packet in self.generator.control_packets():
            self.clients[number].connection.receive_control(packet)

    async def _keep_alive(self) -> None:
        while True:
            now = time.monotonic()
            for client in self.clients:
                if client.profile:
                    client.connection.keep_alive(now)
            await asyncio.sleep(KEEP_ALIVE_S)
