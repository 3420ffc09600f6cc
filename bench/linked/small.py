"""Few peers over three levels, looked at closely: from the root's word to the picture at a commune, and freezes."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack

from bench.linked_media import Room, Tree, Watch, shows
from bench.record import Figure, spread
from sfu.light_peer import LightPeer
from sfu.relay.link import LinkSettings
from web.media.messages import Program

SITES = {"province": 9, "district": 14}  # with chair and board 25 peers
SPEAKERS = ("district0", "district1")


async def small(grants: int, seconds: float) -> list[Figure]:
    """Clean lines; what a line that is not does to it measures ``a_thin_link``."""
    async with AsyncExitStack() as stack:
        tree = Tree(stack)
        central, province, district = [await tree.room(name) for name in ("central", "province", "district")]
        await tree.enter(central, "chair")
        for room in (province, district):
            for number in range(SITES[room.name]):
                await tree.enter(room, f"{room.name}{number}", plays=f"{room.name}{number}" in SPEAKERS)
        await tree.link(district, province, LinkSettings())
        await tree.link(province, central, LinkSettings())
        for room in (central, province, district):
            for peer in room.peers.values():
                for sample in tree.samples:
                    peer.learn(sample)
        return [*await _grants(central, province, grants), *await _freezes(central, district, seconds)]


async def _grants(central: Room, province: Room, times: int) -> list[Figure]:
    """The floor goes to a commune of the district; seen at a commune of another district, and above."""
    commune, chair = province.peers["province0"], central.peers["chair"]
    below: list[float] = []
    above: list[float] = []
    for turn in range(times):
        name = SPEAKERS[turn % 2]
        began = time.monotonic()
        floor = Program(floor=f"site {name}", chair="chair", mode="one_speaker")
        await central.media.client.set_program("central", floor, ["chair", f"site {name}"])
        for took, into in zip(
            await asyncio.gather(*(_seen(peer, name, began) for peer in (commune, chair))), (below, above), strict=True
        ):
            into.append(took)
        await asyncio.sleep(1.5)
    return [*spread("25 peers: grant to picture at a commune", below), *spread("25 peers: and at the chair", above)]


async def _seen(peer: LightPeer, name: str, began: float) -> float:
    await peer.wait_for(lambda: shows(peer, name), 10)
    return (time.monotonic() - began) * 1000


async def _freezes(central: Room, district: Room, seconds: float) -> list[Figure]:
    """The chair's picture at all communes of the district."""
    await central.media.client.set_program("central", Program(chair="chair"), ["chair"])
    watches = [Watch(peer, "chair") for peer in district.peers.values()]
    for watch in watches:
        await watch.peer.wait_for(lambda watch=watch: shows(watch.peer, "chair"), 20)  # type: ignore[misc]
    await asyncio.sleep(2)
    await asyncio.gather(*(watch.run(seconds) for watch in watches))
    frozen, watched = sum(w.frozen_s for w in watches), sum(w.watched_s for w in watches)
    return [Figure("25 peers: picture frozen", round(100 * frozen / watched, 2), "%")]
