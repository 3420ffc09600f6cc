"""How long media stands still when a peer's way to the server changes: ``python -m bench reconnect``.

Light peers at a media worker of this process. The gap is between packets that the moving peer receives, and between
packets of its that another one receives; for a peer that sends nothing, until its next check. Last a real page whose
path is dead.
"""

from __future__ import annotations

import asyncio
import time
from functools import partial

from bench.dead_path import measure_dead_path
from bench.record import Figure, spread
from sfu.light_peer import LightPeer
from sfu.light_peer.offer import Wanted
from tests.media.samples import audio_sample
from tests.web.media.conftest import Media, running_media
from web.media.messages import Program

SHORT = {"times": 5}
FULL = {"times": 20}
WANTED = Wanted(audio_slots=2, presentation_slots=0, video_slots=0)


def measure(times: int) -> list[Figure]:
    return [*asyncio.run(_measure(times)), *measure_dead_path(times)]


async def _measure(times: int) -> list[Figure]:
    async with running_media() as media:
        await media.client.open_room("room")
        mover, other, silent = LightPeer(WANTED), LightPeer(WANTED), LightPeer(WANTED)
        for name, peer in (("mover", mover), ("other", other), ("silent", silent)):
            await peer.connect(media.signal("room", name))
        for peer in (mover, other):
            peer.play("microphone", audio_sample(7))
        await media.client.set_program("room", Program(chair="mover"), ["mover", "other"])
        await _flows(mover, other, silent)
        towards, from_it, restarts, quiet = [], [], [], []
        for _ in range(times):
            gaps = await asyncio.gather(_gap(mover), _gap(other), mover.roam())
            towards.append(gaps[0])
            from_it.append(gaps[1])
            restarts.append(await _restart(media, mover))
            quiet.append((await asyncio.gather(_gap(silent, 7.0), silent.roam()))[0])
        for peer in (mover, other, silent):
            await peer.close()
    return [
        *spread("new source address while sending: gap towards the peer", towards),
        *spread("new source address while sending: gap of its own", from_it),
        *spread("new source address, silent: gap towards the peer", quiet),
        *spread("ICE restart: from the offer to the first packet there", restarts),
    ]


def _packets(peer: LightPeer) -> int:
    return sum(slot.packets for slot in peer.received.values())


def _has_packets(peer: LightPeer) -> bool:
    return _packets(peer) > 20


async def _flows(*peers: LightPeer) -> None:
    for peer in peers:
        await peer.wait_for(partial(_has_packets, peer), 30)


async def _gap(peer: LightPeer, watched_s: float = 3.0) -> float:
    """The longest time without a new packet while it is watched, in ms."""
    last, seen, longest = time.monotonic(), _packets(peer), 0.0
    until = last + watched_s
    while (now := time.monotonic()) < until:
        if (count := _packets(peer)) != seen:
            longest, last, seen = max(longest, now - last), now, count
        await asyncio.sleep(0.002)
    return max(longest, now - last) * 1000


async def _restart(media: Media, peer: LightPeer) -> float:
    async def signal(offer: str) -> str:
        return await media.client.restart_ice("mover", offer)

    begun, before = time.monotonic(), _packets(peer)
    await peer.restart_ice(signal)
    await peer.wait_for(lambda: _packets(peer) > before)
    return (time.monotonic() - begun) * 1000
