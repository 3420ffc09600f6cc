"""What a room missed, in real Chromium: the line to the province is cut and joined, and the person below sees it.

Two installations and a line between them that carries nothing for a while; the province is recorded meanwhile.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from tests.at_browser import READ_NEXT_FRAME_JS
from tests.browser.client.visit import at, look, mark
from tests.levels import Level, cut, plan, start_levels
from tests.media.chromium import chromium
from tests.own_network import OwnNetwork, own_network
from tests.returning import Returning
from tests.site_in_room import samples_of
from tests.web import conftest as web

filled_sqlite = web.filled_sqlite  # the fixture
CHAIR = 30  # the number in his picture and tone
LOGIN = "chutich.quanba"
CONCLUSION = "Các huyện báo cáo trước ngày 30."
PLAYS_JS = """() => {
    const v = document.querySelector('[data-testid=missed-player]');
    return v.videoWidth && v.currentTime > 0.5;
}"""


@pytest.mark.installation
async def test_what_was_missed_is_seen_below(tmp_path: Path, filled_sqlite: Path) -> None:
    asyncio.get_running_loop().set_debug(False)
    with own_network() as network:
        async with AsyncExitStack() as stack:
            settings: list[tuple[str, str, dict[str, str]]] = [("province", "tinh", {}), ("district", "quanba", {})]
            above, below = await start_levels(stack, tmp_path, filled_sqlite, settings)
            await plan([above, below], ["tamson.quanba"])
            desk = await stack.enter_async_context(Returning(await above.secretary(), above.meeting_id))
            await desk.command("open_testing")
            leader = Returning(await above.person("chutich"), above.meeting_id, samples_of(CHAIR))
            chair = await stack.enter_async_context(leader)
            browser = await stack.enter_async_context(chromium())
            page = await inside(browser, below)
            await chair.command("convene")
            await page.wait_for_selector(mark("link-line", status="open"))
            await is_cut_off_for_a_while(network, (above, below), chair, page)
            problems = await sees_what_was_missed(page)
            assert problems == []


async def inside(browser: Browser, below: Level) -> Page:
    page = await at(browser, below.installation.url, LOGIN, web.PASSWORD)
    await page.goto(f"{below.installation.url}/rooms/{below.meeting_id}")
    await page.click(f"{mark('enter-room')}:enabled")
    await page.wait_for_selector(mark("room"))
    return page


async def is_cut_off_for_a_while(
    network: OwnNetwork, levels: tuple[Level, Level], chair: Returning, page: Page
) -> None:
    """Until both sides have noticed; above the agenda goes on."""
    above, below = levels
    cut(network, above, below)
    await page.wait_for_selector(mark("link-line", status="lost"))
    await chair.until(lambda: any(link.status == "lost" for link in chair.state.links), "the province notices")
    (item,) = chair.state.items[:1]
    await chair.command("open_item", item_id=item.item_id)
    await chair.command("record_conclusion", item_id=item.item_id, text=CONCLUSION)
    network.join(below.line)
    await page.wait_for_selector(mark("link-line", status="open"))


async def sees_what_was_missed(page: Page) -> list[str]:
    """The line says what; once the recording is here a button; the dialog plays it while the meeting goes on."""
    await page.locator(mark("link-line"), has_text="1 nội dung").wait_for()
    await page.wait_for_selector(mark("watch-missed"))
    problems = await look(page, "missed-line")
    await page.click(mark("watch-missed"))
    await page.wait_for_function(PLAYS_JS)  # through the moment before there was a picture, which is a file of its own
    problems += await look(page, "missed-part", "[role=dialog]")
    await page.click(mark("missed-chapter", kind="item"))
    player = page.locator(mark("missed-player"))
    assert await player.evaluate(READ_NEXT_FRAME_JS) == CHAIR
    await page.keyboard.press("Escape")
    await player.wait_for(state="detached")
    return problems
