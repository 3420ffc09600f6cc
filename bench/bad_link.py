"""A bad line between two levels, seen by real browsers: ``giaoban demo province --relay`` and people in its rooms.

Three installations in networks of their own; everything between province and district, the WebSocket too, goes over a
line that delays, loses and narrows (``web/demo/line.py``). Chromium at the chair's place of the uppermost room, at the
district's and at a commune of it; each looks at whoever is on air on the other side of that line.
"""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Page

from bench.record import Figure
from bench.weak_line.camera import write_lively_camera
from tests.media.chromium import chromium
from tests.media.samples import write_microphone
from web.demo.browsers import Person, enter, people
from web.demo.conference import Planning, open_rooms
from web.demo.floor import bring_on_air, take_back
from web.demo.layout import Layout, lay_out
from web.demo.line import Impairment

LINES = (Impairment(100), Impairment(100, 5, 2000), Impairment(100, 5, 600))
SHORT = {"seconds": 20.0, "lines": LINES[1:2], "sites": 10}
FULL = {"seconds": 60.0, "lines": LINES, "sites": 40}
LOOK_S, STILL_S, SETTLE_S, WAIT_S = 0.5, 1.0, 10.0, 60.0
START_S, END_S = 240.0, 60.0
CONNECTIONS_JS = """
(() => {
  window.connections = [];
  const Native = RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    constructor(...given) { super(...given); connections.push(this); }
  };
})()
"""
# Of the large picture, and of all voices together; null while there is no such picture.
LOOK_JS = """
async () => {
  const video = document.querySelector("video[data-testid=program-video]");
  const track = video?.srcObject?.getVideoTracks()[0]?.id;
  const all = [...(await connections.at(-1).getStats()).values()].filter((one) => one.type === "inbound-rtp");
  const picture = all.find((one) => one.kind === "video" && one.trackIdentifier === track);
  const voices = all.filter((one) => one.kind === "audio");
  const sum = (of) => voices.reduce((before, one) => before + of(one), 0);
  return picture ? {
    ssrc: picture.ssrc, frozen: picture.totalFreezesDuration, decoded: picture.framesDecoded,
    width: picture.frameWidth ?? 0,
    concealed: sum((one) => (one.concealedSamples ?? 0) - (one.silentConcealedSamples ?? 0)),
    samples: sum((one) => one.totalSamplesReceived ?? 0),
  } : null;
}
"""


def measure(seconds: float, lines: tuple[Impairment, ...], sites: int) -> list[Figure]:
    return [figure for line in lines for figure in asyncio.run(_line(line, seconds, sites))]


async def _line(line: Impairment, seconds: float, sites: int) -> list[Figure]:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bad-link")))
        layout = lay_out(folder / "demo", isolated=True)
        await stack.enter_async_context(_demonstration(layout, line, sites))
        planning = Planning(layout, {}, stack)
        conference = await planning.plan()  # takes up what the demonstration has begun
        seats = (await open_rooms(planning, conference, stack))[::-1]
        chair, district, commune = people(layout, conference)
        pages = {
            person.name: await stack.enter_async_context(_at(person, number, folder))
            for number, person in enumerate((chair, district, commune), 1)
        }
        figures = []
        await asyncio.sleep(SETTLE_S)
        down = await asyncio.gather(*(_watch(pages[one.name], seconds) for one in (district, commune)))
        for person, seen in zip((district, commune), down, strict=True):
            figures += seen.figures(f"{line}: the chair above, seen at the {person.name}")
        await pages[commune.name].locator('[data-testid="request-floor"]').first.click()
        await bring_on_air(seats, commune.site_id)
        await asyncio.sleep(SETTLE_S)
        seen = await _watch(pages[chair.name], seconds)
        figures += seen.figures(f"{line}: the commune on air, seen by the chair above")
        await take_back(seats)
        return figures


@asynccontextmanager
async def _demonstration(layout: Layout, line: Impairment, sites: int) -> AsyncIterator[None]:
    options = ["--fresh", "--sites", str(sites), "--relay", str(line), "--folder", str(layout.folder)]
    command = [sys.executable, "-m", "web.command", "demo", "province", *options]
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert process.stdout is not None
    try:
        async with asyncio.timeout(START_S):
            while b"Ctrl-C" not in (told := await process.stdout.readline()):
                if not told:
                    raise RuntimeError(f"the demonstration ended with {await process.wait()}")
        yield
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
            async with asyncio.timeout(END_S):
                await process.communicate()


@asynccontextmanager
async def _at(person: Person, number: int, folder: Path) -> AsyncIterator[Page]:
    """In the room, with a lively picture and a voice of this number."""
    camera = await asyncio.to_thread(write_lively_camera, folder / f"{number}.y4m", number)
    microphone = folder / f"{number}.wav"
    write_microphone(microphone, number)
    async with chromium(camera, microphone, loopback=False) as browser:
        context = await browser.new_context(locale="vi-VN", ignore_https_errors=True)
        context.set_default_timeout(1000 * WAIT_S)
        page = await context.new_page()
        await page.add_init_script(CONNECTIONS_JS)
        await enter(page, person)
        yield page


@dataclass(frozen=True, slots=True)
class Seen:
    """By one page, of the large picture and the voices."""

    seconds: float
    frozen_s: float
    stands_s: float
    concealed: float
    width: float

    def figures(self, what: str) -> list[Figure]:
        frozen, stands = self.frozen_s / self.seconds, self.stands_s / self.seconds
        shares = (("frozen", frozen), ("stands", stands), ("concealed", self.concealed))
        found = [Figure(f"{what}: {name}", round(100 * share, 1), "%") for name, share in shares]
        return [*found, Figure(f"{what}: width", self.width, "px")]


async def _watch(page: Page, seconds: float) -> Seen:
    """``stands``: time without a new frame for a second, whoever is meant to be seen."""
    clock = asyncio.get_running_loop().time
    first: dict[str, Any] | None = None
    async with asyncio.timeout(WAIT_S):
        while first is None or not first["decoded"]:
            first = await page.evaluate(LOOK_JS)
            await asyncio.sleep(LOOK_S)
    before, began = first, clock()
    moved = at = began
    frozen = stands = 0.0
    widths = []
    while at - began < seconds:
        await asyncio.sleep(LOOK_S)
        was, at = at, clock()
        now = await page.evaluate(LOOK_JS) or before
        if now["ssrc"] != before["ssrc"] or now["decoded"] > before["decoded"]:
            moved = at
        elif at - moved >= STILL_S:
            stands += at - was
        frozen += max(now["frozen"] - before["frozen"], 0.0) if now["ssrc"] == before["ssrc"] else 0.0
        widths.append(now["width"])
        before = now
    concealed = (before["concealed"] - first["concealed"]) / max(before["samples"] - first["samples"], 1)
    return Seen(at - began, frozen, stands, concealed, sorted(widths)[len(widths) // 2])
