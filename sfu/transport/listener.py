"""The worker's door: one UDP port and one TCP port, and which kind of packet goes where (RFC 7983)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from sfu.plane.plane import Address
from sfu.settings import MediaSettings
from sfu.transport.addresses import addresses_to_announce
from sfu.transport.tcp import TcpPort
from sfu.transport.udp import Batch, UdpPort

PacketKind = Literal["stun", "dtls", "media", "other"]


def kind_of(packet: bytes) -> PacketKind:
    """RFC 7983 section 7, by the first byte."""
    first = packet[0] if packet else 255
    if first <= 3:
        return "stun"
    if 20 <= first <= 63:
        return "dtls"
    return "media" if 128 <= first <= 191 else "other"


class Listener:
    """Opens the ports, sends by address."""

    def __init__(
        self, settings: MediaSettings, on_batch: Callable[[Batch], None], on_lost: Callable[[Address], None]
    ) -> None:
        self._settings = settings
        self._udp = UdpPort(on_batch)
        self._tcp = TcpPort(settings, on_batch, on_lost)
        self.addresses: tuple[tuple[str, int, str], ...] = ()
        self.on_sent: Callable[[bytes, Address], None] | None = None  # somebody looks at what is sent

    async def open(self) -> None:
        """Raises CannotListen."""
        self._udp.open(self._settings.udp_port)
        if self._settings.tcp:
            await self._tcp.open(self._settings.tcp_port)
        hosts = addresses_to_announce(self._settings.host_addresses)
        udp = [(host, self._udp.port, "udp") for host in hosts]
        tcp = [(host, self._tcp.port, "tcp") for host in hosts] if self._settings.tcp else []
        self.addresses = (*udp, *tcp)

    async def close(self) -> None:
        self._udp.close()
        await self._tcp.close()

    async def connect(self, host: str, port: int) -> Address:
        """A TCP connection of ours to another node. Raises OSError."""
        return await self._tcp.connect(host, port)

    def send(self, data: bytes, address: Address) -> None:
        """Send one packet now, or drop it."""
        if self.on_sent is not None:
            self.on_sent(data, address)
        if address[1]:
            self._udp.send(data, address)
        else:
            self._tcp.send(data, address)

    def reflexive(self, address: Address) -> tuple[str, int]:
        """The peer's transport address as the network shows it."""
        return address if address[1] else self._tcp.reflexive(address)

    def prove(self, address: Address) -> None:
        """This address has authenticated."""
        if address[1]:
            self._udp.prove(address)
        else:
            self._tcp.prove(address)

    def vouch(self, transport: int, address: Address) -> None:
        """What comes from there is that transport's; the node knows it itself here."""

    def forget(self, address: Address) -> None:
        """Nobody of ours is there any more."""
        self._udp.forget(address)

    def handle_timeout(self) -> None:
        """Drop TCP connections that never authenticated."""
        self._tcp.cut_unproven()

    @property
    def dropped(self) -> dict[str, int]:
        """Packets the kernel did not take, TCP peers that did not read."""
        return {"udp_send_dropped": self._udp.dropped_out, "tcp_cut_off": self._tcp.cut_off}
