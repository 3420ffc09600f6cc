"""The relay that a bad line is made of."""

from __future__ import annotations

import asyncio
from typing import cast

from sfu.relay.link import LinkSettings
from sfu.relay.relay import LineSettings, Relay, server_of, through


class Talker(asyncio.DatagramProtocol):
    """A socket; ``echoes``: gives back what it gets."""

    def __init__(self, *, echoes: bool = False) -> None:
        self.echoes = echoes
        self.heard: asyncio.Queue[bytes] = asyncio.Queue()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.heard.put_nowait(data)
        if self.echoes:
            self.transport.sendto(data, addr)


async def talker(*, echoes: bool = False) -> Talker:
    loop = asyncio.get_running_loop()
    _, protocol = await loop.create_datagram_endpoint(lambda: Talker(echoes=echoes), local_addr=("127.0.0.1", 0))
    return protocol


async def test_there_and_back_with_delay_and_loss() -> None:
    server = await talker(echoes=True)
    settings = LineSettings(LinkSettings(delay_s=0.02), LinkSettings(loss=0.5))
    async with Relay(server.transport.get_extra_info("sockname"), settings) as relay:
        near = await talker()
        begun = asyncio.get_running_loop().time()
        for number in range(100):
            near.transport.sendto(bytes([number]), relay.address)
        for _ in range(100):
            await asyncio.wait_for(server.heard.get(), 10)
        assert asyncio.get_running_loop().time() - begun >= 0.02
        back = 0
        while back < 30:
            await asyncio.wait_for(near.heard.get(), 10)
            back += 1
        (client,) = relay.clients.values()
        assert 20 < client.down.link.lost < 70
        relay.change(up=1_000_000, down=None)
        assert client.up.link.settings.rate == 1_000_000
        near.transport.close()
    server.transport.close()
    await asyncio.sleep(0)


def test_an_answer_goes_through_the_relay_only() -> None:
    answer = (
        "v=0\r\nm=audio 9 X 111\r\na=candidate:1 1 udp 2130706431 10.0.0.1 3478 typ host\r\n"
        "a=candidate:2 1 tcp 1518280447 10.0.0.1 3478 typ host tcptype passive\r\na=end-of-candidates\r\n"
    )
    assert server_of(answer) == ("10.0.0.1", 3478)
    assert through(answer, ("127.0.0.1", 5000)) == (
        "v=0\r\nm=audio 9 X 111\r\na=candidate:1 1 udp 2130706431 127.0.0.1 5000 typ host\r\na=end-of-candidates\r\n"
    )
