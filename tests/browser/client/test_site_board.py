"""The levels of a meeting and its site board in real Chromium: picked in the tree of units, checked, seen, helped.

The commune's camera and microphone are a browser's, and so is what the operator at the province sees of them.
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from scheduler.organization.demonstration import demo_id
from tests.browser.client.visit import at, look, mark, window
from tests.installation import Installation
from tests.media.chromium import chromium
from tests.media.samples import write_camera, write_microphone
from tests.returning import Returning
from tests.story import log_in
from web.visiting.visitor import Visitor

DISTRICT, SITE = demo_id("unit:quanba"), demo_id("site:tamson.quanba")


@dataclass
class People:
    """The province's secretary at the plan and the board, its chair on the API, a commune at its screen."""

    browser: Browser
    url: str
    meeting_id: str
    desk: Visitor
    chair: Visitor
    district: Visitor
    operator: Page
    commune: Page


@pytest.mark.installation
async def test_a_province_sees_and_helps_a_commune(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        installation = await stack.enter_async_context(Installation(tmp_path / "data"))
        camera = write_camera(tmp_path / "camera.y4m", 1, 320, 180, fps=5)
        microphone = write_microphone(tmp_path / "microphone.wav", 1)
        browser = await stack.enter_async_context(chromium(camera, microphone))
        desk, chair, district = [
            await stack.enter_async_context(await log_in(installation, login))
            for login in ("thuky.tinh", "chutich.tinh", "thuky.quanba")
        ]
        operator = await at(browser, installation.url, "thuky.tinh", installation.password)
        meeting_id = await draft(desk)
        people = People(browser, installation.url, meeting_id, desk, chair, district, operator, await window(browser))
        problems = await pick_levels(people)
        await desk.post(f"/api/meetings/{meeting_id}/send")
        problems += await the_commune_checks_itself(people)
        problems += await it_stands_on_the_board(people)
        secretary = await stack.enter_async_context(Returning(desk, meeting_id))
        leader = await stack.enter_async_context(Returning(chair, meeting_id))
        await secretary.command("open_testing")
        await leader.command("convene")
        problems += await it_comes_in_and_is_helped(people)
        assert problems == []


async def draft(desk: Visitor) -> str:
    starts_at = datetime.now(UTC) + timedelta(minutes=10)
    made = await desk.post(
        "/api/meetings",
        {
            "title": "Giao ban tỉnh với các huyện, các xã",
            "host_unit_id": demo_id("unit:tinh"),
            "starts_at": starts_at.isoformat(),
            "ends_at": (starts_at + timedelta(hours=1)).isoformat(),
            "items": [{"title": "Phòng chống rét", "minutes": 30}],
        },
    )
    return str(made["id"])


async def pick_levels(people: People) -> list[str]:
    """A room of its own for one district, with all its communes; everything at once, and back."""
    page = people.operator
    await page.goto(f"{people.url}/meetings/{people.meeting_id}/tree")
    district = page.locator(mark("tree-unit", unit_id=DISTRICT))
    await district.locator(mark("own-room")).check()
    await district.locator(mark("all-below")).check()
    await page.locator(mark("tree-sum"), has_text="2 phòng họp").wait_for()
    picked = await page.inner_text(mark("tree-sum"))
    for _ in range(2):
        await page.click(mark("all-level", level="commune"))
    await district.locator(mark("all-below")).check()
    assert await page.inner_text(mark("tree-sum")) == picked
    await page.click(mark("save-tree"))
    await page.wait_for_selector(f"{mark('save-tree')}:disabled")
    await page.locator("dl", has_text="Máy chủ gửi đi").get_by_text("Mbps").first.wait_for()
    await page.locator(mark("tree-warnings"), has_text="Chưa khai báo đường truyền của máy chủ").wait_for()
    await page.wait_for_selector(mark("host", unit_id=DISTRICT))
    return await look(page, "tree-picked")


async def the_commune_checks_itself(people: People) -> list[str]:
    """Once by a click; the next time the page is opened it runs by itself, and who is there was said before."""
    page = people.commune
    tree = await people.desk.get(f"/api/meetings/{people.meeting_id}/tree")
    room = next(room["meeting_id"] for room in tree["rooms"] if room["unit"]["id"] == DISTRICT)
    sites = (await people.district.get(f"/api/meetings/{room}"))["sites"]
    link = next(site["link"] for site in sites if site["site_id"] == SITE)
    await page.goto(link)
    await page.click(mark("run-readiness"))
    await page.wait_for_selector(mark("readiness-result", ready="true"))
    problems = await look(page, "readiness")
    await page.fill(mark("ready-count"), "4")
    await page.fill(mark("ready-name"), "Vàng A Sính")
    await page.click(mark("ready-people"))
    await page.get_by_text("Khi vào phòng họp, điểm danh đã có số này.").wait_for()
    await page.goto(link)
    await page.wait_for_selector(mark("readiness-result", ready="true"))
    assert await page.input_value(mark("ready-count")) == "4"
    return problems


async def it_stands_on_the_board(people: People) -> list[str]:
    """Checked, with its people and its line; the others of the district have not been checked."""
    page = people.operator
    await page.goto(f"{people.url}/meetings/{people.meeting_id}/board")
    row = page.locator(mark("board-row", site_id=SITE, state="tested"))
    await row.get_by_text("Mbps").wait_for()
    all_rows = await page.locator(mark("board-row")).count()
    assert all_rows > 10
    await page.check(mark("bad-only"))
    await row.wait_for(state="detached")
    assert 0 < await page.locator(mark("board-row")).count() < all_rows
    assert str(await page.locator(f"{mark('board-row')} a").first.get_attribute("href")).startswith("tel:0219")
    problems = await look(page, "board-bad-only")
    await page.uncheck(mark("bad-only"))
    await page.fill(mark("board-search"), "tam son")
    await page.wait_for_function("() => document.querySelectorAll('[data-testid=board-row]').length === 1")
    await page.fill(mark("board-search"), "")
    await page.click(mark("board-grid"))
    await page.wait_for_selector(mark("board-tiles"))
    problems += await look(page, "board-grid")
    await page.get_by_role("button", name="Danh sách").click()
    return problems


async def it_comes_in_and_is_helped(people: People) -> list[str]:
    """Its head count is there without asking; a message, its camera's picture, on air."""
    page, commune = people.operator, people.commune
    await commune.click(f"{mark('site-join')}:enabled")
    await commune.click(f"{mark('enter-room')}:enabled")
    await commune.wait_for_selector(mark("room", role="site"))
    row = page.locator(mark("board-row", site_id=SITE, state="joined"))
    await row.get_by_role("cell", name="4", exact=True).wait_for()
    await row.get_by_role("button").click()
    assert (await page.get_attribute(mark("call"), "href") or "").startswith("tel:0219")
    await page.fill(mark("site-message"), "Đề nghị chỉnh camera")
    await page.click(mark("send-message"))
    await commune.locator(mark("operator-notice"), has_text="Đề nghị chỉnh camera").wait_for()
    await page.click(mark("look"))
    await page.wait_for_function("() => document.querySelector('[role=dialog] img')?.naturalWidth > 0")
    problems = await look(page, "board-site")
    await page.click(mark("put-on-air"))
    await commune.wait_for_selector(mark("on-air-now"))
    await row.get_by_text("Đang phát").wait_for()
    return problems
