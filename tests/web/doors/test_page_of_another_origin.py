"""A page of another origin, none of our client, in a real Chromium: sends by WHIP through TURN only, plays by WHEP,
restarts its ICE by PATCH, and deletes both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

from scheduler.settings import DatabaseSettings
from tests.media import picture_code
from tests.media.chromium import chromium
from tests.media.samples import write_camera, write_microphone
from tests.web.doors.conftest import WAIT_S, House, open_house
from tests.web.media.test_turn import SECRET, Coturn, running_coturn, utc_now
from web.turn import TurnServers

PAGE = """<!doctype html><title>studio</title><body><script>
const code = READ_CODE;
const sessions = {};
const credentials = (sdp) => sdp.match(/^a=ice-(ufrag|pwd):.*$/gm).slice(0, 2);
async function door(name, url, token, pc) {
  await pc.setLocalDescription(await pc.createOffer());
  await new Promise((done) => { pc.onicegatheringstatechange = () => pc.iceGatheringState === "complete" && done();
    if (pc.iceGatheringState === "complete") done(); setTimeout(done, 3000); });
  const headers = { Authorization: "Bearer " + token, "Content-Type": "application/sdp" };
  const answer = await fetch(url, { method: "POST", headers, body: pc.localDescription.sdp });
  if (answer.status !== 201) return (await answer.json()).code;
  const sdp = await answer.text();
  await pc.setRemoteDescription({ type: "answer", sdp });
  sessions[name] = { pc, sdp, token, url: new URL(answer.headers.get("Location"), url).href,
    links: answer.headers.get("Link") };
  return "in";
}
async function whip(url, token, iceServers) {
  const media = await navigator.mediaDevices.getUserMedia({
    audio: true, video: { width: 640, height: 360, frameRate: 10 } });
  const pc = new RTCPeerConnection({ bundlePolicy: "max-bundle", iceServers, iceTransportPolicy: "relay" });
  for (const track of media.getTracks()) pc.addTransceiver(track, { direction: "sendonly" });
  return await door("whip", url, token, pc);
}
async function whep(url, token) {
  const pc = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
  pc.addTransceiver("audio", { direction: "recvonly" });
  pc.addTransceiver("video", { direction: "recvonly" });
  pc.ontrack = ({ track }) => { if (track.kind !== "video") return;
    const video = document.createElement("video"); video.width = 320;
    video.muted = video.autoplay = video.playsInline = true;
    video.srcObject = new MediaStream([track]); document.body.append(video); };
  return await door("whep", url, token, pc);
}
async function restart() {
  const { pc, sdp, url, token } = sessions.whip;
  const before = pc.currentRemoteDescription.sdp;
  pc.restartIce();
  await pc.setLocalDescription(await pc.createOffer());
  const body = credentials(pc.localDescription.sdp).join("\\r\\n") + "\\r\\n";
  const kind = "application/trickle-ice-sdpfrag";
  const headers = { Authorization: "Bearer " + token, "Content-Type": kind, "If-Match": "*" };
  const answer = await fetch(url, { method: "PATCH", body, headers });
  const [ufrag, pwd] = credentials(await answer.text());
  const fresh = sdp.replace(/^a=ice-ufrag:.*$/gm, ufrag).replace(/^a=ice-pwd:.*$/gm, pwd);
  await pc.setRemoteDescription({ type: "answer", sdp: fresh });
  return [answer.status, before !== fresh];
}
async function leave(name) {
  const { pc, url, token } = sessions[name];
  const answer = await fetch(url, { method: "DELETE", headers: { Authorization: "Bearer " + token } });
  pc.close();
  return answer.status;
}
async function relayed() {
  const stats = await sessions.whip.pc.getStats();
  const pairs = [...stats.values()].filter((item) => item.type === "candidate-pair");
  const used = pairs.find((pair) => pair.nominated && pair.state === "succeeded");
  const local = used && stats.get(used.localCandidateId);
  return local ? [local.candidateType, local.relayProtocol, used.bytesSent] : null;
}
const seen = () => { const video = document.querySelector("video"); return video ? code(video) : null; };
</script></body>""".replace("READ_CODE", picture_code.READ_JS)


async def until(page: Page, script: str, good: Any) -> Any:
    async with asyncio.timeout(WAIT_S):
        while not good(found := await page.evaluate(script)):  # noqa: ASYNC110 - nothing tells us
            await asyncio.sleep(0.1)
    return found


async def test_a_page_sends_through_turn_and_another_plays(small_settings: DatabaseSettings, tmp_path: Path) -> None:
    camera = write_camera(tmp_path / "camera.y4m", 33)
    microphone = write_microphone(tmp_path / "microphone.wav", 33)
    async with (
        running_coturn(tmp_path) as coturn,
        open_house(small_settings, tmp_path, turn_urls=(f"turn:127.0.0.1:{coturn.port}",), turn_secret=SECRET) as house,
        studio() as origin,
        chromium(camera, microphone) as browser,
    ):
        page = await browser.new_page()
        await page.goto(origin)
        await sends(house, page, coturn)
        ticket = await house.ticket("playback")
        assert await page.evaluate("([url, token]) => whep(url, token)", [house.door("playback"), "forged"]) == (
            "ticket_unknown"
        )
        assert await page.evaluate("([url, token]) => whep(url, token)", [house.door("playback"), ticket]) == "in"
        await until(page, "seen()", lambda number: number == 33)
        for connection in house.room.connections:
            await house.is_where_it_is(connection)
        assert await page.evaluate("restart()") == [200, True]
        _, _, sent = await until(page, "relayed()", bool)
        await until(page, "relayed()", lambda now: now and now[2] > sent + 20_000)
        assert [await page.evaluate(f"leave('{name}')") for name in ("whip", "whep")] == [200, 200]
        assert house.room.connections == {}


@asynccontextmanager
async def studio() -> AsyncIterator[str]:
    """Serves the page; its address. A page that comes from nowhere may not ask loopback."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = PAGE.encode()
        writer.write(b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


async def sends(house: House, page: Page, coturn: Coturn) -> None:
    """Each way to the TURN server in turn; the last one stays."""
    secret = await house.ticket()
    ways = {"tcp": f"turn:127.0.0.1:{coturn.port}?transport=tcp", "udp": f"turn:127.0.0.1:{coturn.port}?transport=udp"}
    for way, url in ways.items():
        servers = TurnServers((url,), SECRET).for_("page", utc_now())
        arguments = [house.door("ingest"), secret, servers]
        assert await page.evaluate("([url, token, servers]) => whip(url, token, servers)", arguments) == "in"
        kind, protocol, _ = await until(page, "relayed()", bool)
        assert (kind, protocol) == ("relay", way)
    assert 'rel="ice-server"' in await page.evaluate("sessions.whip.links")


pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
