"""Grant to picture: from the chair's command to the new floor's picture, at a Chromium and at light peers.

Two sites get the floor in turn; a browser and the other communes watch. ``python -m bench grant``.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from bench.join import join
from bench.meeting import Held, held_meeting
from bench.record import Figure, spread
from bench.viewer import Viewer, browser_of_a_site, viewer_of
from sfu.light_peer import LightPeer
from tests.site_in_room import SiteInRoom, samples_of

SHORT = {"times": 20}
FULL = {"times": 60}
SITES = 12


def measure(times: int) -> list[Figure]:
    return asyncio.run(_measure(times))


async def _measure(times: int) -> list[Figure]:
    at_browser, at_peers, answered = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        async with held_meeting(Path(folder), SITES) as held, browser_of_a_site(Path(folder)) as browser:
            await held.give_floor(held.sites[0])
            for peer in _watching(held):
                for number in (1, 2):
                    peer.learn(samples_of(number)[0])
            async with viewer_of(browser) as viewer:
                await viewer.page.goto(held.free_link)
                await join(viewer, 1)
                for turn in range(times):
                    number = 2 - turn % 2
                    asked, picture, packets = await _grant(held, viewer, held.sites[number - 1], number)
                    answered.append(asked)
                    at_browser.append(picture)
                    at_peers.append(statistics.median(packets))
    return [
        *spread("command to the chair's answer", answered),
        *spread("command to first packet at light peers", at_peers),
        *spread("command to first frame in Chromium", at_browser),
    ]


async def _grant(held: Held, viewer: Viewer, site: SiteInRoom, number: int) -> tuple[float, float, list[float]]:
    """(answered, seen by the browser, seen by the light peers) in ms after the command was sent."""
    begin, begun = time.time(), time.monotonic()
    await held.give_floor(site)
    answered = (time.monotonic() - begun) * 1000
    seen = await viewer.sees(number, begin * 1000) - begin * 1000
    return answered, seen, [await _first_packet(peer, number, begun) for peer in _watching(held)]


def _watching(held: Held) -> list[LightPeer]:
    return [site.peer for site in held.sites[2:] if site.peer]


async def _first_packet(peer: LightPeer, number: int, begun: float) -> float:
    """When this peer's program slot got that picture, in ms after ``begun``."""
    name = samples_of(number)[0].name
    program = peer.mids("video")[1]  # the first is the presentation's

    def found() -> list[float]:
        slot = peer.received.get(program)
        return [at for at, source in slot.switches if source == name and at >= begun] if slot else []

    await peer.wait_for(lambda: bool(found()), 60)
    return (found()[0] - begun) * 1000
