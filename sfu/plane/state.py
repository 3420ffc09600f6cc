"""The tables that all parts of the reference plane work on, the caller's time, and what is to be told."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from ..rtp.header_extensions import abs_send_time
from .budgets import Budgets
from .plane import Address, FeedbackReceived, PlaneEvent, PlaneStats, RtcpReceived
from .timers import Timers

if TYPE_CHECKING:
    from .consumer import Consumer
    from .encoding import Encoding
    from .transport import Transport

__all__ = ["Clock", "State"]

MAX_EVENTS = 4096


@dataclass(slots=True)
class Clock:
    """The caller's monotonic clock, and where the wall clock is from there."""

    now: float = 0.0
    send_time: int = 0  # abs-send-time, 24 bits
    wall_offset_ns: int | None = None

    def advance(self, now: float) -> None:
        """The caller says what time it is."""
        self.now = now
        self.send_time = abs_send_time(now)

    def hear_arrival(self, arrival_ns: int) -> None:
        """Arrivals lie a little before now: the latest is the truest. Drift is followed slowly, a set clock at once."""
        offset = arrival_ns - int(self.now * 1e9)
        present = self.wall_offset_ns
        if present is None or offset > present or present - offset > 500_000_000:
            self.wall_offset_ns = offset
        else:
            self.wall_offset_ns = present + (offset - present) // 1024

    @property
    def wall_ns(self) -> int | None:
        """Nanoseconds since 1970, once a packet told."""
        return None if self.wall_offset_ns is None else int(self.now * 1e9) + self.wall_offset_ns


@dataclass(slots=True)
class State:
    """Everything there is."""

    random: Random
    clock: Clock = field(default_factory=Clock)
    timers: Timers = field(default_factory=Timers)
    stats: PlaneStats = field(default_factory=PlaneStats)
    outbox: list[tuple[bytes, Address]] = field(default_factory=list)  # emptied, never replaced: transports hold it
    events: list[PlaneEvent] = field(default_factory=list)
    transports: dict[int, Transport] = field(default_factory=dict)
    encodings: dict[int, Encoding] = field(default_factory=dict)
    consumers: dict[int, Consumer] = field(default_factory=dict)
    by_address: dict[Address, Transport] = field(default_factory=dict)
    by_ssrc: dict[int, list[Transport]] = field(default_factory=dict)  # inbound SSRCs that are known
    levels_due: bool = False
    budgets: Budgets = field(default_factory=Budgets)

    def count(self, what: str) -> None:
        """One more of a rare thing."""
        self.stats.extra[what] = self.stats.extra.get(what, 0) + 1

    def tell(self, event: PlaneEvent) -> None:
        """Queue an event; when nobody fetches them, RTCP and feedback are the first to go."""
        is_rtcp = isinstance(event, RtcpReceived | FeedbackReceived)
        if len(self.events) >= MAX_EVENTS or (is_rtcp and len(self.events) >= MAX_EVENTS // 2):
            self.count("events_dropped")
        else:
            self.events.append(event)
