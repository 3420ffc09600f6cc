"""Two seconds of a moving test picture in VP8, for servers that decode."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import av
import numpy

from sfu.light_peer.sample import Frame

WIDTH, HEIGHT, FRAMES, RATE = 640, 360, 60, 30


@cache
def encoded_frames() -> tuple[Frame, ...]:
    """About 1.2 Mbit/s; the first is a keyframe, so they can be repeated."""
    encoder = av.CodecContext.create("libvpx", "w")
    encoder.width, encoder.height, encoder.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    encoder.time_base, encoder.bit_rate = Fraction(1, RATE), 1_200_000
    encoder.thread_count = 1  # libvpx's threads wait spinning
    encoder.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}
    packets = [packet for number in range(FRAMES) for packet in encoder.encode(_picture(number))]
    return tuple(Frame(bytes(packet), 90_000 // RATE, packet.is_keyframe) for packet in packets)


def _picture(number: int) -> av.VideoFrame:
    rows, columns = numpy.mgrid[0:HEIGHT, 0:WIDTH]
    grey = ((rows + 3 * number) ^ (columns + 5 * number)) & 0xFF
    frame = av.VideoFrame.from_ndarray(numpy.dstack([grey] * 3).astype(numpy.uint8), format="rgb24")
    frame = frame.reformat(format="yuv420p")
    frame.pts, frame.time_base = number, Fraction(1, RATE)
    return frame
