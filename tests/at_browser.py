"""Somebody at a real browser: clicks what a person clicks, sees the number in a picture, hears the number in a tone.

What is seen is a frame that comes while one looks: a picture that stands still is not seen.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Locator, Page, TimeoutError, expect

from tests.browser.client.visit import look
from tests.media import picture_code, screen, tone
from tests.media.chromium import EXECUTABLE, PLAIN_SOUND_JS, chromium
from tests.media.samples import write_camera, write_microphone

PATIENCE_MS = 90_000
SCREEN = 100
"""The screen that somebody shares shows this plus the number of his camera."""
SHOTS = Path(os.environ["SCREENSHOTS"]) if "SCREENSHOTS" in os.environ else None  # for people who want to look
READ_NEXT_FRAME_JS = f"""
async (element) => {{
  const came = await new Promise((resolve) => {{
    element.requestVideoFrameCallback(() => resolve(true));
    setTimeout(resolve, 1000, false);
  }});
  return came ? ({picture_code.READ_JS.strip()})(element) : null;
}}
"""


class AtBrowser:
    """One page in a Chromium of its own; errors of the page's scripts are kept in ``complaints``."""

    def __init__(self, page: Page, url: str, number: int | None = None) -> None:
        self.page, self.url, self.number = page, url, number
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.set_default_timeout(PATIENCE_MS)

    def at(self, test_id: str, **attributes: str) -> Locator:
        """The element with this test id (and ``data-…`` attributes, underscores for dashes)."""
        conditions = "".join(f'[data-{name.replace("_", "-")}="{value}"]' for name, value in attributes.items())
        return self.page.locator(f'[data-testid="{test_id}"]{conditions}')

    async def click(self, test_id: str, **attributes: str) -> None:
        await self.at(test_id, **attributes).first.click()

    async def fill(self, test_id: str, text: str, nth: int = 0) -> None:
        await self.at(test_id).nth(nth).fill(text)

    async def choose(self, test_id: str, text: str) -> None:
        """The first choice of a list that contains this text."""
        option = self.at(test_id).locator("option", has_text=text).first
        await option.wait_for(state="attached")
        await self.at(test_id).select_option(await option.get_attribute("value"))

    async def looks(self, name: str) -> None:
        """What axe finds on the page as it stands is a complaint too."""
        self.complaints += await look(self.page, name)

    async def elsewhere(self) -> AtBrowser:
        """The same camera and microphone at another machine: nothing of this one's sessions or checks is known."""
        browser = self.page.context.browser
        assert browser
        return await _new_person(browser, self.url, self.number)

    async def opens(self, path: str) -> None:
        await self.page.goto(path if path.startswith("http") else self.url + path)

    async def logs_in(self, login: str, password: str) -> None:
        await self.opens("/login")
        await self.fill("login-name", login)
        await self.fill("login-password", password)
        await self.click("login-submit")
        await self.page.wait_for_url(f"{self.url}/")

    async def enters_room(self) -> None:
        """Past the device check, when there is one."""
        await self.at("enter-room").or_(self.at("room")).first.wait_for()
        if await self.at("enter-room").count():
            await self.click("enter-room")
        await self.at("room").wait_for()

    async def tool(self, name: str) -> None:
        """Open a panel of the rail."""
        if not await self.at(f"panel-{name}").count():
            await self.click(f"tool-{name}")
        await self.at(f"panel-{name}").wait_for()

    async def stage_is(self, stage: str) -> None:
        await self.at("room-stage", stage=stage).wait_for()

    async def ends(self) -> None:
        """The page says that the meeting is over."""
        try:
            await self.at("room-ended").wait_for()
        except TimeoutError as error:
            raise AssertionError(f"the page says: {await self.page.inner_text('body')}") from error

    async def sees(self, number: int, test_id: str = "program-video") -> None:
        """Wait until the picture shows this machine-readable number."""
        await self._until(number, lambda: self._number(test_id), f"{test_id} shows")

    async def reads(self, number: int, test_id: str) -> None:
        """Wait until the page of a paper that is shown there is the one with this number."""
        page = self.at(test_id).locator("img")
        await self._until(number, lambda: self._evaluated(page, picture_code.READ_JS), f"{test_id} shows")

    async def clock_runs(self, test_id: str) -> None:
        """Wait until another time stands there."""
        clock = self.at(test_id).locator("b")
        await expect(clock).not_to_have_text(await clock.inner_text(), timeout=PATIENCE_MS)

    async def hears(self, number: int) -> None:
        """Wait until one of the voices is this tone."""
        await self._until(number, self._tones, "voices are")

    async def hears_only(self, numbers: set[int], times: int = 20) -> None:
        """Listen a while: no tone but these."""
        for _ in range(times):
            heard = {one for one in await self._tones() if one is not None}
            assert heard <= numbers, f"heard {heard}, allowed {numbers}"
            await asyncio.sleep(0.1)

    async def screenshot(self, path: Path) -> None:
        await self.page.screenshot(path=path)

    async def _number(self, test_id: str) -> list[int | None]:
        return await self._evaluated(self.at(test_id), READ_NEXT_FRAME_JS)

    async def _evaluated(self, elements: Locator, reading: str) -> list[int | None]:
        if not await elements.count():
            return []
        found: int | None = await elements.first.evaluate(reading)
        return [found]

    async def _tones(self) -> list[int | None]:
        return [await element.evaluate(tone.READ_JS) for element in await self.at("audio-slot").element_handles()]

    async def _until(self, number: int, look: object, what: str) -> None:
        assert callable(look)
        seen: list[int | None] = []
        deadline = asyncio.get_running_loop().time() + PATIENCE_MS / 1000
        while asyncio.get_running_loop().time() < deadline:
            seen = await look()
            if number in seen:
                return
            await asyncio.sleep(0.1)
        raise AssertionError(f"{what} {seen}, not {number}")


@asynccontextmanager
async def at_browser(
    url: str, folder: Path, number: int | None = None, *, executable: str = EXECUTABLE, loopback: bool = False
) -> AsyncIterator[AtBrowser]:
    """A person with a browser; ``number`` is drawn in the camera's picture and sounds in the microphone."""
    camera = microphone = None
    if number is not None:
        camera = write_camera(folder / f"camera{number}.y4m", number, 320, 180, fps=5)
        microphone = write_microphone(folder / f"microphone{number}.wav", number)
    modest = str(wrapper(folder, executable))
    async with chromium(camera, microphone, loopback=loopback, executable=modest) as browser:
        yield await _new_person(browser, url, number)


def wrapper(folder: Path, executable: str) -> Path:
    """The browser gives way to the server, which in life has a machine of its own."""
    path = folder / f"modest-{Path(executable).name}"
    path.write_text(f'#!/bin/sh\nexec nice -n 5 {executable} "$@"\n')
    path.chmod(0o700)
    return path


async def _new_person(browser: Browser, url: str, number: int | None) -> AtBrowser:
    context = await browser.new_context(
        ignore_https_errors=True,
        locale="vi-VN",
        viewport={"width": 1366, "height": 768},
        device_scale_factor=1 if SHOTS else 0.5,  # without a graphics card each pixel of a moving picture costs
    )
    await context.add_init_script(PLAIN_SOUND_JS)
    if number is not None:
        await context.add_init_script(screen.script(SCREEN + number))
    return AtBrowser(await context.new_page(), url, number)
