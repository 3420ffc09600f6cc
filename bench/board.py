"""The site board with 208 sites in Chromium: how long a key or a click waits while rows change every two seconds.

The built client is served from its folder and the board's answers are made here (seeded), so that nothing but the page
is measured. What counts is the browser's own figure: from the key or click until it is handled (input delay), and until
the next picture stands (what a person sees).
"""

from __future__ import annotations

import asyncio
import json
import mimetypes
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from playwright.async_api import Page, Route, async_playwright

from bench.record import Figure, spread
from tests.media.chromium import EXECUTABLE

DIST = Path(__file__).parents[1] / "web" / "client" / "dist"
ORIGIN = "http://board.localhost"
MEETING = "0199aaaa-0000-7000-8000-000000000001"
SITES, ROOMS = 208, 12
WORDS = ("quản bạ", "lùng", "sơn", "xã ta", "đồng văn")
OBSERVE = """
window.__events = [];
new PerformanceObserver((list) => { for (const e of list.getEntries())
  if (e.interactionId) window.__events.push([e.processingStart - e.startTime, e.duration]); }
).observe({ type: "event", durationThreshold: 16, buffered: true });
"""
SESSION: dict[str, Any] = {
    "person": {"id": "p", "name": "Cán bộ kỹ thuật", "posts": []}, "site": None, "roles": [], "csrf": "c",
    "language": "vi", "banner": None, "installation": {"name": "Giao Ban", "demo": True}, "version": "1",
}  # fmt: skip
SHORT: dict[str, Any] = {"seconds": 20.0}
FULL: dict[str, Any] = {"seconds": 60.0}
PROBLEMS = ("no_sound", "no_picture", "weak_line", "not_joined", "not_tested", "check_camera")


class Answers:
    """What the server would say; a fifth of the rows is different each time."""

    def __init__(self) -> None:
        self._random = Random(208)
        self._rows = [self._row(number) for number in range(SITES)]

    def board(self) -> dict[str, Any]:
        for number in self._random.sample(range(SITES), SITES // 5):
            self._rows[number] = self._row(number)
        at = datetime.now(UTC).isoformat()
        rooms = [self._told(number) for number in range(ROOMS)]
        return {"now": at, "title": "Giao ban", "starts_at": at, "stage": "testing", "rooms": rooms, "rows": self._rows}

    def _told(self, number: int) -> dict[str, Any]:
        above = None if number == 0 else MEETING
        return {"id": self._room(number), "parent_id": above, "stage": "testing", "unit_title": f"huyện {number}"}

    def _room(self, number: int) -> str:
        return MEETING if number == 0 else f"room-{number}"

    def _row(self, number: int) -> dict[str, Any]:
        random = self._random
        joined = random.random() < 0.8
        problems = random.sample(PROBLEMS, random.randrange(1, 3)) if random.random() < 0.2 else []
        return {
            "site_id": f"site-{number}", "room_id": self._room(number % ROOMS), "level": "commune", "role": "required",
            "unit_title": f"xã {WORDS[number % len(WORDS)].title()} {number}", "site_name": "Phòng họp UBND xã",
            "phone": "0219 000 0001", "reply": "accepted", "reply_reason": "", "delivery": "sent", "tested_at": None,
            "state": "joined" if joined else "tested", "problems": problems, "audio": joined, "video": joined,
            "loss": round(random.random() / 20, 3), "rtt_ms": random.randrange(10, 300), "step": "full",
            "head_count": random.randrange(1, 9), "on_air": number == 3, "asks": random.random() < 0.05, "check": None,
        }  # fmt: skip

    async def answer(self, route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN).partition("?")[0]
        if path == "/api/session":
            await route.fulfill(json=SESSION)
        elif path.endswith("/board") and path.startswith("/api/"):
            await route.fulfill(body=json.dumps(self.board()), content_type="application/json")
        elif path.startswith("/api/"):
            await route.fulfill(status=404, json={"error": {"code": "not_found", "message": ""}})
        else:
            file = DIST / path.lstrip("/")
            found = file if file.is_file() else DIST / "index.html"
            kind = mimetypes.guess_type(found.name)[0] or "text/html"
            await route.fulfill(body=found.read_bytes(), content_type=kind)


async def _measure(seconds: float, picture: Path | None) -> list[Figure]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=EXECUTABLE, args=["--no-sandbox", "--disable-gpu"])
        page = await browser.new_page(viewport={"width": 1366, "height": 768})
        await page.route("**/*", Answers().answer)
        await page.goto(f"{ORIGIN}/meetings/{MEETING}/board")
        await page.wait_for_function(f"document.querySelectorAll('[data-testid=board-row]').length === {SITES}")
        await page.evaluate(OBSERVE)
        if picture is not None:
            await page.screenshot(path=picture)
        end = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < end:
            await _use(page)
        events = await page.evaluate("window.__events")
        await browser.close()
    return [
        Figure("keys and clicks", len(events), ""),
        *spread("input delay", [event[0] for event in events]),
        Figure("input delay, worst", round(max(event[0] for event in events), 1), "ms"),
        *spread("until the next picture", [event[1] for event in events]),
    ]


async def _use(page: Page) -> None:
    """As an operator does: looks for a name, narrows to problems, changes the view, back."""
    search = page.locator("[data-testid=board-search]")
    await search.press_sequentially("lung 1", delay=60)
    await search.fill("")
    await page.locator("[data-testid=bad-only]").click()
    await page.locator("[data-testid=bad-only]").click()
    await page.locator("[data-testid=board-grid]").click()
    await page.get_by_role("button", name="Danh sách").click()


def measure(seconds: float = 20.0, picture: Path | None = None) -> list[Figure]:
    """What an operator at work waits for."""
    return asyncio.run(_measure(seconds, picture))
