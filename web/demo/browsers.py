"""Three Chromiums without windows: the chair above, the district, a commune; each with a camera of 320 × 180 at 10 fps.

Playwright drives them (a package of the development tools); they press what people press.
"""

from __future__ import annotations

import asyncio
import importlib.util
import shutil
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from recordings.name_plate import write_camera
from web.demo.conference import Conference
from web.demo.errors import DemoFailed, Missing
from web.demo.floor import bring_on_air, take_back
from web.demo.layout import Layout, Place
from web.demo.screen import doors_of_communes
from web.visiting.seat import Seat

if TYPE_CHECKING:
    from playwright.async_api import Browser, Locator, Page, Playwright

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-sync",
    "--no-first-run",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
)
LOOPBACK = "--allow-loopback-in-peer-connection"
FPS = 10
WINDOW = (1280, 800)
PATIENCE_MS = 120_000
SETTLED_S = 6.0  # until the pictures at the side have come too
PLAYS_JS = """
(element) => new Promise((resolve) => {
  let left = 3;
  const step = () => (--left ? element.requestVideoFrameCallback(step) : resolve(true));
  element.requestVideoFrameCallback(step);
})
"""


@dataclass(frozen=True, slots=True)
class Person:
    """Who sits at one of them: logs in, or opens a site's link."""

    name: str
    plate: str
    place: Place
    room_id: str
    login: str = ""
    link: str = ""
    site_id: str = ""


def people(layout: Layout, conference: Conference) -> list[Person]:
    found = []
    for place, plate in ((layout.central, "Chủ tọa trung ương"), (layout.district, "UBND huyện Quản Bạ")):
        room = conference.room_of(place)
        found.append(Person(place.name, plate, place, room.id, login=room.chair))
    guest = doors_of_communes(layout, conference)[0]
    commune = Person("commune", f"UBND {guest.unit}", layout.district, guest.room_id, "", guest.link, guest.site_id)
    return [*found, commune]


def check_there() -> None:
    """Raises :class:`Missing` with the command that brings it."""
    if importlib.util.find_spec("playwright") is None:
        raise Missing("--browsers cần Playwright: .venv/bin/pip install playwright")


class Browsers:
    """``join`` all of them, ``show`` the commune on air and keep pictures."""

    def __init__(self, layout: Layout, conference: Conference, folder: Path) -> None:
        self._layout = layout
        self._people = people(layout, conference)
        self._folder = folder
        self.pages: dict[str, Page] = {}

    async def join(self, stack: AsyncExitStack) -> None:
        from playwright.async_api import async_playwright

        self._folder.mkdir(parents=True, exist_ok=True)
        playwright = await stack.enter_async_context(async_playwright())
        for person in self._people:
            browser = await self._launch(playwright, person)
            stack.push_async_callback(browser.close)
            page = self.pages[person.name] = await self._window(browser)
            await enter(page, person)

    async def _launch(self, playwright: Playwright, person: Person) -> Browser:
        camera = self._layout.folder / f"camera-{person.name}.y4m"
        await asyncio.to_thread(write_camera, camera, person.plate, FPS)
        flags = [*FLAGS, f"--use-file-for-fake-video-capture={camera}"]
        flags += [] if self._layout.isolated else [LOOPBACK]
        return await playwright.chromium.launch(executable_path=shutil.which("chromium"), headless=True, args=flags)

    async def _window(self, browser: Browser) -> Page:
        context = await browser.new_context(
            locale="vi-VN", viewport={"width": WINDOW[0], "height": WINDOW[1]}, ignore_https_errors=True
        )
        context.set_default_timeout(PATIENCE_MS)
        return await context.new_page()

    async def show(self, seats: Sequence[Seat]) -> list[Path]:
        """The commune asks for the floor, gets it over all levels, and is seen by all; a picture of each page."""
        try:
            await self._speak(seats)
        except Exception as error:
            taken = await self.take()
            raise DemoFailed(f"Xã chưa lên hình: {type(error).__name__}: {error}; ảnh chụp: {taken[-1]}") from error
        return await self.take()

    async def _speak(self, seats: Sequence[Seat]) -> None:
        commune = self._people[-1]
        page = self.pages[commune.name]
        await take_back(seats)
        asked = _at(page, "withdraw-request")
        await _at(page, "request-floor").or_(asked).first.wait_for()
        if await asked.count():  # of an earlier run
            await asked.first.click()
        await _at(page, "request-floor").first.click()
        await bring_on_air(seats, commune.site_id)
        for page in self.pages.values():  # the commune's own shows who gave it the floor
            video = _at(page, "program-video").first
            await video.wait_for()
            await asyncio.wait_for(video.evaluate(PLAYS_JS), PATIENCE_MS / 1000)
        await asyncio.sleep(SETTLED_S)

    async def take(self) -> list[Path]:
        """A picture of each page, and one of all."""
        paths = []
        for name, page in self.pages.items():
            paths.append(self._folder / f"{name}.png")
            await page.screenshot(path=paths[-1])
        return [*paths, await asyncio.to_thread(side_by_side, paths, self._folder / "province.png")]


async def enter(page: Page, person: Person) -> None:
    if person.login:
        await page.goto(f"{person.place.url}/login")
        await _at(page, "login-name").fill(person.login)
        await _at(page, "login-password").fill(person.place.password_file.read_text())
        await _at(page, "login-submit").click()
        await page.wait_for_url(f"{person.place.url}/")
        await page.goto(f"{person.place.url}/rooms/{person.room_id}")
    else:
        await page.goto(person.link)
        await _at(page, "site-join").click()
    await _at(page, "enter-room").or_(_at(page, "room")).first.wait_for()
    if await _at(page, "enter-room").count():
        await _at(page, "enter-room").click()
    await _at(page, "room").wait_for()


def _at(page: Page, name: str) -> Locator:
    return page.locator(f'[data-testid="{name}"]')


def side_by_side(paths: Sequence[Path], target: Path) -> Path:
    """The first picture large, the others beside it below one another; few colours, so that it stays small."""
    first, *rest = (Image.open(path).convert("RGB") for path in paths)
    height = first.height // max(len(rest), 1)
    width = round(max((one.width * height / one.height for one in rest), default=0))
    whole = Image.new("RGB", (first.width + width, first.height), "white")
    whole.paste(first, (0, 0))
    for number, one in enumerate(rest):
        whole.paste(one.resize((width, height), Image.Resampling.LANCZOS), (first.width, number * height))
    whole.quantize(128).save(target, optimize=True)
    return target
