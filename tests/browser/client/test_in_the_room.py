"""The room in real Chromium: axe for every role, the floor by keyboard alone, a second machine."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from tests.browser.client.visit import at, look, mark, width_at, window
from tests.installation import Installation
from tests.media.chromium import chromium
from tests.seat import Seat
from tests.story import Planned, log_in, plan_and_send


@dataclass
class People:
    """Who sits where."""

    browser: Browser
    installation: Installation
    planned: Planned
    chair: Page
    secretary: Page
    site: Page

    @property
    def room(self) -> str:
        return f"{self.installation.url}/rooms/{self.planned.id}"

    @property
    def link(self) -> str:
        return self.planned.links[self.planned.sites[0]["site_id"]]


@pytest.mark.xdist_group("machine")
async def test_a_meeting_at_the_screen(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        installation = await stack.enter_async_context(Installation(tmp_path / "data"))
        planned = await opened(installation)
        browser = await stack.enter_async_context(chromium())
        chair = await at(browser, installation.url, "chutich.quanba", installation.password)
        secretary = await at(browser, installation.url, "thuky.quanba", installation.password)
        people = People(browser, installation, planned, chair, secretary, await window(browser))
        problems = await come_in(people)
        problems += await floor_by_keyboard(people)
        problems += await desk(people)
        problems += await hall(people)
        problems += await second_machine(people)
        assert problems == []


async def opened(installation: Installation) -> Planned:
    secretary = await log_in(installation, "thuky.quanba")
    planned = await plan_and_send(secretary)
    async with Seat(secretary, planned.id) as seat:
        await seat.command("open_testing")
    await secretary.http.aclose()
    return planned


async def come_in(people: People) -> list[str]:
    """By link and by log in, through the device check, into the room."""
    await people.site.goto(people.link)
    await people.site.wait_for_selector(mark("site-join"))
    problems = await look(people.site, "link")
    assert await width_at(people.site, 320) <= 320
    await people.site.click(mark("site-join"))
    await people.chair.goto(people.room)
    for page, name in ((people.site, "site"), (people.chair, "chair")):
        await page.wait_for_selector(f"{mark('enter-room')}:enabled")
        problems += await look(page, f"check-{name}")
        await page.click(mark("enter-room"))
        await page.wait_for_selector(mark("room", role=name))
    await people.secretary.goto(people.room)
    await people.secretary.wait_for_selector(mark("room", role="secretary"))
    await people.chair.click(mark("tool-course"))
    await people.chair.click(mark("convene"))
    await people.site.wait_for_selector(mark("request-floor"))
    return problems


async def floor_by_keyboard(people: People) -> list[str]:
    """The chair gives the floor, the site gives it back: nobody touches a mouse."""
    await people.site.keyboard.press("Alt+Shift+P")
    await people.site.wait_for_selector(mark("my-request"))
    await people.chair.keyboard.press("Alt+Shift+D")
    await people.chair.wait_for_selector(mark("queue-row"))
    for _ in range(40):
        await people.chair.keyboard.press("Tab")
        if await people.chair.evaluate("document.activeElement.dataset.testid") == "grant-floor":
            break
    await people.chair.keyboard.press("Enter")
    await people.site.wait_for_selector(mark("on-air"))
    problems = await look(people.site, "on-air") + await look(people.chair, "room-chair")
    problems += await notes(people)
    await people.site.keyboard.press("Alt+Shift+X")
    await people.site.wait_for_selector(mark("on-air"), state="detached")
    return problems


async def notes(people: People) -> list[str]:
    """One key notes the time and who speaks."""
    await people.secretary.keyboard.press("Alt+Shift+G")
    await people.secretary.wait_for_function(
        "name => document.querySelector('[data-testid=notes]')?.value.includes(name)",
        arg=people.planned.sites[0]["unit_title"],
    )
    assert await people.secretary.evaluate("document.activeElement.dataset.testid") == "notes"
    return await look(people.secretary, "room-secretary")


async def desk(people: People) -> list[str]:
    """Every tool of every role is accessible; a paper is turned for all; a message reaches all."""
    problems: list[str] = []
    for page, name in ((people.secretary, "secretary"), (people.chair, "chair"), (people.site, "site")):
        for tool in await page.locator("[data-testid^=tool-]").all():
            if await tool.get_attribute("aria-pressed") == "false":
                await tool.click()
            problems += await look(page, f"{name}-{await tool.get_attribute('data-testid')}")
    await people.secretary.click(mark("tool-papers"))
    await people.secretary.click(mark("show-paper"))
    await people.secretary.click(f"{mark('panel-papers')} >> text=Trang sau")
    await people.site.wait_for_selector("img[src*='/pages/2.png']")
    await people.secretary.click(mark("tool-chat"))
    await people.secretary.fill(mark("chat-text"), "Đề nghị các xã gửi số liệu trước 11 giờ.")
    await people.secretary.click(mark("chat-send"))
    await people.site.click(mark("tool-chat"))
    await people.site.wait_for_selector(f"{mark('chat')} >> text=Đề nghị các xã")
    return problems + await look(people.site, "room-site-paper")


async def hall(people: People) -> list[str]:
    page = await people.secretary.context.new_page()
    await page.goto(f"{people.room}?view=hall")
    await page.wait_for_selector(mark("hall"))
    problems = await look(page, "room-hall")
    await page.close()
    return problems


async def second_machine(people: People) -> list[str]:
    """The same link on another computer is asked first, then takes the site over."""
    other = await window(people.browser)
    await other.goto(people.link)
    await other.click(mark("site-join"))
    await other.click(f"{mark('enter-room')}:enabled")
    await other.wait_for_selector(mark("occupied"))
    problems = await look(other, "occupied")
    await other.click(mark("take-over"))
    await other.wait_for_selector(mark("room", role="site"))
    await other.close()
    return problems
