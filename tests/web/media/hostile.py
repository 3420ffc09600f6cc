"""A light peer that misbehaves: real keys and checks, and whatever packets one likes."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterable

from aioice import stun

from sfu.light_peer import LightPeer
from sfu.light_peer.offer import OPUS, VIDEO_IDS, VP8
from sfu.light_peer.packetizer import Outbound
from sfu.light_peer.sample import Frame
from sfu.plane.plane import Address, ExtensionIds
from sfu.plane.srtp import SrtpContext
from sfu.rtp.rtcp import RtcpPacket, serialize_compound
from sfu.transport.node import MediaNode
from tests.web.media.conftest import Media

IN_FLIGHT = 25  # packets sent before those are read that were sent earlier: the kernel's buffer is not what is tested


class Hostile(LightPeer):
    """``sent``: every datagram so far, to be sent again."""

    def arm(self, media: Media) -> None:
        """After ``connect``."""
        self.node: MediaNode = media.worker.node
        self.sent: list[bytes] = []

    @property
    def srtp(self) -> SrtpContext:
        assert self._srtp is not None
        return self._srtp

    def camera(self, mid: str, ssrc: int, ids: ExtensionIds = VIDEO_IDS) -> Callable[[int], list[bytes]]:
        """Makes frames of so many bytes, encrypted."""
        stream = Outbound("video", VP8, ssrc, ids, mid)

        def frame(size: int) -> list[bytes]:
            packets = stream.packetize(Frame(b"\x10" + bytes(size - 1), 3000), self._numbers)
            return [self.srtp.protect(packet) for packet in packets]

        return frame

    def microphone(self, mid: str, ssrc: int) -> Callable[[], bytes]:
        """Makes packets of sound, encrypted."""
        stream = Outbound("audio", OPUS, ssrc, ExtensionIds(mid=4), mid)
        return lambda: self.srtp.protect(stream.packetize(Frame(b"\x18" + bytes(60), 480), self._numbers)[0])

    def control(self, *packets: RtcpPacket) -> bytes:
        return self.srtp.protect_rtcp(serialize_compound(packets))

    async def flood(self, datagrams: Iterable[bytes]) -> None:
        """Send all this as fast as it is read."""
        for number, data in enumerate(datagrams):
            self.sent.append(data)
            self._send(data)
            if number % IN_FLIGHT == IN_FLIGHT - 1:
                await self.settled()
        await self.settled()

    async def settled(self) -> None:
        """The node has read what was sent: it answers a check that was sent last."""
        answered = self._checks.answered_at
        self._checks.due_at = 0.0
        check = self._checks.next_check(0.0)
        assert check is not None
        self._send(check)
        await self.wait_for(lambda: self._checks.answered_at != answered)
        for _ in range(IN_FLIGHT + 5):  # everybody reads one datagram a turn
            await asyncio.sleep(0)

    def check(self, *, password: str | None = None, nominates: bool = True) -> bytes:
        """A check of ours, good unless another password is given."""
        request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        request.attributes["USERNAME"] = f"{self._checks.remote_ufrag}:{self._checks.ufrag}"
        request.attributes["PRIORITY"] = 1
        if nominates:
            request.attributes["USE-CANDIDATE"] = None
        request.add_message_integrity((password or self._checks.remote_pwd).encode())
        return bytes(request)


class Stranger:
    """A socket that nobody knows; counts what goes in and comes back."""

    def __init__(self, node: MediaNode) -> None:
        self.door: Address = next((host, port) for host, port, kind in node.listener.addresses if kind == "udp")
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.bytes_in = 0  # of the node
        self.bytes_out = 0

    def __enter__(self) -> Stranger:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    @property
    def address(self) -> Address:
        host, port = self.socket.getsockname()
        return host, port

    def send(self, data: bytes) -> None:
        self.socket.sendto(data, self.door)
        self.bytes_in += len(data)

    def read(self) -> list[bytes]:
        """What has come back by now."""
        found: list[bytes] = []
        while True:
            try:
                found.append(self.socket.recv(4096))
            except BlockingIOError:
                self.bytes_out += sum(map(len, found))
                return found

    async def answered(self) -> list[bytes]:
        """Wait for something."""
        async with asyncio.timeout(15):
            data = await asyncio.get_running_loop().sock_recv(self.socket, 4096)
        self.bytes_out += len(data)
        return [data, *self.read()]
