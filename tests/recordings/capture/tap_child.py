"""A process that taps a packet every 10 ms and says its number, to be killed."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from recordings.capture.tap import Tap
from sfu.plane.plane import SinkPacket

if __name__ == "__main__":
    tap = Tap(Path(sys.argv[1]), "rec-1", "killed")
    tap.add_stream(0, "video", "program", "vp8", 90000, 96)
    for number in range(60_000):
        tap.write(0, SinkPacket(0, 0, number.to_bytes(2) + bytes(500), time.time_ns(), None), "site-a")
        tap.flush(time.monotonic())
        print(number, flush=True)
        time.sleep(0.01)
