"""TURN: credentials that coturn takes over UDP, TCP and TLS until they end, and a TURN server that dies."""

from __future__ import annotations

import asyncio
import datetime
import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from aioice.stun import TransactionFailed
from aioice.turn import create_turn_endpoint
from cryptography.hazmat.primitives import serialization

from sfu.light_peer import LightPeer
from sfu.light_peer.offer import Wanted
from sfu.light_peer.wire import OnPacket
from sfu.light_peer.wire import open_wire as open_directly
from sfu.transport.certificate import new_certificate
from tests.media.samples import audio_sample
from tests.web.media.conftest import Media
from web.media.messages import Program
from web.turn import LIFETIME_S, TurnServers

SECRET = "chỉ hai máy chủ biết"
NOW = datetime.datetime(2026, 11, 23, 1, 0, tzinfo=datetime.UTC)


def test_credentials_are_the_same_as_coturns() -> None:
    """By hand: printf %s '1795482000:an' | openssl dgst -sha1 -hmac secret -binary | base64"""
    servers = TurnServers(("turn:192.0.2.1:3478?transport=udp", "turns:192.0.2.1:5349"), "secret")
    (server,) = servers.for_("an", NOW)
    assert server["username"] == f"{int(NOW.timestamp()) + LIFETIME_S}:an"
    assert server["urls"] == list(servers.urls)
    assert server["credential"] == "FPCBTxUu6G+CaIWLll7TkeNI3dw="
    first, second = servers.links_for("an", NOW)
    assert first.startswith('<turn:192.0.2.1:3478?transport=udp>; rel="ice-server"; username="')
    assert second.endswith('credential-type="password"') and SECRET not in first
    assert TurnServers().for_("an", NOW) == [] and "secret" not in repr(servers)


@dataclass
class Coturn:
    """A TURN server on loopback."""

    port: int
    tls_port: int
    process: asyncio.subprocess.Process

    async def die(self) -> None:
        self.process.kill()
        await self.process.wait()


def free_ports(count: int) -> list[int]:
    """For TCP and UDP alike."""
    held: list[socket.socket] = []
    while len(held) < count:
        tcp = socket.create_server(("127.0.0.1", 0))
        held.append(tcp)
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def write_certificate(folder: Path) -> None:
    made = new_certificate(datetime.datetime.now(datetime.UTC))
    (folder / "cert.pem").write_bytes(made.certificate.public_bytes(serialization.Encoding.PEM))
    key = made.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(key)


@asynccontextmanager
async def running_coturn(folder: Path, ports: Sequence[int] = ()) -> AsyncIterator[Coturn]:
    write_certificate(folder)
    port, tls_port = ports or free_ports(2)
    options = {
        **{"listening-port": port, "tls-listening-port": tls_port, "listening-ip": "127.0.0.1"},
        **{"relay-ip": "127.0.0.1", "realm": "giaoban", "static-auth-secret": SECRET},
        **{"cert": folder / "cert.pem", "pkey": folder / "key.pem", "pidfile": folder / "pid"},
        **{"log-file": "stdout", "userdb": folder / "db", "relay-threads": 1},
    }
    flags = ("use-auth-secret", "allow-loopback-peers", "no-cli", "fingerprint", "no-rfc5780", "no-dtls")
    arguments = [f"--{name}={value}" for name, value in options.items()] + [f"--{flag}" for flag in flags]
    process = await asyncio.create_subprocess_exec(
        "turnserver", *arguments, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(30):
            while not (_listens(port) and _listens(tls_port)):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        yield Coturn(port, tls_port, process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Relay(asyncio.DatagramProtocol):
    """What came back through the relay goes to the peer."""

    def __init__(self, on_packet: OnPacket) -> None:
        self._on_packet = on_packet

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        self._on_packet(data)


@dataclass
class RelayedWire:
    """A light peer's path through an allocation."""

    transport: Any
    server: tuple[str, int]

    def send(self, packet: bytes) -> None:
        self.transport.sendto(packet, self.server)

    def close(self) -> None:
        self.transport.close()


async def allocate(coturn: Coturn, way: str, on_packet: OnPacket, now: datetime.datetime) -> Any:
    """An allocation with the credentials that a page would have got."""
    (server,) = TurnServers(("turn:x",), SECRET).for_("an", now)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    address = ("127.0.0.1", coturn.tls_port if way == "tls" else coturn.port)
    transport, _ = await create_turn_endpoint(
        lambda: Relay(on_packet),
        address,
        username=server["username"],
        password=server["credential"],
        ssl=context if way == "tls" else None,
        transport="udp" if way == "udp" else "tcp",
    )
    return transport


@pytest.fixture
async def coturn(tmp_path: Path) -> AsyncIterator[Coturn]:
    async with running_coturn(tmp_path) as running:
        yield running


def utc_now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


async def through(coturn: Coturn, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on light peers go through the relay."""

    async def open_wire(kind: str, host: str, port: int, on_packet: OnPacket) -> RelayedWire:
        return RelayedWire(await allocate(coturn, way, on_packet, utc_now()), (host, port))

    monkeypatch.setattr("sfu.light_peer.peer.open_wire", open_wire)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
async def test_media_through_coturn(media: Media, coturn: Coturn, monkeypatch: pytest.MonkeyPatch) -> None:
    await media.client.open_room("room")
    listener = LightPeer(Wanted(presentation_slots=0, video_slots=0), known=[audio_sample(7)])
    await listener.connect(media.signal("room", "listener"))
    for way in ("udp", "tcp", "tls"):
        await through(coturn, way, monkeypatch)
        speaker = LightPeer(Wanted(presentation_slots=0, video_slots=0))
        await speaker.connect(media.signal("room", way))
        speaker.play("microphone", audio_sample(7))
        await media.client.set_program("room", Program(), [way])
        before = sum(slot.packets for slot in listener.received.values())
        await listener.wait_for(partial(has_more, listener, before + 20))
        await media.client.leave(way)
        await speaker.close()
    await listener.close()


def has_more(listener: LightPeer, than: int) -> bool:
    return sum(slot.packets for slot in listener.received.values()) > than


async def test_credentials_that_have_ended_or_are_forged_get_no_allocation(coturn: Coturn) -> None:
    ended = utc_now() - datetime.timedelta(seconds=LIFETIME_S + 60)
    with pytest.raises(TransactionFailed):
        await allocate(coturn, "udp", lambda data: None, ended)
    with pytest.raises(TransactionFailed):
        await create_turn_endpoint(
            lambda: Relay(lambda data: None),
            ("127.0.0.1", coturn.port),
            username=f"{int(utc_now().timestamp()) + 60}:an",
            password="guessed",
        )


@pytest.mark.filterwarnings("ignore::ResourceWarning")
async def test_a_turn_server_dies_and_the_peer_goes_on_by_another_way(
    media: Media, coturn: Coturn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its state waits in the worker, so an ICE restart finds the same keys and streams."""
    await media.client.open_room("room")
    await through(coturn, "tcp", monkeypatch)
    speaker = LightPeer(Wanted(presentation_slots=0, video_slots=0))
    await speaker.connect(media.signal("room", "an"))
    speaker.play("microphone", audio_sample(7))
    peer = media.worker.node.rooms["room"].peers["an"]

    def arrived() -> int:
        encodings = peer.producers["microphone"].encodings.values()
        return sum(media.worker.node.plane.encoding_stats(one.handle).packets for one in encodings)

    await speaker.wait_for(lambda: arrived() > 10)
    await coturn.die()
    monkeypatch.setattr("sfu.light_peer.peer.open_wire", open_directly)
    before = arrived()

    async def restart(offer: str) -> str:
        return await media.client.restart_ice("an", offer)

    await speaker.restart_ice(restart)
    await speaker.wait_for(lambda: arrived() > before + 20)
    assert media.worker.node.rooms["room"].peers["an"] is peer
    await speaker.close()
