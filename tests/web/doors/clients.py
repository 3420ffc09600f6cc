"""Foreign clients: an aiortc encoder and player, FFmpeg's own WHIP muxer, GStreamer."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from urllib.parse import urljoin

import av
import httpx
import numpy as np
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamTrack

from tests.media import picture_code, tone
from tests.web.doors.conftest import WAIT_S, House
from tests.web.media.test_aiortc_peer import Picture, heard, shown

SYSTEM_PYTHON = "/usr/bin/python3"  # GStreamer's bindings are Debian's


class Tone(MediaStreamTrack):
    """A microphone with a number."""

    kind = "audio"

    def __init__(self, number: int) -> None:
        super().__init__()
        self._samples = tone.samples(number)
        self._at = 0
        self._started = 0.0

    async def recv(self) -> av.AudioFrame:
        loop = asyncio.get_running_loop()
        self._started = self._started or loop.time()
        await asyncio.sleep(max(0.0, self._started + self._at / 48000 - loop.time()))
        part = np.take(self._samples, range(self._at, self._at + 960), mode="wrap").reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(part, "s16", "mono")
        frame.sample_rate, frame.pts, frame.time_base = 48000, self._at, Fraction(1, 48000)
        self._at += 960
        return frame


@dataclass
class Foreign:
    """A client with its session."""

    peer: RTCPeerConnection
    session: str
    created: httpx.Response
    tracks: dict[str, MediaStreamTrack]

    async def sees(self) -> int | None:
        return await shown(self.tracks["video"])

    async def hears(self) -> int | None:
        return await heard(self.tracks["audio"])


@asynccontextmanager
async def encoder(house: House, secret: str, number: int) -> AsyncIterator[Foreign]:
    """aiortc sends the picture and the tone of ``number``."""
    peer = RTCPeerConnection()
    peer.addTrack(Tone(number))
    peer.addTrack(Picture(number))
    for transceiver in peer.getTransceivers():
        transceiver.direction = "sendonly"
    async with _connected(house, "ingest", secret, peer) as client:
        yield client


@asynccontextmanager
async def player(house: House, secret: str) -> AsyncIterator[Foreign]:
    """aiortc gets one picture and one sound."""
    peer = RTCPeerConnection()
    peer.addTransceiver("audio", "recvonly")
    peer.addTransceiver("video", "recvonly")
    async with _connected(house, "playback", secret, peer) as client:
        yield client


@asynccontextmanager
async def _connected(house: House, kind: str, secret: str, peer: RTCPeerConnection) -> AsyncIterator[Foreign]:
    tracks: dict[str, MediaStreamTrack] = {}
    peer.on("track", lambda track: tracks.setdefault(track.kind, track))
    try:
        await peer.setLocalDescription(await peer.createOffer())
        created = await house.post(kind, secret, peer.localDescription.sdp)
        assert created.status_code == 201, created.text
        await peer.setRemoteDescription(RTCSessionDescription(created.text, "answer"))
        yield Foreign(peer, urljoin(str(created.url), created.headers["location"]), created, tracks)
    finally:
        await peer.close()


class Process:
    """An encoder in a process of its own, until the end of its input tells it to stop."""

    def __init__(self, *arguments: str) -> None:
        self._arguments = arguments
        self._process: asyncio.subprocess.Process | None = None
        self.said = ""

    async def __aenter__(self) -> Process:
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(
            *self._arguments, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.STDOUT
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._process is not None
        try:
            async with asyncio.timeout(WAIT_S):
                self.said = (await self._process.communicate(b""))[0].decode("utf-8", "replace")
        except TimeoutError:
            self._process.kill()
            raise


def ffmpeg(url: str, secret: str, number: int) -> Process:
    """FFmpeg's WHIP muxer."""
    return Process(sys.executable, "-m", "tests.web.doors.ffmpeg_encoder", url, secret, str(number))


def gstreamer(folder: Path, url: str, secret: str, number: int) -> Process:
    """GStreamer; its payloader cuts at 1400 bytes, its microphone is an m-line of port 0 that the bundle carries."""
    luma = picture_code.picture(number, 320, 180)
    luma[90:] = np.random.default_rng(number).integers(0, 255, (90, 320))  # a picture of many packets
    picture = folder / "picture.pgm"
    picture.write_bytes(b"P5 320 180 255\n" + luma.tobytes())
    script = str(Path(__file__).with_name("gstreamer_encoder.py"))
    return Process(SYSTEM_PYTHON, script, url, secret, str(picture), str(tone.frequency(number)))
