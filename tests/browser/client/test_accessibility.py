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
from playwright.async_api import Page, async_playwright

CLIENT = Path(__file__).parents[3] / "web" / "client"
AXE = CLIENT / "node_modules" / "axe-core" / "axe.min.js"
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


async def serious(page: Page) -> list[str]:
    """What axe calls serious or critical, with the first place of each."""
    await page.evaluate(AXE.read_text())
    found = await page.evaluate("axe.run()")
    return [
        f"{page.url} {one['id']}: {one['nodes'][0]['html'][:160]}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]


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
