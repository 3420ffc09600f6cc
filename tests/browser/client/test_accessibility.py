"""Pages outside the room in a real Chromium: axe finds nothing serious; 320 px, 200 % and forced colours are enough."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page

from tests.browser.client.visit import CLIENT, at, look, mark, serious, width_at, window
from tests.installation import Installation
from tests.media.chromium import chromium

PAGES = ("/", "/meetings", "/meetings/new", "/archive", "/organisation", "/me")
SETTINGS = ("installation", "mail", "jobs", "audit", "nodes")
OLD_CHROME = "Mozilla/5.0 (Windows NT 6.1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/90.0.4430.212 Safari/537.36"


@pytest.mark.installation
async def test_pages_are_accessible(tmp_path: Path) -> None:
    assert (CLIENT / "dist" / "index.html").is_file(), "build the client first: npm ci && npm run build"
    async with Installation(tmp_path / "data") as installation, chromium() as browser:
        problems = await secretary(browser, installation)
        problems += await administrator(browser, installation)
        await too_old(browser, installation.url)
        assert problems == []


async def secretary(browser: Browser, installation: Installation) -> list[str]:
    """Every page a secretary opens, and each on the smallest screen."""
    page = await window(browser)
    await page.goto(f"{installation.url}/login")
    await page.wait_for_selector(mark("login-submit"))
    problems = await look(page, "login")
    page = await at(browser, installation.url, "thuky.quanba", installation.password)
    await page.wait_for_selector(mark("meeting-card"))
    meeting = await page.get_attribute(f"{mark('meeting-card')} h3 a", "href") or ""
    parts = [f"{meeting}{part}" for part in ("", "/edit", "/tree", "/board", "/minutes", "/recording", "/dossier")]
    for path in [*PAGES, *parts, "/j/nothing", "/password/nothing", "/nowhere"]:
        await page.goto(installation.url + path)
        await page.wait_for_selector("h1")
        await page.wait_for_load_state("networkidle")
        problems += await look(page, f"secretary{path.replace(meeting, '-meeting').replace('/', '-')}")
        if (wide := await width_at(page, 320)) > 320:
            problems.append(f"{path} is {wide} px wide on a screen of 320")
    for path, button in (("/", "urgent-meeting"), (meeting, "postpone"), (meeting, "cancel-meeting")):
        await page.goto(f"{installation.url}{path}")
        problems += await dialog(page, button)
    return problems


async def dialog(page: Page, button: str, within: Locator | None = None) -> list[str]:
    """Open it, look at it, close it by the keyboard."""
    await (within or page).locator(mark(button)).first.click()
    await page.wait_for_selector("[role=dialog]")
    problems = await look(page, f"dialog-{button}", "[role=dialog]")
    await page.press("[role=dialog]", "Escape")
    await page.wait_for_selector("[role=dialog]", state="detached")
    return problems


async def administrator(browser: Browser, installation: Installation) -> list[str]:
    """Settings, the forms of the organisation; forced colours, reduced motion and 200 % zoom."""
    address = installation.url
    page = await at(browser, address, "quantri", installation.password)
    problems: list[str] = []
    for part in SETTINGS:
        await page.goto(f"{address}/settings/{part}")
        await page.wait_for_load_state("networkidle")
        problems += await look(page, f"settings-{part}")
        assert await width_at(page, 320) <= 320, part
    await page.goto(f"{address}/organisation")
    await page.click(mark("unit"))
    for button in (
        "edit-unit",
        "new-unit",
        "new-person",
        "edit-person",
        "person-roles",
        "new-site",
        "edit-site",
        "new-link",
    ):
        problems += await dialog(page, button)
    problems += await dialog(page, "reset-password", within=page.locator(mark("person"), has_text="Văn thư"))
    await page.click(mark("new-unit"))
    await page.fill(mark("unit-kind"), "Sở")
    await page.fill(mark("unit-name"), "Nội vụ")
    await page.click(mark("save-unit"))
    await page.wait_for_selector(f"{mark('unit-title')} >> text=Nội vụ")
    await page.emulate_media(forced_colors="active", reduced_motion="reduce")
    for path in ("/", "/organisation"):
        await page.goto(address + path)
        await page.wait_for_selector("h1")
        found = await look(page, f"forced-colors-{path.strip('/')}")
        problems += [one for one in found if " color-contrast:" not in one]  # the system's own colours
        assert await width_at(page, 640) <= 640, f"{path} at 200 %"
    return problems


async def too_old(browser: Browser, address: str) -> None:
    """By its name, or because it knows no modules: it is told so, in words."""
    old = await (await browser.new_context(user_agent=OLD_CHROME)).new_page()
    await old.goto(f"{address}/login")
    assert await old.inner_text("#old-browser h1") == "Trình duyệt quá cũ"
    no_modules = await window(browser)
    await no_modules.add_init_script("delete HTMLScriptElement.prototype.noModule")
    await no_modules.goto(f"{address}/login")
    assert "Firefox từ bản 115" in await no_modules.inner_text("#old-browser")
    assert await serious(no_modules) == []
