"""LiveKit, when its binary is on PATH: one room, its own signalling over a WebSocket."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import subprocess
import time
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from bench.fanout.client import Client
from bench.fanout.load import Load
from bench.fanout.servers.protobuf import field, fields, texts
from bench.fanout.servers.server import CannotRun, Server, program

PORT, MEDIA_PORT, TCP_PORT = 7880, 7882, 7881
KEY, SECRET, ROOM = "bench", "a secret of at least thirty-two characters", "bench"
PING_S, ANSWER_S, START_S = 5.0, 20.0, 15.0
OFFER, ANSWER, ADD_TRACK, PING = 1, 2, 4, 14  # requests
ANSWERED, OFFERED, CANDIDATE, PUBLISHED = 2, 3, 4, 6  # responses
TRACKS = {"video": ("camera", 1, 1), "audio": ("microphone", 0, 2)}  # name, type, source
CONFIGURATION = """
port: {port}
bind_addresses: ["{host}"]
rtc:
  udp_port: {media}
  tcp_port: {tcp}
  node_ip: {host}
  use_external_ip: false
  use_ice_lite: true
  congestion_control: {{ enabled: {control} }}
keys: {{ {key}: "{secret}" }}
logging: {{ level: error }}
"""


class LiveKit(Server):
    name = "livekit"
    congestion_control = False

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._tasks: list[asyncio.Task[None]] = []
        self._sockets: list[ClientConnection] = []

    async def open(self) -> None:
        executable = program("livekit-server")
        said = subprocess.run([executable, "--version"], capture_output=True, text=True, check=False)  # noqa: ASYNC221
        self.version = said.stdout.strip().removeprefix("livekit-server version ")
        self.notes = {"batch_io": "off, as shipped"}
        file = self.folder / "livekit.yaml"
        file.write_text(
            CONFIGURATION.format(
                port=PORT,
                host=self.arena.server,
                media=MEDIA_PORT,
                tcp=TCP_PORT,
                key=KEY,
                secret=SECRET,
                control=str(self.congestion_control).lower(),
            )
        )
        await self.start(executable, "--config", str(file))
        for _ in range(int(START_S / 0.1)):
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection(self.arena.server, PORT)
                writer.close()
                return
            await asyncio.sleep(0.1)
        raise CannotRun(f"livekit-server did not start: {self.log()[-600:]}")

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(one.close() for one in self._sockets), return_exceptions=True)
        await super().close()

    async def publish(self, load: Load, client: Client, number: int) -> None:
        socket = await self._enter(f"p{number}", publishes=True)
        name, kind, source = TRACKS[self.scenario.kind]
        track = field(1, name) + field(2, name) + field(3, kind) + field(4, 1280) + field(5, 720)
        await socket.send(field(ADD_TRACK, track + field(8, source)))
        await self._until(socket, PUBLISHED)
        await socket.send(field(OFFER, field(1, "offer") + field(2, client.offer(with_ssrcs=True))))
        client.take_answer(texts(await self._until(socket, ANSWERED, client))[2])
        await self._candidates(socket, client)
        await load.join(client)
        load.play(client, 10, 1, self.scenario.size)  # a track is there only when its packets are
        self._tasks.append(asyncio.create_task(self._stay(socket, load, client)))

    async def watch(self, load: Load, client: Client, number: int) -> None:
        socket = await self._enter(f"v{number}", publishes=False)
        await self._answer(socket, client, await self._until(socket, OFFERED, client))  # of data channels alone
        await self._candidates(socket, client)
        await load.join(client)
        self._tasks.append(asyncio.create_task(self._stay(socket, load, client)))

    async def ready(self, load: Load) -> None:
        """Everybody has been offered every stream."""
        deadline, wanted = time.monotonic() + ANSWER_S, self.scenario.publishers
        while any(len(client.expected) < wanted and not client.sending for client in load.clients):
            if time.monotonic() > deadline:
                raise CannotRun("livekit did not offer every stream to everybody")
            await asyncio.sleep(0.1)
        self.play(load, 0)

    # -- its signalling ---------------------------------------------------------------------------------------------

    async def _enter(self, name: str, publishes: bool) -> ClientConnection:
        token = _token(name, publishes)
        address = f"ws://{self.arena.server}:{PORT}/rtc?access_token={token}&auto_subscribe=1&protocol=9&sdk=go"
        try:
            socket = await connect(address, max_size=None, ping_interval=None)
        except (OSError, WebSocketException) as error:
            raise CannotRun(f"livekit refused a client: {error}") from error
        self._sockets.append(socket)
        return socket

    async def _until(self, socket: ClientConnection, wanted: int, client: Client | None = None) -> bytes:
        """The next response of a kind; candidates on the way are kept."""
        async with asyncio.timeout(ANSWER_S):
            while True:
                for number, value in fields(_bytes(await socket.recv())):
                    if number == CANDIDATE and client is not None and isinstance(value, bytes):
                        _keep_candidate(client, value)
                    if number == wanted and isinstance(value, bytes):
                        return value

    async def _candidates(self, socket: ClientConnection, client: Client) -> None:
        while not client.has_candidate():
            await self._until(socket, CANDIDATE, client)

    async def _answer(self, socket: ClientConnection, client: Client, offer: bytes) -> None:
        number = next((value for key, value in fields(offer) if key == 3 and isinstance(value, int)), 0)
        answer = field(1, "answer") + field(2, client.answer(texts(offer)[2]))
        await socket.send(field(ANSWER, answer + (field(3, number) if number else b"")))

    async def _stay(self, socket: ClientConnection, load: Load, client: Client) -> None:
        """Pings; later offers are answered, too."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PING_S):
                    for number, value in fields(_bytes(await socket.recv())):
                        if number == OFFERED and isinstance(value, bytes):
                            await self._answer(socket, client, value)
                            load.expect(client)
            await socket.send(field(PING, int(time.time() * 1000)))


def _bytes(message: str | bytes) -> bytes:
    return message.encode() if isinstance(message, str) else message


def _keep_candidate(client: Client, trickle: bytes) -> None:
    text = texts(trickle).get(1, "")
    candidate = json.loads(text).get("candidate", "") if text else ""
    if candidate:
        client.add_candidate(candidate)


def _token(name: str, publishes: bool) -> str:
    """A JWT (RFC 7519) with LiveKit's grants."""
    grant = {"roomJoin": True, "room": ROOM, "canPublish": publishes, "canSubscribe": not publishes}
    now = int(time.time())
    claims = {"iss": KEY, "sub": name, "nbf": now - 60, "exp": now + 3600, "video": grant}
    body = b".".join(_base64(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    return (body + b"." + _base64(hmac.digest(SECRET.encode(), body, hashlib.sha256))).decode()


def _base64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
