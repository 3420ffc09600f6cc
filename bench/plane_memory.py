"""What a viewer costs the packet plane in memory: transport, keys and one picture, and after some seconds of media.

``python -m bench plane_memory``: resident kB of the process, before and after, by the number of viewers.
"""

from __future__ import annotations

import gc
from pathlib import Path
from random import Random

from bench.record import Figure
from bench.reference_plane import Sender
from sfu.plane.native.plane import NativePlane
from sfu.plane.plane import ConsumerSettings, EncodingSettings, ExtensionIds, SrtpKeys, SrtpProfile
from sfu.plane.srtp import KEY_LENGTHS

SHORT = {"viewers": 1000, "frames": 60}
FULL = {"viewers": 1000, "frames": 600}
PROFILE: SrtpProfile = "AEAD_AES_128_GCM"
IDS = ExtensionIds(mid=4, rid=10, repaired_rid=11, transport_cc=3)


def measure(viewers: int, frames: int) -> list[Figure]:
    """Two figures: as they joined, and after media."""
    random = Random(1)
    plane, key = NativePlane(random), random.randbytes(KEY_LENGTHS[PROFILE])
    _add_transport(plane, 0, key, random)
    plane.set_receive_extensions(0, IDS)
    plane.add_encoding(0, EncodingSettings(0, "video", 11, 12, 96, 97, "vp8", 90000, IDS))
    gc.collect()
    before = _resident_kb()
    for viewer in range(1, viewers + 1):
        _add_transport(plane, viewer, random.randbytes(len(key)), random)
        settings = ConsumerSettings(viewer, "video", 2001, 2002, 96, 97, "vp8", 90000, ExtensionIds(transport_cc=3))
        plane.add_consumer(viewer, settings)
        plane.set_route(viewer, 0)
    joined = _resident_kb()
    _play(plane, Sender(PROFILE, key, random), frames)
    return [
        Figure(f"{viewers} viewers, joined", round((joined - before) / viewers, 1), "kB each"),
        Figure(f"{viewers} viewers, after {frames} frames", round((_resident_kb() - before) / viewers, 1), "kB each"),
    ]


def _add_transport(plane: NativePlane, number: int, receive: bytes, random: Random) -> None:
    plane.add_transport(number)
    plane.set_keys(number, SrtpKeys(PROFILE, receive, random.randbytes(len(receive))))
    plane.set_address(number, ("192.0.2.1", 1024 + number))


def _play(plane: NativePlane, sender: Sender, frames: int) -> None:
    now, wall = 1.0, 1_790_000_000_000_000_000
    for _ in range(frames):
        plane.receive([(data, ("192.0.2.1", 1024), wall) for data in sender.frame()], now)
        plane.packets_to_send()
        plane.events()
        now, wall = now + 1 / 30, wall + 33_333_333
        due = plane.next_timeout()
        if due is not None and due <= now:
            plane.handle_timeout(now)


def _resident_kb() -> float:
    fields = Path("/proc/self/statm").read_text().split()
    return int(fields[1]) * 4.096
