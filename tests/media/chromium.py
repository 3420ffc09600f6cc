"""Debian's Chromium with a fake camera and microphone of its own: one process per participant."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from playwright.async_api import Browser, async_playwright

EXECUTABLE = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
)
PLAIN_SOUND_JS = """
const devices = navigator.mediaDevices;
if (devices) {
  const open = devices.getUserMedia.bind(devices);
  const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  devices.getUserMedia = (wanted) => open(wanted.audio ? { ...wanted, audio: { ...wanted.audio, ...plain } } : wanted);
}
"""
"""For pages whose microphone is a tone: to a browser that is noise, and taking it away is half of what sound costs."""
LOOPBACK_FLAG = "--allow-loopback-in-peer-connection"


def arguments(camera: Path | None, microphone: Path | None, *, loopback: bool = True) -> list[str]:
    """Command line of a participant; ``loopback`` where media goes over 127.0.0.1."""
    flags = [*FLAGS, LOOPBACK_FLAG] if loopback else [*FLAGS]
    if camera is not None:
        flags.append(f"--use-file-for-fake-video-capture={camera}")
    if microphone is not None:
        flags.append(f"--use-file-for-fake-audio-capture={microphone}")
    return flags


@contextlib.asynccontextmanager
async def chromium(
    camera: Path | None = None,
    microphone: Path | None = None,
    *,
    loopback: bool = True,
    extra: Sequence[str] = (),
    executable: str = EXECUTABLE,
) -> AsyncIterator[Browser]:
    """One Chromium, closed at the end. Camera files stay at 640×360 or below: two cores carry four browsers."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=executable, headless=True, args=[*arguments(camera, microphone, loopback=loopback), *extra]
        )
        try:
            yield browser
        finally:
            await browser.close()
