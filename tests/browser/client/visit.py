"""A person at a real Chromium on a real installation: logs in, opens pages, is checked by axe."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, ViewportSize

from tests.media.chromium import PLAIN_SOUND_JS

CLIENT = Path(__file__).parents[3] / "web" / "client"
AXE = CLIENT / "node_modules" / "axe-core" / "axe.min.js"
LIMIT_MS = 90_000
PICTURES = Path(os.environ["CLIENT_PICTURES"]) if "CLIENT_PICTURES" in os.environ else None


async def at(browser: Browser, url: str, login: str, password: str) -> Page:
    """This person, logged in, in a window of their own."""
    page = await window(browser)
    await page.goto(f"{url}/login")
    await page.fill("[data-testid=login-name]", login)
    await page.fill("[data-testid=login-password]", password)
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{url}/")
    return page


OLD_PC = (1366, 768)
PHONE = (390, 844)


async def window(browser: Browser, size: tuple[int, int] = OLD_PC) -> Page:
    """A window of its own; by default on the screen of an old PC."""
    viewport: ViewportSize = {"width": size[0], "height": size[1]}
    scale = 1 if PICTURES else 0.5  # without a graphics card each pixel of a moving picture costs
    context = await browser.new_context(
        locale="vi-VN", viewport=viewport, accept_downloads=True, device_scale_factor=scale
    )
    context.set_default_timeout(LIMIT_MS)
    await context.add_init_script(PLAIN_SOUND_JS)
    return await context.new_page()


def mark(name: str, **data: str) -> str:
    """A selector by test id and data attributes."""
    return f"[data-testid={name}]" + "".join(f'[data-{key.replace("_", "-")}="{value}"]' for key, value in data.items())


NAMES = ("aria-input-field-name", "aria-toggle-field-name", "button-name", "frame-title", "html-lang-valid",
         "image-alt", "input-button-name", "label", "link-name", "select-name")  # fmt: skip


async def serious(page: Page, within: str = "html", *, only: tuple[str, ...] = ()) -> list[str]:
    """What axe calls serious or critical, with the first place of each; ``only`` by these rules."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE.read_text())
    options: dict[str, Any] = {"resultTypes": ["violations"], "preload": False}
    if only:
        options["runOnly"] = {"type": "rule", "values": only}
    found = await page.evaluate("([within, options]) => axe.run(within, options)", [within, options])
    return [
        f"{page.url} {one['id']}: {one['nodes'][0]['html'][:160]}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]


async def look(page: Page, name: str, within: str = "html") -> list[str]:
    """What axe finds, and whether the page is wider than its window; in both languages where the page offers them.

    ``within``: what is new on a page already looked at. The other language differs in what things are called. For
    people who want to look themselves there is a picture in ``$CLIENT_PICTURES``.
    """
    if PICTURES:
        await page.screenshot(path=PICTURES / f"{name}.png")
    problems = await serious(page, within)
    problems += await too_wide(page, name)
    if await page.locator(mark("language")).count():
        await other_language(page)
        there = await serious(page, within, only=NAMES) + await too_wide(page, name)
        problems += [f"in the other language: {one}" for one in there]
        await other_language(page)
    return problems


async def too_wide(page: Page, name: str) -> list[str]:
    fits = await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    return [] if fits else [f"{page.url} {name}: wider than its window"]


async def other_language(page: Page) -> None:
    """The page's own switch, dialogs stay open."""
    before = await page.evaluate("document.documentElement.lang")
    await page.evaluate("document.querySelector('[data-testid=language]').click()")
    await page.wait_for_function(
        """before => document.documentElement.lang !== before
            && document.querySelector('a[href="#main"]').textContent.startsWith(before === 'vi' ? 'Skip' : 'Chuyển')""",
        arg=before,
    )


async def speak_english(page: Page) -> None:
    """In a room there is no switch: the session's language changes and the page is loaded again."""
    await page.evaluate(
        """async () => {
            const { csrf } = await (await fetch("/api/session")).json();
            const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrf };
            await fetch("/api/session", { method: "PATCH", headers, body: JSON.stringify({ language: "en" }) });
        }"""
    )
    await page.reload()
    await page.wait_for_function("() => document.documentElement.lang === 'en'")


async def width_at(page: Page, width: int) -> int:
    """How wide the page is on a screen of this width."""
    before = page.viewport_size
    await page.set_viewport_size({"width": width, "height": 640})
    wide: int = await page.evaluate("document.documentElement.scrollWidth")
    if before:
        await page.set_viewport_size(before)
    return wide
