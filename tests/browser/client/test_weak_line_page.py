"""The product's pages where a commune's line gets bad and good again: words, a still, and the layers that go out."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from sfu.relay.link import LinkSettings
from sfu.relay.relay import LineSettings, Relay
from tests.browser.client.visit import at, look, mark, window
from tests.installation import Installation
from tests.media.chromium import chromium
from tests.media.samples import write_camera
from tests.story import TITLE, Planned, log_in, plan_and_send, until
from web.visiting.seat import Seat

GOOD, BAD = 5_000_000, 130_000
# The page's only way to the server is the relay.
FAR_AWAY_JS = """
(() => {
  const set = RTCPeerConnection.prototype.setRemoteDescription;
  RTCPeerConnection.prototype.setRemoteDescription = function (description) {
    const lines = description.sdp.split("\\r\\n").filter((line) => !/^a=candidate:.* tcp /.test(line));
    const far = lines.map((line) => line.replace(/^(a=candidate:\\S+ 1 udp \\d+) \\S+ \\d+/, "$1 HOST PORT"));
    return set.call(this, { type: description.type, sdp: far.join("\\r\\n") });
  };
})()
"""
CONNECTIONS_JS = """
(() => {
  window.connections = [];
  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    constructor(...given) { super(...given); connections.push(this); }
  };
})()
"""
LAYERS_JS = """
async () => Object.fromEntries([...(await connections.at(-1).getStats()).values()]
  .filter((one) => one.type === "outbound-rtp" && one.kind === "video" && one.rid)
  .map((one) => [one.rid, one.framesSent]))
"""


@pytest.mark.installation
async def test_a_commune_is_told_sees_stills_and_then_pictures_again(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        installation = await stack.enter_async_context(Installation(tmp_path / "data"))
        desk = await stack.enter_async_context(await log_in(installation, "thuky.quanba"))
        planned = await plan_and_send(desk)
        change = {"title": TITLE, "record": False, "version": planned.meeting["version"]}
        await desk.put(f"/api/meetings/{planned.id}", change)  # a recording wants the large picture always
        secretary = await stack.enter_async_context(Seat(desk, planned.id))
        await secretary.command("open_testing")
        line = LineSettings(LinkSettings(delay_s=0.02), LinkSettings(GOOD, 0.02, queue_bytes=32_000))
        relay = await stack.enter_async_context(Relay(("127.0.0.1", installation.media_port), line))
        camera = write_camera(tmp_path / "camera.y4m", 1, 640, 360, fps=5, lively=True)
        browser = await stack.enter_async_context(chromium(camera))
        chair = await the_chair(browser, installation, planned)
        commune = await a_commune(browser, planned, relay)
        await secretary.command("convene")
        picture = f"video[data-site-id='{planned.host_site_id}'][data-seen=true]"
        await commune.wait_for_selector(picture)
        await large_one_goes_out(chair)
        relay.change(down=BAD)
        await commune.wait_for_selector(mark("weak-line", step="still"))
        still = f"{mark('still')}[data-site-id='{planned.host_site_id}']"
        await commune.wait_for_selector(still)
        assert await commune.evaluate("(still) => document.querySelector(still).naturalWidth", still) > 0
        assert "ảnh người phát biểu" in await commune.inner_text(mark("weak-line"))
        problems = await look(commune, "weak-line")
        await only_smallest_goes_out(chair)
        relay.change(down=GOOD)
        await commune.wait_for_selector(mark("weak-line"), state="detached")
        await commune.wait_for_selector(picture)
        await large_one_goes_out(chair)
        assert problems == []


async def the_chair(browser: Browser, installation: Installation, planned: Planned) -> Page:
    page = await at(browser, installation.url, "chutich.quanba", installation.password)
    await page.add_init_script(CONNECTIONS_JS)
    await page.goto(f"{installation.url}/rooms/{planned.id}")
    await page.click(f"{mark('enter-room')}:enabled")
    await page.wait_for_selector(mark("room", role="chair"))
    return page


async def a_commune(browser: Browser, planned: Planned, relay: Relay) -> Page:
    page = await window(browser)
    host, port = relay.address
    await page.add_init_script(FAR_AWAY_JS.replace("HOST", host).replace("PORT", str(port)))
    await page.goto(planned.links[planned.sites[0]["site_id"]])
    await page.click(f"{mark('site-join')}:enabled")
    await page.click(f"{mark('enter-room')}:enabled")
    await page.wait_for_selector(mark("room", role="site"))
    return page


async def large_one_goes_out(page: Page) -> None:
    """Somebody watches a larger picture than the smallest."""
    before = await page.evaluate(LAYERS_JS)
    await until(
        lambda: page.evaluate(LAYERS_JS), lambda now: bool(grown(before, now) - {"q"}), "only the smallest goes out"
    )


async def only_smallest_goes_out(page: Page) -> None:
    """Nobody watches a larger one any more."""

    async def between() -> set[str]:
        before = await page.evaluate(LAYERS_JS)
        await until(lambda: page.evaluate(LAYERS_JS), lambda now: bool(now["q"] > before["q"] + 5), "nothing goes out")
        return grown(before, await page.evaluate(LAYERS_JS))

    await until(between, lambda which: bool(which == {"q"}), "what nobody watches is sent")


def grown(before: dict[str, Any], now: dict[str, Any]) -> set[str]:
    """The layers of which pictures went out between."""
    return {rid for rid, frames in now.items() if frames > before.get(rid, 0)}
