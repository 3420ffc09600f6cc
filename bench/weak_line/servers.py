"""The servers that a real Chromium watches over a weak line, each behind the same two calls.

Ours runs in this process, Janus and LiveKit in a namespace, with the adapters of ``bench.fanout`` for their signalling.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, ClassVar, cast

from websockets.asyncio.client import ClientConnection

from bench.fanout.arena import Arena
from bench.fanout.scenario import Scenario
from bench.fanout.servers.janus import ROOM, Janus
from bench.fanout.servers.livekit import (
    ADD_TRACK,
    ANSWER,
    ANSWERED,
    MEDIA_PORT,
    OFFER,
    OFFERED,
    PUBLISHED,
    LiveKit,
)
from bench.fanout.servers.protobuf import field, fields, texts
from bench.weak_line.camera import FPS, HEIGHT, WIDTH
from sfu.congestion.ladder import STEPS
from tests.browser.media.participant import Participant
from tests.namespace import namespace
from tests.web.media.conftest import Media, running_media
from web.media.messages import LadderChanged, Program

Signal = Callable[[str], Awaitable[str]]
ToRelay = Callable[[str], Awaitable[str]]  # a description of the server's, with the relay for its address
RATES_KBPS = (150, 500, 1600)
SEND = """async ({ width, height, frameRate, rates, highestFirst }) => {
  const media = await navigator.mediaDevices.getUserMedia({
    audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
    video: { width, height, frameRate } });
  const pc = window.pc = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
  const only = (kind, names) => RTCRtpSender.getCapabilities(kind).codecs.filter(c => names.includes(c.mimeType));
  const [f, h, q] = rates.toReversed();
  pc.addTransceiver(media.getAudioTracks()[0], { direction: "sendonly", streams: [media] })
    .setCodecPreferences(only("audio", ["audio/opus"]));
  const layers = [{ rid: "q", scaleResolutionDownBy: 4, maxBitrate: q * 1000 },
    { rid: "h", scaleResolutionDownBy: 2, maxBitrate: h * 1000 }, { rid: "f", maxBitrate: f * 1000 }];
  const sendEncodings = highestFirst ? layers.toReversed() : layers;
  pc.addTransceiver(media.getVideoTracks()[0], { direction: "sendonly", streams: [media], sendEncodings })
    .setCodecPreferences(only("video", ["video/VP8", "video/rtx"]));
  await pc.setLocalDescription(await pc.createOffer());
  const sdp = pc.localDescription.sdp.replaceAll(/a=candidate.*\\r\\n/g, "");
  await pc.setRemoteDescription({ type: "answer", sdp: await signal(sdp) });
}"""
TAKE_OFFER = """async sdp => {
  if (!window.pc) {
    window.pc = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
    pc.ontrack = ({ track, transceiver }) => {
      const element = document.createElement(track.kind);
      element.id = "slot" + transceiver.mid; element.autoplay = true; element.muted = track.kind === "video";
      element.srcObject = new MediaStream([track]); document.body.append(element); element.play().catch(() => {});
    };
  }
  await pc.setRemoteDescription({ type: "offer", sdp });
  await pc.setLocalDescription(await pc.createAnswer());
  return pc.localDescription.sdp;
}"""


class Watched(ABC):
    """A server with one sender and one viewer."""

    name: ClassVar[str]
    host = "127.0.0.1"  # where the relay is

    @abstractmethod
    async def publish(self, sender: Participant) -> None: ...
    @abstractmethod
    async def watch(self, viewer: Participant, to_relay: ToRelay) -> None: ...
    def told(self) -> tuple[float | None, int]:
        """The estimate for the viewer's line and the step of the ladder, where a server tells."""
        return None, 0


async def _send(sender: Participant, signal: Signal, *, highest_first: bool = False) -> None:
    """Microphone and camera only, with few codecs: Janus takes no message of more than 8 kB, and the first rid for the
    highest layer."""
    sender.signal = signal
    options = {"width": WIDTH, "height": HEIGHT, "frameRate": FPS, "rates": RATES_KBPS, "highestFirst": highest_first}
    await sender.page.evaluate(SEND, options)


class Ours(Watched):
    name = "ours"

    def __init__(self, media: Media, start_bps: int | None) -> None:
        self._media, self._start_bps = media, start_bps

    async def publish(self, sender: Participant) -> None:
        await self._media.client.open_room("room")
        await self._media.client.set_program("room", Program(floor="an"), ["an"])
        signal = self._media.signal("room", "an")
        await sender.join(signal, video=0, width=WIDTH, height=HEIGHT, frameRate=FPS)

    async def watch(self, viewer: Participant, to_relay: ToRelay) -> None:
        async def signal(offer: str) -> str:
            return await to_relay(await self._media.signal("room", "viewer", [], self._start_bps)(offer))

        await viewer.join(signal, send=False, video=1)

    def told(self) -> tuple[float | None, int]:
        steps = [STEPS.index(event.step) for event in self._media.events if isinstance(event, LadderChanged)]
        return self._media.worker.node.rooms["room"].peers["viewer"].bandwidth.bitrate, steps[-1] if steps else 0


class FarJanus(Watched):
    name = "janus"

    def __init__(self, server: Janus, host: str) -> None:
        self._server, self.host = server, host

    async def publish(self, sender: Participant) -> None:
        async def signal(offer: str) -> str:
            handle = await self._server._attach()
            body = {"request": "joinandconfigure", "ptype": "publisher", "room": ROOM, "display": "an"}
            event = await self._server._message(handle, body, {"type": "offer", "sdp": offer})
            self._server._feeds.append(event["plugindata"]["data"]["id"])
            return str(event["jsep"]["sdp"])

        await _send(sender, signal, highest_first=True)

    async def watch(self, viewer: Participant, to_relay: ToRelay) -> None:
        handle = await self._server._attach()
        body = {"request": "join", "ptype": "subscriber", "room": ROOM, "streams": [{"feed": self._server._feeds[0]}]}
        event = await self._server._message(handle, body)
        answer = await viewer.page.evaluate(TAKE_OFFER, await to_relay(event["jsep"]["sdp"]))
        await self._server._message(handle, {"request": "start"}, {"type": "answer", "sdp": answer})
        await self._server._request("trickle", handle_id=handle, candidate={"completed": True})


class FarLiveKit(Watched):
    """Its congestion control is on, as shipped."""

    name = "livekit"

    def __init__(self, server: LiveKit, host: str) -> None:
        self._server, self.host = server, host
        self._tasks: list[asyncio.Task[None]] = []

    async def publish(self, sender: Participant) -> None:
        async def signal(offer: str) -> str:
            socket = await self._server._enter("an", publishes=True)
            for track in _tracks(offer):
                await socket.send(field(ADD_TRACK, track))
                await self._server._until(socket, PUBLISHED)
            await socket.send(field(OFFER, field(1, "offer") + field(2, offer)))
            answer = texts(await self._server._until(socket, ANSWERED))[2]
            self._stay(socket, None, None)
            return self._with_candidate(answer)

        await _send(sender, signal)

    async def watch(self, viewer: Participant, to_relay: ToRelay) -> None:
        socket = await self._server._enter("viewer", publishes=False)
        self._stay(socket, viewer, to_relay)

    def _stay(self, socket: ClientConnection, viewer: Participant | None, to_relay: ToRelay | None) -> None:
        self._tasks.append(asyncio.create_task(self._listen(socket, viewer, to_relay)))

    async def _listen(self, socket: ClientConnection, viewer: Participant | None, to_relay: ToRelay | None) -> None:
        """Answer each offer; pings."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(5.0):
                    for number, value in fields(cast(bytes, await socket.recv())):
                        if number == OFFERED and isinstance(value, bytes) and viewer and to_relay:
                            await self._answer(socket, viewer, to_relay, value)
            await socket.send(field(14, 1))

    async def _answer(self, socket: ClientConnection, viewer: Participant, to_relay: ToRelay, offer: bytes) -> None:
        number = next((value for key, value in fields(offer) if key == 3 and isinstance(value, int)), 0)
        answer = await viewer.page.evaluate(TAKE_OFFER, await to_relay(self._with_candidate(texts(offer)[2])))
        body = field(1, "answer") + field(2, answer) + (field(3, number) if number else b"")
        await socket.send(field(ANSWER, body))

    def _with_candidate(self, description: str) -> str:
        """Its candidates trickle; there is only one."""
        line = f"a=candidate:1 1 udp 2130706431 {self._server.arena.server} {MEDIA_PORT} typ host\r\n"
        kept = re.sub(r"a=(candidate|end-of-candidates).*\r\n", "", description)
        return re.sub(r"(a=mid:.*\r\n)", rf"\1{line}a=end-of-candidates\r\n", kept, count=1)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _tracks(offer: str) -> list[bytes]:
    """What LiveKit wants to know of the offer's tracks before it: the three layers of the camera, the microphone."""
    sections = offer.split("\r\nm=")[1:]
    found = {part[:5]: part for part in reversed(sections) if re.search(r"a=msid:\S+ \S+", part)}
    layers = b""
    for quality, (part, rate) in enumerate(zip((4, 2, 1), RATES_KBPS, strict=True)):
        size = field(2, WIDTH // part) + field(3, HEIGHT // part)
        layers += field(9, field(1, quality) + size + field(4, rate * 1000))
    audio = field(1, _track_id(found["audio"])) + field(2, "microphone") + field(3, 0) + field(8, 2)
    video = field(1, _track_id(found["video"])) + field(2, "camera") + field(3, 1) + field(4, WIDTH) + field(5, HEIGHT)
    return [audio, video + field(8, 1) + layers]


def _track_id(section: str) -> str:
    match = re.search(r"a=msid:\S+ (\S+)", section)
    return match[1] if match else ""


@contextlib.asynccontextmanager
async def serving(name: str, folder: Path, start_bps: int | None = None) -> AsyncIterator[Watched]:
    """One of them, running; ``start_bps``: what ours is told of the viewer's line. Raises CannotRun."""
    if name == "ours":
        async with running_media() as media:
            yield Ours(media, start_bps)
        return
    with namespace() as line:
        arena = Arena(line, "")
        scenario: Any = Scenario()
        server: Any = (Janus if name == "janus" else LiveKit)(arena, folder, scenario)
        if name == "livekit":
            server.congestion_control = True
        watched: Any = (FarJanus if name == "janus" else FarLiveKit)(server, line.here)
        try:
            await server.open()
            yield watched
        finally:
            if name == "livekit":
                await watched.close()
            await server.close()
