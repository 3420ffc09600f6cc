"""Facts through three levels: a district's logs to its province and on to central, each a node with its own database.

All three run in this one process and share its core, so the figures are a lower bound; sockets are in memory, checking,
signing and storing are the product's. Facts come in hundreds, then in tens, at an even pace; latency counts from the
moment they are durable at the district until they are durable at central.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.record import Figure, spread
from scheduler.proceedings.facts import Fact
from tests.web.link.nodes import Installation, Net, link, until_up

SHORT: dict[str, Any] = {"seconds": 4.0, "per_s": 1000, "meetings": 12}
FULL: dict[str, Any] = {"seconds": 45.0, "per_s": 1000, "meetings": 12}
TOGETHER = (100, 10)  # facts in a transaction of the district
CATCH_UP_S = 60.0


def measure(seconds: float, per_s: int, meetings: int) -> list[Figure]:
    figures: list[Figure] = []
    for together in TOGETHER:
        with TemporaryDirectory() as folder:
            figures += asyncio.run(_measure(Path(folder), seconds, per_s, meetings, together))
    return figures


async def _measure(folder: Path, seconds: float, per_s: int, meetings: int, together: int) -> list[Figure]:
    net = Net()
    central, province, district = [await Installation(name, folder, net).open() for name in ("c", "p", "d")]
    for node in (central, province, district):
        await node.start()
    await link(province, central)
    await link(district, province)
    await until_up(province, central)
    await until_up(province, district)
    ids = [f"{number:08d}-0000-7000-8000-000000000000" for number in range(meetings)]
    for node in (district, province, central):
        for meeting_id in ids:
            root = "r" + meeting_id[1:]
            await node.place("p" + meeting_id[1:], province.id, root, central.id)
            await node.place(meeting_id, district.id, "p" + meeting_id[1:], province.id)
    made: dict[str, float] = {}
    delays: list[float] = []
    more = asyncio.Event()

    def arrived(_node: str, facts: Sequence[Fact]) -> None:
        now = time.perf_counter()
        more.set()
        delays.extend((now - made[fact.id]) * 1000 for fact in facts)

    central.links.listen_facts(arrived)
    begun, cpu, rounds = time.perf_counter(), time.process_time(), int(seconds * per_s / together)
    for number in range(rounds):
        await asyncio.sleep(max(0.0, begun + number * together / per_s - time.perf_counter()))
        for fact in await district.chat(ids[number % meetings], *("Đồng ý" for _ in range(together))):
            made[fact.id] = time.perf_counter()
    written = time.perf_counter() - begun
    with suppress(TimeoutError):
        async with asyncio.timeout(CATCH_UP_S):
            while len(delays) < rounds * together:
                more.clear()
                await more.wait()
    whole, used = time.perf_counter() - begun, time.process_time() - cpu
    for node in (district, province, central):
        await node.close()
    begin = f"{together} at a time: "
    return [
        Figure(begin + "made", round(rounds * together / written), "facts/s"),
        Figure(begin + "arrived at central", round(len(delays) / whole), "facts/s"),
        Figure(begin + "lost", rounds * together - len(delays), "facts"),
        *spread(begin + "district to central", delays),
        Figure(begin + "CPU of all three nodes, per fact", round(used / max(1, len(delays)) * 1e6), "µs"),
    ]
