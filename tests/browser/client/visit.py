"""A person at a real Chromium on a real installation: logs in, opens pages, is checked by axe."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.async_api import Browser, Page

CLIENT = Path(__file__).parents[3] / "web" / "client"
AXE = CLIENT / "node_modules" / "axe-core" / "axe.min.js"
LIMIT_MS = 90_000


async def at(browser: Browser, url: str, login: str, password: str) -> Page:
    """This person, logged in, in a window of their own."""
    page = await window(browser)
    await page.goto(f"{url}/login")
    await page.fill("[data-testid=login-name]", login)
    await page.fill("[data-testid=login-password]", password)
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{url}/")
    return page


async def window(browser: Browser) -> Page:
    context = await browser.new_context(locale="vi-VN", viewport={"width": 1280, "height": 800}, accept_downloads=True)
    context.set_default_timeout(LIMIT_MS)
    return await context.new_page()


def mark(name: str, **data: str) -> str:
    """A selector by test id and data attributes."""
    return f"[data-testid={name}]" + "".join(f'[data-{key.replace("_", "-")}="{value}"]' for key, value in data.items())


async def serious(page: Page) -> list[str]:
    """What axe calls serious or critical, with the first place of each."""
    await page.evaluate(AXE.read_text())
    found = await page.evaluate("axe.run()")
    return [
        f"{page.url} {one['id']}: {one['nodes'][0]['html'][:160]}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]


async def look(page: Page, name: str) -> list[str]:
    """What axe finds; and, for people who want to look themselves, a picture in ``$CLIENT_PICTURES``."""
    folder = os.environ.get("CLIENT_PICTURES")
    if folder:
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
    return await serious(page)


async def width_at(page: Page, width: int) -> int:
    """How wide the page is on a screen of this width."""
    await page.set_viewport_size({"width": width, "height": 640})
    wide: int = await page.evaluate("document.documentElement.scrollWidth")
    await page.set_viewport_size({"width": 1280, "height": 800})
    return wide
