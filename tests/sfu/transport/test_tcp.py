"""The TCP port as the product runs it: under uvloop, whose transports are not derived from those of asyncio."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import uvloop

from sfu.settings import MediaSettings
from sfu.transport.framing import frame
from sfu.transport.tcp import TcpPort
from sfu.transport.udp import Batch


async def a_framed_packet_comes_in(packet: bytes) -> Batch:
    came: asyncio.Future[Batch] = asyncio.get_running_loop().create_future()
    port = TcpPort(MediaSettings(), came.set_result, lambda address: None)
    await port.open(0)
    _, writer = await asyncio.open_connection("127.0.0.1", port.port)
    writer.write(frame(packet))
    batch = await asyncio.wait_for(came, 30)
    writer.close()
    await port.close()
    return batch


def test_a_connection_is_taken_under_uvloop() -> None:
    with ThreadPoolExecutor(1) as executor, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        batch = executor.submit(runner.run, a_framed_packet_comes_in(b"\x16hello")).result()
    assert [bytes(data) for data, *_ in batch] == [b"\x16hello"]
