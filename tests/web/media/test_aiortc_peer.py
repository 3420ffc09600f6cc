"""An aiortc peer, an independent implementation: joins with a plain offer, sends and receives."""

from __future__ import annotations

import asyncio
from fractions import Fraction

import av
import numpy as np
import pytest
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, MediaStreamTrack, VideoStreamTrack

from sfu.light_peer import LightPeer
from sfu.light_peer.offer import Wanted
from tests.media import picture_code, tone
from tests.media.samples import audio_sample, video_sample
from tests.web.media.conftest import Media
from web.media.messages import Program

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


class Picture(VideoStreamTrack):
    """A camera showing a number."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    async def recv(self) -> av.VideoFrame:
        timestamp, base = await self.next_timestamp()
        planes = np.full((270, 320), 128, np.uint8)
        planes[:180] = picture_code.picture(self.number, 320, 180, timestamp // 3000)
        frame = av.VideoFrame.from_ndarray(planes, "yuv420p")
        frame.pts, frame.time_base = timestamp, Fraction(base)
        return frame


async def shown(track: MediaStreamTrack) -> int | None:
    """The next number a video track shows."""
    while True:
        frame = await track.recv()
        assert isinstance(frame, av.VideoFrame)
        number = picture_code.read(np.asarray(frame.to_ndarray(format="gray"), np.uint8))
        if number is not None:
            return number


async def heard(track: MediaStreamTrack) -> int | None:
    """The tone an audio track carries."""
    pcm: list[np.ndarray] = []
    while True:
        frame = await track.recv()
        assert isinstance(frame, av.AudioFrame)
        pcm.append(frame.to_ndarray().reshape(-1, len(frame.layout.channels))[:, 0])
        number = tone.read(np.concatenate(pcm[-50:]).astype(np.int16)) if len(pcm) % 10 == 0 else None
        if number is not None:
            return number


async def test_an_aiortc_peer_sends_and_receives(media: Media) -> None:
    await media.client.open_room("room")
    light = LightPeer(Wanted(presentation_slots=0, video_slots=1))
    await light.connect(media.signal("room", "light"))
    light.play("camera", video_sample(44))
    light.play("microphone", audio_sample(11))
    tracks: dict[str, MediaStreamTrack] = {}
    peer = RTCPeerConnection()
    peer.on("track", lambda track: tracks.setdefault(track.kind, track))
    peer.addTrack(AudioStreamTrack())
    peer.addTrack(Picture(88))
    await peer.setLocalDescription(await peer.createOffer())
    answer = await media.signal("room", "aiortc")(peer.localDescription.sdp)
    await peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    await media.client.set_program("room", Program(), ["light", "aiortc"])
    async with asyncio.timeout(30):
        assert await shown(tracks["video"]) == 44
        assert await heard(tracks["audio"]) == 11
    (mid,) = light.mids("video")
    await light.wait_for(lambda: light.received[mid].packets > 30 and light.received[mid].keyframes > 0)
    assert light.received[mid].lost == 0
    await peer.close()
    await light.close()
