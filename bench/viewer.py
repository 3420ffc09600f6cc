"""A site's person at a real Chromium: presses what people press, and notes when which picture was seen on air."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page

from tests.media import picture_code
from tests.media.chromium import chromium
from tests.media.samples import write_camera, write_microphone

WAIT_S = 60.0
NUMBER = 31  # in the picture and tone that this browser sends
# Every frame that the program's element presents is read; changes are noted with the wall clock in ms.
WATCH_JS = """
(() => {
  const read = READ_CODE, known = new WeakSet();
  window.seen = [];
  let last;
  const watch = (video) => {
    const step = (now) => {
      const code = read(video);
      if (code !== last && code !== null) seen.push([last = code, Date.now() - (performance.now() - now)]);
      video.requestVideoFrameCallback(step);
    };
    video.requestVideoFrameCallback(step);
  };
  new MutationObserver(() => {
    for (const video of document.querySelectorAll('[data-testid="program-video"]')) {
      if (!known.has(video)) { known.add(video); watch(video); }
    }
  }).observe(document, { childList: true, subtree: true });
})()
""".replace("READ_CODE", picture_code.READ_JS.strip())
PRESS_JS = """
(name) => {
  const button = document.querySelector(`[data-testid="${name}"]`);
  if (!button || button.disabled) return null;
  button.click();
  return Date.now();
}
"""


class Viewer:
    """One tab. Times are wall clock, in ms."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def press(self, name: str) -> float:
        """Press a button as soon as it can be pressed; returns when."""
        pressed: float = await self._ask(PRESS_JS, name)
        return pressed

    async def sees(self, number: int, since: float = 0.0) -> float:
        """When this number was first on air after ``since``."""
        script = "([n, since]) => (seen.find(([code, at]) => code === n && at >= since) ?? [null, null])[1]"
        at: float = await self._ask(script, [number, since])
        return at

    async def _ask(self, script: str, argument: Any) -> Any:
        async with asyncio.timeout(WAIT_S):
            while (answer := await self.page.evaluate(script, argument)) is None:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.02)
        return answer


@asynccontextmanager
async def browser_of_a_site(folder: Path) -> AsyncIterator[Browser]:
    """A Chromium with a camera of 640 × 360 and a microphone."""
    camera = write_camera(folder / "camera.y4m", NUMBER)
    async with chromium(camera, write_microphone(folder / "microphone.wav", NUMBER)) as browser:
        yield browser


@asynccontextmanager
async def viewer_of(browser: Browser) -> AsyncIterator[Viewer]:
    """A tab that knows nothing of earlier ones; its files are loaded anew."""
    context = await browser.new_context(locale="vi-VN")
    try:
        await context.add_init_script(WATCH_JS)
        yield Viewer(await context.new_page())
    finally:
        await context.close()
