"""A picture without its upper temporal layers decodes to the same pixels: libvpx made it, libvpx reads it."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import av
import numpy as np
import pytest
from aiortc.codecs.vpx import VpxPayloadDescriptor

from sfu.rtp.packet import RtpPacket

from .network import Network, video, video_slot

LAYERS = (0, 2, 1, 2)
PICTURES = 24
TEMPORAL = (
    "ts_number_layers=3:ts_target_bitrate=80,120,200:ts_rate_decimator=4,2,1:ts_periodicity=4:ts_layer_id=0,2,1,2"
)


@cache
def encoded() -> tuple[bytes, ...]:
    """Frames of three temporal layers."""
    codec = av.CodecContext.create("libvpx", "w")
    codec.width, codec.height, codec.pix_fmt, codec.time_base = 160, 120, "yuv420p", Fraction(1, 30)
    codec.bit_rate = 200_000
    codec.options = {"deadline": "realtime", "cpu-used": "8", "error-resilient": "default", "lag-in-frames": "0"}
    codec.options |= {"ts-parameters": f"{TEMPORAL}:ts_layering_mode=3"}
    frames: list[bytes] = []
    for number in range(PICTURES + 1):  # of the last nothing is repaired
        planes = np.full((180, 160), 128, np.uint8)
        planes[:120] = np.arange(160)[None, :] * 2 + np.arange(120)[:, None] + number * 5 & 0xFF
        picture = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        picture.pts = number
        frames += [bytes(packet) for packet in codec.encode(picture)]
    return tuple(frames)


def decoded(frames: list[bytes]) -> list[bytes]:
    codec = av.CodecContext.create("vp8", "r")
    pictures = [picture for frame in frames for picture in codec.decode(av.Packet(frame))]
    return [picture.to_ndarray().tobytes() for picture in pictures]


def packets(number: int, frame: bytes, sequence: int) -> list[RtpPacket]:
    layer = LAYERS[number % 4]
    made: list[RtpPacket] = []
    for at in range(0, len(frame), 180):
        head = bytes((0x90 if at == 0 else 0x80, 0xE0, 0x80, number, number // 4, layer << 6))
        payload = head + frame[at : at + 180]
        made.append(RtpPacket(96, sequence + len(made), 3000 * number, 11, payload, marker=at + 180 >= len(frame)))
    return made


def repair(lost: RtpPacket) -> RtpPacket:
    payload = lost.sequence_number.to_bytes(2, "big") + lost.payload
    return RtpPacket(97, lost.sequence_number, lost.timestamp, 12, payload, lost.marker)


def frames_of(received: list[RtpPacket]) -> list[bytes]:
    """Put together as another implementation reads the descriptors."""
    frames: dict[int, bytes] = {}
    for packet in sorted(received, key=lambda packet: packet.timestamp << 16 | packet.sequence_number):
        descriptor, rest = VpxPayloadDescriptor.parse(packet.payload)
        assert (descriptor.partition_start == 1) == (packet.timestamp not in frames)
        frames[packet.timestamp] = frames.get(packet.timestamp, b"") + rest
    return [frames[timestamp] for timestamp in sorted(frames)]


@pytest.mark.parametrize("highest", [0, 1, 2])
def test_the_pixels_are_the_same(highest: int) -> None:
    network = Network(3)
    sender, viewer = network.peer(1), network.peer(2)
    network.plane.add_encoding(1, video(1, 11, 12))
    network.plane.add_consumer(2, video_slot(2))
    network.plane.set_temporal(2, highest)
    network.plane.set_route(2, 1)
    sequence = 100
    lost: list[RtpPacket] = []
    for number, frame in enumerate(encoded()):
        made = packets(number, frame, sequence)
        sequence += len(made)
        missing = [made.pop(len(made) // 2)] if len(made) > 1 or number % 3 == 1 else []  # sometimes a whole picture
        network.send(sender, *made)
        if made:  # what was lost before is repaired now
            network.send(sender, *map(repair, lost))
            lost.clear()
        lost += missing
    kept = [number for number in range(PICTURES) if LAYERS[number % 4] <= highest]
    whole = decoded(list(encoded()))
    frames = frames_of([packet for packet in viewer.rtp if packet.payload])
    assert decoded(frames[: len(kept)]) == [whole[number] for number in kept]
