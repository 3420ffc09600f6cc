"""How soon a real page notices that its way to the server is dead, and has its pictures back, by itself.

A Chromium in a room of a real installation, all in a network of its own; nftables drops what goes to and from the
browser's port. The page makes an ICE restart, whose new port is not dropped. There is no TCP, to which the browser
would go over by itself.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.join import join
from bench.meeting import held_meeting
from bench.record import Figure, spread
from bench.viewer import WAIT_S, Viewer, browser_of_a_site, viewer_of
from tests.own_network import OwnNetwork, own_network

SETTLE_S = 3.0  # after the first picture
# Notes when the page restarts ICE, and when a frame is on air.
NOTES_JS = """
(() => {
  window.restarts = []; window.frames = []; window.connections = [];
  const Native = RTCPeerConnection, restart = Native.prototype.restartIce;
  Native.prototype.restartIce = function () { restarts.push(Date.now()); return restart.call(this); };
  window.RTCPeerConnection = class extends Native {
    constructor(...given) { super(...given); connections.push(this); }
  };
  const known = new WeakSet();
  new MutationObserver(() => {
    for (const video of document.querySelectorAll('[data-testid="program-video"]')) {
      if (known.has(video)) continue;
      known.add(video);
      const step = () => { frames.push(Date.now()); video.requestVideoFrameCallback(step); };
      video.requestVideoFrameCallback(step);
    }
  }).observe(document, { childList: true, subtree: true });
})()
"""
PORT_JS = """
async () => {
  const report = await connections.at(-1).getStats(), all = [...report.values()];
  const pair = report.get(all.find((one) => one.type === "transport")?.selectedCandidatePairId);
  return pair ? report.get(pair.localCandidateId)?.port ?? null : null;
}
"""


def measure_dead_path(times: int) -> list[Figure]:
    with own_network() as network:
        noticed, back, gap = asyncio.run(_measure(network, times))
    return [
        *spread("Chromium, dead path: until the page restarts ICE", noticed),
        *spread("Chromium, dead path: until its next picture", back),
        *spread("Chromium, ICE restart: from restartIce() to its next picture", gap),
    ]


async def _measure(network: OwnNetwork, times: int) -> tuple[list[float], ...]:
    noticed, back, gap = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        async with held_meeting(Path(folder), 1) as held, browser_of_a_site(Path(folder)) as browser:
            network.cut("without_tcp", f"tcp dport {held.installation.media_port}")
            await held.give_floor(held.sites[0])
            for _ in range(times):
                async with viewer_of(browser) as viewer:
                    await viewer.page.add_init_script(NOTES_JS)
                    await viewer.page.goto(held.free_link)
                    await join(viewer, 1)
                    await asyncio.sleep(SETTLE_S)
                    begin = _cut(network, await _first(viewer, PORT_JS))
                    restarted = await _first(viewer, f"() => restarts.find((at) => at > {begin}) ?? null")
                    noticed.append(restarted - begin)
                    picture = await _first(viewer, f"() => frames.find((at) => at > {restarted}) ?? null")
                    back.append(picture - begin)
                    gap.append(picture - restarted)
    return noticed, back, gap


def _cut(network: OwnNetwork, port: int) -> float:
    """Nothing goes to or from this any more; when, in ms."""
    network.cut(f"dead{port}", f"udp sport {port}", f"udp dport {port}")
    return time.time() * 1000


async def _first(viewer: Viewer, script: str) -> Any:
    """The first answer that is one."""
    async with asyncio.timeout(WAIT_S):
        while (answer := await viewer.page.evaluate(script)) is None:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.05)
    return answer
