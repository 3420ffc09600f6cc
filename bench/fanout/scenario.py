"""What is measured: who sends what to whom, how fast, over which line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bench.fanout.connection import Protocol
from sfu.plane.plane import SrtpProfile
from sfu.settings import SRTP_PROFILES


@dataclass(frozen=True, slots=True)
class Scenario:
    """Defaults: one camera of five packets a frame to 200 viewers, as fast as the server can."""

    viewers: int = 200
    publishers: int = 1
    kind: Literal["video", "audio"] = "video"
    batch: int = 5  # packets of a frame
    spread_ms: float = 0  # over which they leave; 0: together
    key_packets: int = 0  # of a keyframe; 0: as many
    size: int = 1000  # bytes of payload
    uneven: bool = False  # sizes that differ by one byte, as browsers make them
    rate: float | None = None  # packets a second out, all viewers together; None: as many as the server can
    seconds: float = 10.0
    protocol: Protocol = "udp"
    loss_percent: float = 0.0  # on a third of the viewers
    sample_every: int = 8
    feedback_ms: int = 100
    estimates: bool = (
        False  # our worker limits each viewer to what it takes his line to carry; others have no such thing
    )
    profiles: tuple[SrtpProfile, ...] = SRTP_PROFILES  # what clients offer

    @property
    def lossy_viewers(self) -> int:
        return self.viewers // 3 if self.loss_percent else 0
