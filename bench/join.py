"""Join to first decoded frame, in a real Chromium: alone with one speaker, and as the fourteenth site of a district.

From the press of "Vào phòng họp" (devices are open) and from a reload of the page, to the first decoded frame that
shows the floor's number. ``python -m bench join``.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

from bench.meeting import held_meeting
from bench.record import Figure, spread
from bench.viewer import Viewer, browser_of_a_site, viewer_of

SHORT = {"times": 10}
FULL = {"times": 30}


def measure(times: int) -> list[Figure]:
    figures: list[Figure] = []
    for sites, name in ((1, "alone"), (12, "14 sites")):  # the host's and the joining one are in the room too
        figures += asyncio.run(_measure(sites, name, times))
    return figures


async def _measure(sites: int, name: str, times: int) -> list[Figure]:
    pressed, reloaded = [], []
    with tempfile.TemporaryDirectory() as folder:
        async with held_meeting(Path(folder), sites) as held, browser_of_a_site(Path(folder)) as browser:
            await held.give_floor(held.sites[0])
            for _ in range(times):
                async with viewer_of(browser) as viewer:
                    await viewer.page.goto(held.free_link)
                    pressed.append(await join(viewer, 1))
                    reloaded.append(await reload(viewer, 1))
    return [*spread(f"{name}: enter to first frame", pressed), *spread(f"{name}: reload to first frame", reloaded)]


async def join(viewer: Viewer, number: int) -> float:
    """From the link's page into the room, as fast as a person could press; ms from the last press."""
    await viewer.press("site-join")
    begin = await viewer.press("enter-room")
    return await viewer.sees(number) - begin


async def reload(viewer: Viewer, number: int) -> float:
    """Ms from pressing reload: the page, the devices, the socket, the media."""
    begin = time.time() * 1000
    await viewer.page.reload(wait_until="commit")
    return await viewer.sees(number, begin) - begin
