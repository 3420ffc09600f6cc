"""A bare page in a real Chromium that joins as the product's client does: one offer, fixed slots."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from playwright.async_api import Page

from tests.media import picture_code, tone
from tests.media.chromium import chromium
from tests.media.firefox import FirefoxPage, firefox
from tests.media.samples import write_camera, write_microphone

ORIGIN = "http://localhost/"
PAGE = """<!doctype html><title>media</title><body><script>
const read = { code: READ_CODE, tone: READ_TONE };
async function drawn(cells) {  // for browsers whose fake camera shows no number
  const canvas = document.createElement("canvas"), context = canvas.getContext("2d");
  canvas.width = 640; canvas.height = 360;
  let moment = 0;
  setInterval(() => {
    context.fillStyle = "#666"; context.fillRect(0, 0, 640, 360);
    cells.forEach((bit, i) => { context.fillStyle = bit ? "#fff" : "#000"; context.fillRect(i * 40, 0, 40, 60); });
    context.fillStyle = "#ccc"; context.fillRect((moment++ * 40) % 560, 180, 80, 45);
  }, 100);
  const sound = await navigator.mediaDevices.getUserMedia({ audio: true });
  return new MediaStream([...canvas.captureStream(10).getVideoTracks(), ...sound.getAudioTracks()]);
}
async function join({ send, video, cells, width = 640, height = 360, frameRate = 10 }) {
  const media = !send ? null : cells ? await drawn(cells) : await navigator.mediaDevices.getUserMedia({
    audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
    video: { width, height, frameRate } });
  const pc = window.pc = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
  const mic = pc.addTransceiver(media ? media.getAudioTracks()[0] : "audio", { direction: "sendonly" });
  pc.addTransceiver(media ? media.getVideoTracks()[0] : "video", { direction: "sendonly", sendEncodings: [
    { rid: "q", scaleResolutionDownBy: 4, maxBitrate: 150000 },
    { rid: "h", scaleResolutionDownBy: 2, maxBitrate: 500000 }, { rid: "f", maxBitrate: 1600000 }] });
  pc.addTransceiver("video", { direction: "sendonly" });
  for (let i = 0; i < 3; i++) pc.addTransceiver("audio", { direction: "recvonly" });
  for (let i = 0; i < 1 + video; i++) pc.addTransceiver("video", { direction: "recvonly" });
  window.started = performance.now(); window.firstFrame = null; window.stateLog = [];
  pc.onconnectionstatechange = () => stateLog.push([performance.now() - started, pc.connectionState]);
  pc.ontrack = ({ track, transceiver }) => {
    const element = document.createElement(track.kind);
    element.id = "slot" + transceiver.mid; element.autoplay = true; element.playsInline = true;
    if (track.kind === "video") { element.muted = true; element.width = 160; element.requestVideoFrameCallback(
      () => { firstFrame ??= performance.now() - started; }); }
    element.srcObject = new MediaStream([track]); document.body.append(element); element.play().catch(() => {});
  };
  await negotiate();
}
async function negotiate() {
  await pc.setLocalDescription(await pc.createOffer());
  await pc.setRemoteDescription({ type: "answer", sdp: await signal(pc.localDescription.sdp) });
}
async function restartIce() { pc.restartIce(); await negotiate(); }
function codes() {
  const found = {};
  for (const element of document.querySelectorAll("video")) found[element.id.slice(4)] = read.code(element);
  return found;
}
async function tones() {
  const found = {};
  for (const element of document.querySelectorAll("audio")) found[element.id.slice(4)] = await read.tone(element);
  return found;
}
async function report() {
  const result = { inbound: [], outbound: [] };
  const stats = await pc.getStats();
  for (const item of stats.values()) {
    if (item.type === "inbound-rtp") result.inbound.push({ mid: item.mid, kind: item.kind, ssrc: item.ssrc,
      packets: item.packetsReceived, lost: item.packetsLost, decoded: item.framesDecoded, width: item.frameWidth,
      freezes: item.freezeCount, frozen: item.totalFreezesDuration, retransmitted: item.retransmittedPacketsReceived,
      bytes: item.bytesReceived, concealed: item.concealedSamples - item.silentConcealedSamples,
      samples: item.totalSamplesReceived, energy: item.totalAudioEnergy,
      codec: stats.get(item.codecId)?.mimeType, nacks: item.nackCount, plis: item.pliCount });
    if (item.type === "outbound-rtp") result.outbound.push({ rid: item.rid, ssrc: item.ssrc, kind: item.kind,
      packets: item.packetsSent, width: item.frameWidth, nacks: item.nackCount, plis: item.pliCount });
  }
  return result;
}
</script></body>""".replace("READ_CODE", picture_code.READ_JS).replace("READ_TONE", tone.READ_JS)


class Participant:
    """One browser in the meeting, with its number in picture and tone; ``draws``: the page makes the picture."""

    def __init__(self, page: Page | FirefoxPage, number: int, *, draws: bool = False) -> None:
        self.page = page
        self.number = number
        self._cells = picture_code.cells_of(number) if draws else None
        self.signal: Callable[[str], Awaitable[str]] | None = None

    async def join(
        self, signal: Callable[[str], Awaitable[str]], *, send: bool = True, video: int = 4, **capture: int
    ) -> None:
        """Make the offer, take the answer; ``capture``: width, height and frameRate of the camera."""
        self.signal = signal
        options = {"send": send, "video": video, "cells": self._cells, **capture}
        await self.page.evaluate("options => join(options)", options)

    async def negotiate(self, offer: str) -> str:
        """What the page calls."""
        assert self.signal is not None
        return await self.signal(offer)

    async def restart_ice(self, signal: Callable[[str], Awaitable[str]]) -> None:
        self.signal = signal
        await self.page.evaluate("restartIce()")

    async def codes(self) -> dict[str, int | None]:
        """Number seen in each video slot, by mid."""
        found: dict[str, int | None] = await self.page.evaluate("codes()")
        return found

    async def tones(self) -> dict[str, int | None]:
        """Number heard in each audio slot, by mid."""
        found: dict[str, int | None] = await self.page.evaluate("tones()")
        return found

    async def report(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.page.evaluate("report()")
        return found

    async def first_frame_ms(self) -> float | None:
        """From the start of the connection to the first picture rendered."""
        found: float | None = await self.page.evaluate("firstFrame")
        return found

    async def wait_for(self, condition: Callable[[], Awaitable[bool]], what: str, timeout_s: float = 40.0) -> None:
        """Ask the page again and again until it is so."""
        deadline = time.monotonic() + timeout_s
        while not await condition():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{what}; seen {await self.codes()} {await self.tones()} {await self.report()}")
            await asyncio.sleep(0.1)  # the page has no event for what it shows

    async def sees(self, number: int, mid: str | None = None) -> None:
        """Wait until a slot (or this one) shows a participant's picture."""

        async def shown() -> bool:
            codes = await self.codes()
            return number in codes.values() if mid is None else codes.get(mid) == number

        await self.wait_for(shown, f"{self.number} does not see {number}")

    async def hears(self, number: int) -> None:
        """Wait until a slot sounds like a participant."""

        async def heard() -> bool:
            return number in (await self.tones()).values()

        await self.wait_for(heard, f"{self.number} does not hear {number}")


@contextlib.asynccontextmanager
async def participant(
    folder: Path, number: int, *, camera: bool = True, picture: Path | None = None, extra: Sequence[str] = ()
) -> AsyncIterator[Participant]:
    """A browser with the page open; ``picture``: another file for its camera; ``extra``: of its command line."""
    if camera and picture is None:
        picture = write_camera(folder / f"{number}.y4m", number, fps=5)
    sound = write_microphone(folder / f"{number}.wav", number) if camera else None
    async with chromium(picture, sound, extra=extra) as browser:
        page = await browser.new_page()
        await page.route("**/*", lambda route: route.fulfill(body=PAGE, content_type="text/html"))
        await page.goto(ORIGIN)
        joined = Participant(page, number)
        await page.expose_function("signal", joined.negotiate)
        yield joined


@contextlib.asynccontextmanager
async def firefox_participant(folder: Path, number: int, plugin: Path | None = None) -> AsyncIterator[Participant]:
    """The same in a Firefox."""
    async with firefox(folder, PAGE, tone.frequency(number), plugin) as page:
        joined = Participant(page, number, draws=True)
        await page.expose_function("signal", joined.negotiate)
        yield joined
