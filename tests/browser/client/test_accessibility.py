"""Every page a secretary opens, in a real Chromium on the real service: axe finds nothing serious, 320 px is enough."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import async_playwright

from tests.browser.client.visit import CLIENT, at, look, mark, serious, width_at, window
from tests.media.chromium import chromium

LOGIN, PASSWORD = "thuky.quanba", "giao-ban-2025"
PAGES = ["/", "/meetings", "/meetings/new", "/archive", "/organisation", "/me"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
async def address(tmp_path: Path) -> AsyncIterator[str]:
    """The service with the demonstration organisation, on a port of its own."""
    port = free_port()
    env = {**os.environ, "GIAOBAN_DATA": str(tmp_path), "GIAOBAN_PORT": str(port)}
    demo = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "web.command", "demo", env=env, stdout=asyncio.subprocess.DEVNULL
    )
    assert await demo.wait() == 0
    web = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "web.command",
        "web",
        env=env,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    base = f"http://localhost:{port}"
    async with httpx.AsyncClient() as http:
        async with asyncio.timeout(90):
            while True:
                try:
                    if (await http.get(f"{base}/healthz")).status_code == 200:
                        break
                except httpx.HTTPError:
                    await asyncio.sleep(0.2)
    yield base
    web.terminate()
    await web.wait()


async def test_pages_are_accessible_and_fit_a_phone(address: str) -> None:
    assert (CLIENT / "dist" / "index.html").is_file(), "build the client first: npm ci && npm run build"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = await browser.new_page(locale="vi-VN")
        await page.goto(f"{address}/login")
        await page.wait_for_selector("[data-testid=login-submit]")
        problems = await serious(page)
        await page.fill("[data-testid=login-name]", LOGIN)
        await page.fill("[data-testid=login-password]", PASSWORD)
        await page.keyboard.press("Enter")
        await page.wait_for_selector("[data-testid=meeting-card]")
        meeting = await page.get_attribute("[data-testid=meeting-card] h3 a", "href")
        for path in [*PAGES, f"{meeting}", f"{meeting}/edit", f"{meeting}/minutes"]:
            await page.set_viewport_size({"width": 1280, "height": 800})
            await page.goto(address + path)
            await page.wait_for_selector("h1")
            await page.wait_for_load_state("networkidle")
            problems += await serious(page)
            await page.set_viewport_size({"width": 320, "height": 640})
            wide = await page.evaluate("document.documentElement.scrollWidth")
            if wide > 320:
                problems.append(f"{path} is {wide} px wide on a screen of 320")
        await browser.close()
    assert problems == []


SETTINGS = ("installation", "mail", "jobs", "audit")
OLD_CHROME = "Mozilla/5.0 (Windows NT 6.1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/90.0.4430.212 Safari/537.36"


async def test_the_administrator_and_other_ways_to_look(address: str) -> None:
    async with chromium() as browser:
        page = await at(browser, address, "quantri")
        problems: list[str] = []
        for part in SETTINGS:
            await page.goto(f"{address}/settings/{part}")
            await page.wait_for_load_state("networkidle")
            problems += await look(page, f"settings-{part}")
            assert await width_at(page, 320) <= 320, part
        await page.goto(f"{address}/organisation")
        await page.click(mark("unit"))
        for button in ("edit-unit", "new-unit", "new-person", "new-site"):
            await page.click(mark(button))
            problems += await look(page, button)
            await page.keyboard.press("Escape")
        await page.click(mark("new-unit"))
        await page.fill(mark("unit-kind"), "Sở")
        await page.fill(mark("unit-name"), "Nội vụ")
        await page.click(mark("save-unit"))
        await page.wait_for_selector(f"{mark('unit-title')} >> text=Nội vụ")
        await page.emulate_media(forced_colors="active", reduced_motion="reduce")
        for path in ("/", "/organisation"):
            await page.goto(address + path)
            await page.wait_for_selector("h1")
            problems += await look(page, f"forced-colors-{path.strip('/')}")
            assert await width_at(page, 640) <= 640, f"{path} at 200 %"
        assert problems == []


async def test_a_browser_too_old_is_told_so(address: str) -> None:
    async with chromium() as browser:
        old = await (await browser.new_context(user_agent=OLD_CHROME)).new_page()
        await old.goto(f"{address}/login")
        assert await old.inner_text("#old-browser h1") == "Trình duyệt quá cũ"
        no_modules = await window(browser)
        await no_modules.add_init_script("delete HTMLScriptElement.prototype.noModule")
        await no_modules.goto(f"{address}/login")
        assert "Firefox từ bản 115" in await no_modules.inner_text("#old-browser")
        assert await serious(no_modules) == []
