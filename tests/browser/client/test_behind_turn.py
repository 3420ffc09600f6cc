"""A commune whose network lets nothing through but a TURN server, which dies and comes back: with what it was told."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from tests.browser.client.test_weak_line_page import CONNECTIONS_JS, the_chair
from tests.browser.client.visit import look, mark, window
from tests.installation import Installation
from tests.media.chromium import chromium
from tests.media.samples import write_camera
from tests.story import Planned, log_in, plan_and_send, until
from tests.web.media.test_turn import SECRET, free_ports, running_coturn
from web.visiting.seat import Seat

# The page's own servers, and no way round them.
ONLY_RELAYED_JS = """
(() => {
  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    constructor(configuration) { super({ ...configuration, iceTransportPolicy: "relay" }); }
  };
})()
"""
WAY_JS = """
async () => {
  const report = await connections.at(-1).getStats(), all = [...report.values()];
  const pair = report.get(all.find((one) => one.type === "transport")?.selectedCandidatePairId);
  return pair ? report.get(pair.localCandidateId).candidateType : "none";
}
"""
FRAMES_JS = """
async () => [...(await connections.at(-1).getStats()).values()]
  .filter((one) => one.type === "inbound-rtp" && one.kind === "video")
  .reduce((sum, one) => sum + (one.framesDecoded ?? 0), 0)
"""


@pytest.mark.installation
async def test_it_sees_through_the_server_it_was_told_of_and_again_when_that_is_back(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        ports = free_ports(2)
        turn = {"GIAOBAN_TURN_URLS": f"turn:127.0.0.1:{ports[0]}?transport=udp", "GIAOBAN_TURN_SECRET": SECRET}
        installation = await stack.enter_async_context(Installation(tmp_path / "data", turn))
        desk = await stack.enter_async_context(await log_in(installation, "thuky.quanba"))
        planned = await plan_and_send(desk)
        secretary = await stack.enter_async_context(Seat(desk, planned.id))
        await secretary.command("open_testing")
        camera = write_camera(tmp_path / "camera.y4m", 1, 320, 180, fps=5)
        browser = await stack.enter_async_context(chromium(camera))
        chair = await the_chair(browser, installation, planned)
        site_id = planned.sites[0]["site_id"]
        async with running_coturn(tmp_path, ports):
            commune = await behind_turn(browser, planned, site_id)
            await secretary.command("convene")
            await secretary.command("grant_floor", site_id=site_id)
            await commune.wait_for_selector(f"video[data-site-id='{planned.host_site_id}'][data-seen=true]")
            await chair.wait_for_selector(f"video[data-site-id='{site_id}'][data-seen=true]")
            assert await commune.evaluate(WAY_JS) == "relay"
            await goes_on(commune)
        await commune.wait_for_selector(mark("media-lost"))
        await commune.wait_for_selector(mark("on-air-text", sent="cut"))
        problems = await look(commune, "turn-is-away")
        async with running_coturn(tmp_path, ports):
            await commune.wait_for_selector(mark("media-lost"), state="detached")
            await goes_on(commune)
            assert await commune.evaluate(WAY_JS) == "relay"
            await commune.wait_for_selector(mark("on-air-text", sent="both"))
        assert problems == []


async def behind_turn(browser: Browser, planned: Planned, site_id: str) -> Page:
    page = await window(browser)
    for script in (CONNECTIONS_JS, ONLY_RELAYED_JS):
        await page.add_init_script(script)
    await page.goto(planned.links[site_id])
    await page.click(f"{mark('site-join')}:enabled")
    await page.click(f"{mark('enter-room')}:enabled")
    await page.wait_for_selector(mark("room", role="site"))
    return page


async def goes_on(page: Page) -> None:
    """Pictures come in."""
    before = await page.evaluate(FRAMES_JS)
    await until(lambda: page.evaluate(FRAMES_JS), lambda now: bool(now != before and now > 5), "no pictures come")
