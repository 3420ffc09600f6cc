"""One row before one server."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
from pathlib import Path

from bench.record import Figure
from bench.weak_line.camera import write_lively_camera
from bench.weak_line.rows import Row
from bench.weak_line.seen import LOOK_S, Seen, look, refused_by
from bench.weak_line.servers import Watched, serving
from sfu.relay.link import LinkSettings
from sfu.relay.relay import LineSettings, Relay, server_of, through
from tests.browser.media.participant import Participant, participant

NUMBER = 5
WARM_UP_S = 6.0


async def measure_row(row: Row, name: str) -> list[Figure]:
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = await stack.enter_async_context(serving(name, folder, row.phases[0][0] if row.is_known else None))
        camera = write_lively_camera(folder / "camera.y4m", NUMBER)
        sender = await stack.enter_async_context(participant(folder, NUMBER, picture=camera))
        viewer = await stack.enter_async_context(participant(folder, 0, camera=False))
        await server.publish(sender)
        await asyncio.sleep(WARM_UP_S)  # the sender finds its own rate first
        relay = await _join_from_afar(viewer, server, row, stack)
        seen = Seen(row)
        for rate, seconds in row.phases:
            relay.change(down=rate)
            seen.changes.append(time.monotonic())
            while time.monotonic() < seen.changes[-1] + seconds:
                await asyncio.sleep(LOOK_S)
                seen.looks.append(await look(viewer, time.monotonic(), refused_by(relay)[0], *server.told()))
        return seen.figures(name, relay)


async def _join_from_afar(viewer: Participant, server: Watched, row: Row, stack: contextlib.AsyncExitStack) -> Relay:
    """The viewer's only way to the server is the relay."""
    relays: list[Relay] = []

    async def to_relay(description: str) -> str:
        if not relays:
            down = LinkSettings(row.phases[0][0], row.rtt_s / 2, loss=row.loss, queue_bytes=row.queue_bytes)
            line = LineSettings(LinkSettings(delay_s=row.rtt_s / 2), down)
            made = Relay(server_of(description), line, host=server.host)
            relays.append(await stack.enter_async_context(made))
        return through(description, relays[0].address)

    await server.watch(viewer, to_relay)
    await viewer.hears(NUMBER)
    return relays[0]
