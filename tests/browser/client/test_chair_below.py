"""The floor and the chair between levels in real Chromium: a commune speaks to the province, whose chair goes to a
district's leader in his own room and back."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from scheduler.organization.demonstration import demo_id
from tests.browser.client.visit import at, look, mark, window
from tests.installation import Installation
from tests.media.chromium import chromium
from tests.media.samples import write_camera
from tests.story import log_in, until
from web.demo.floor import bring_on_air, take_back
from web.visiting.seat import Seat
from web.visiting.visitor import Visitor

TITLE = "Giao ban toàn tỉnh"
PROVINCE, DISTRICT, COMMUNE = (demo_id(f"site:{key}") for key in ("tinh", "quanba", "tamson.quanba"))


@pytest.mark.installation
async def test_the_floor_and_the_chair_go_to_a_room_below_and_back(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        installation = await stack.enter_async_context(Installation(tmp_path / "data"))
        desk = await stack.enter_async_context(await log_in(installation, "thuky.tinh"))
        root, below = await planned(desk)
        secretary = await stack.enter_async_context(Seat(desk, root))
        await secretary.command("open_testing")
        browser = await stack.enter_async_context(chromium(write_camera(tmp_path / "camera.y4m", 1, 320, 180, fps=5)))
        chair = await inside(browser, installation, "chutich.tinh", root)
        leader = await inside(browser, installation, "chutich.quanba", below)
        await secretary.command("convene")
        await chair.wait_for_selector(mark("links-below"))
        problems = await a_commune_speaks(stack, installation, browser, secretary, below)
        problems += await handed_down(chair, leader)
        problems += await he_leads_from_below(secretary, leader)
        await given_back(chair, leader)
        assert problems == []


async def planned(desk: Visitor) -> tuple[str, str]:
    """A meeting of the province with a room of its own for one district: both ids."""
    starts_at = datetime.now(UTC) + timedelta(minutes=10)
    draft = await desk.post(
        "/api/meetings",
        {
            "title": TITLE,
            "host_unit_id": demo_id("unit:tinh"),
            "starts_at": starts_at.isoformat(),
            "ends_at": (starts_at + timedelta(hours=1)).isoformat(),
            "items": [{"title": "Phòng chống rét", "minutes": 30}],
        },
    )
    path = f"/api/meetings/{draft['id']}"
    sites = [DISTRICT, COMMUNE]
    tree = {"version": draft["version"], "hosts": [{"unit_id": demo_id("unit:quanba")}], "site_ids": sites}
    await desk.put(f"{path}/tree", tree)
    await desk.post(f"{path}/send")
    rooms = (await desk.get(f"{path}/tree"))["rooms"]
    return draft["id"], next(room["meeting_id"] for room in rooms if room["meeting_id"] != draft["id"])


async def inside(browser: Browser, installation: Installation, login: str, meeting_id: str) -> Page:
    page = await at(browser, installation.url, login, installation.password)
    await page.goto(f"{installation.url}/rooms/{meeting_id}")
    await page.click(f"{mark('enter-room')}:enabled")
    await page.wait_for_selector(mark("room", role="chair"))
    return page


async def a_commune_speaks(
    stack: AsyncExitStack, installation: Installation, browser: Browser, secretary: Seat, below: str
) -> list[str]:
    """It looks at the chair above, who gave it the floor, while its own chair's picture stands beside."""
    desk = await stack.enter_async_context(await log_in(installation, "thuky.quanba"))
    sites = (await desk.get(f"/api/meetings/{below}"))["sites"]
    page = await window(browser)
    await page.goto(next(site["link"] for site in sites if site["site_id"] == COMMUNE))
    await page.click(mark("site-join"))
    await page.click(f"{mark('enter-room')}:enabled")
    await page.wait_for_selector(mark("site-video", site_id=DISTRICT, seen="true"))
    async with Seat(desk, below) as sifting:
        await page.click(mark("request-floor"))
        await bring_on_air([sifting, secretary], COMMUNE)
        await page.wait_for_selector(mark("on-air"))
        await page.wait_for_selector(mark("program-video", site_id=PROVINCE, seen="true"))
        await page.wait_for_selector(mark("site-video", site_id=DISTRICT, seen="true"))
        problems = await look(page, "commune-on-air")
        await take_back([sifting, secretary])
    await page.context.close()
    return problems


async def handed_down(chair: Page, leader: Page) -> list[str]:
    """The dialog offers who is there below; the leader is told, and has the desk before him."""
    await chair.click(mark("tool-course"))
    await chair.click(mark("hand-over"))
    option = f"{mark('hand-over-site')} optgroup option[value='{DISTRICT}']"
    await chair.wait_for_selector(option, state="attached")
    await chair.select_option(mark("hand-over-site"), DISTRICT)
    problems = await look(chair, "lend-chair", "[role=dialog]")
    await chair.click(mark("hand-over-confirm"))
    await leader.wait_for_selector(mark("handed-above"))
    problems += await look(leader, "handed-above", "[role=dialog]")
    await leader.click(mark("handed-understood"))
    await leader.wait_for_selector(mark("desk"))
    await leader.wait_for_selector(mark("chair-above"))
    problems += await look(leader, "desk")
    await chair.wait_for_selector(mark("far-chair", status="open"))
    await chair.wait_for_selector(mark("chair-handed", to="from_me"))
    await chair.wait_for_selector(f"video[data-site-id='{DISTRICT}'][data-seen=true]")
    assert await chair.locator(mark("refusal")).count() == 0, "he is not told that his click was lost"
    problems += await look(chair, "chair-is-below")
    return problems


async def he_leads_from_below(secretary: Seat, leader: Page) -> list[str]:
    """He is heard above, moves the agenda, gives a break; the desk follows."""
    await leader.wait_for_selector(mark("mic-state", heard="true"))
    await leader.click(mark("desk-open-item"))
    await secretary.fact("ItemOpened")
    await leader.wait_for_selector(mark("desk-item", status="open"))
    await leader.click(mark("desk-suspend"))
    await secretary.fact("Suspended")
    await leader.wait_for_selector(mark("desk-resume"))
    await leader.wait_for_selector(mark("room-stage", stage="suspended"))  # of his own room's page, which follows
    problems = await look(leader, "desk-suspended")
    await leader.click(mark("desk-resume"))
    await leader.wait_for_selector(mark("room-stage", stage="convened"))
    await secretary.fact("Resumed")
    return problems


async def given_back(chair: Page, leader: Page) -> None:
    await leader.click(mark("desk-return"))
    await is_home(chair, leader)
    await handed_down_again(chair, leader)
    await chair.wait_for_selector(mark("room", role="site"))  # his page has come back as another
    await chair.click(mark("take-chair-back"))  # who lent it needs nobody's leave
    await is_home(chair, leader)


async def handed_down_again(chair: Page, leader: Page) -> None:
    await chair.click(mark("tool-course"))
    await chair.click(mark("hand-over"))
    await chair.select_option(mark("hand-over-site"), DISTRICT)
    await chair.click(mark("hand-over-confirm"))
    await leader.click(mark("handed-understood"))
    await leader.wait_for_selector(mark("desk"))


async def is_home(chair: Page, leader: Page) -> None:
    await leader.wait_for_selector(mark("desk"), state="detached")
    await chair.wait_for_selector(mark("handed-me"))
    await chair.click(mark("handed-understood"))
    await chair.wait_for_selector(mark("room", role="chair"))
    await until(lambda: gone(leader), bool, "nothing more says that he chairs above")


async def gone(page: Page) -> bool:
    return await page.locator(mark("chair-above")).count() == 0
