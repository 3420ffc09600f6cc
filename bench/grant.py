"""Grant to picture: from the chair's command to the new floor's picture, at a Chromium and at light peers.

Twelve communes get the floor in turn, so that nobody has the next one's picture yet; the others and a browser watch.
``python -m bench grant``.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

from bench.join import join
from bench.meeting import Held, held_meeting
from bench.record import Figure, spread
from bench.viewer import Viewer, browser_of_a_site, viewer_of
from sfu.light_peer import LightPeer
from tests.site_in_room import samples_of

SHORT = {"times": 24}
FULL = {"times": 60}
SITES = 12


def measure(times: int) -> list[Figure]:
    return asyncio.run(_measure(times))


async def _measure(times: int) -> list[Figure]:
    at_browser, at_peers, answered = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        async with held_meeting(Path(folder), SITES) as held, browser_of_a_site(Path(folder)) as browser:
            _learn_all(held)
            await held.give_floor(held.sites[0])
            async with viewer_of(browser) as viewer:
                await viewer.page.goto(held.free_link)
                await join(viewer, 1)
                for turn in range(times):
                    asked, picture, packets = await _grant(held, viewer, SITES - 1 - turn % SITES)
                    answered.append(asked)
                    at_browser.append(picture)
                    at_peers += packets
    return [
        *spread("command to the chair's answer", answered),
        *spread("command to first packet at light peers", at_peers),
        *spread("command to first frame in Chromium", at_browser),
    ]


def _learn_all(held: Held) -> None:
    for site in held.sites:
        for number in range(1, SITES + 1):
            if site.peer:
                site.peer.learn(samples_of(number)[0])


async def _grant(held: Held, viewer: Viewer, index: int) -> tuple[float, float, list[float]]:
    """(answered, seen by the browser, first packets at light peers) in ms after the command was sent."""
    name = samples_of(index + 1)[0].name
    others = [site.peer for site in held.sites if site.peer and site is not held.sites[index]]
    waiting = [peer for peer in others if name not in peer.sources("video")]  # the rest show it small already
    begin, begun = time.time(), time.monotonic()
    await held.give_floor(held.sites[index])
    answered = (time.monotonic() - begun) * 1000
    seen = await viewer.sees(index + 1, begin * 1000) - begin * 1000
    return answered, seen, [(await _first_packet(peer, name, begun) - begun) * 1000 for peer in waiting]


async def _first_packet(peer: LightPeer, name: str, begun: float) -> float:
    """When one of this peer's slots first got that picture."""

    def found() -> list[float]:
        slots = [peer.received[mid] for mid in peer.mids("video") if mid in peer.received]
        return [at for slot in slots for at, source in slot.switches if source == name and at >= begun]

    await peer.wait_for(lambda: bool(found()), 60)
    return min(found())
