"""Places packets on our wall clock: by the sender's clock when it is known, so that lips match, else by RTP time.

A sender's clock may be wrong by hours and drift, and a packet may be late; but none arrives before it was sent. So the
smallest difference between arrival and sender's time, over half a minute, is the offset of that clock. Sound and
picture of one producer share the clock and therefore the offset.
"""

from __future__ import annotations

from dataclasses import dataclass

from recordings.capture.jitter import Unwrap

WINDOW_NS = 5_000_000_000
NEIGHBOURS = 3  # windows on each side
JUMP_NS = 2_000_000_000  # no network delays that much: it is another clock

Key = tuple[str, int, str, int]  # kind of clock, part, whose, which of them
_NTP_EPOCH_S = 2_208_988_800  # 1900 to 1970


@dataclass(slots=True)
class _Run:
    """What is remembered of a stream between two packets."""

    unwrap: Unwrap
    label: str | None = None
    number: int = 0


class Readings:
    """Which clock a packet belongs to and what that clock said; fed with all packets of a part in order of arrival."""

    def __init__(self, part: int) -> None:
        self._part = part
        self._runs: dict[int, _Run] = {}
        self._offsets: dict[str, tuple[int, int]] = {}  # label → number of its clock, last difference seen

    def read(
        self, stream: int, timestamp: int, rate: int, ntp: int | None, arrival_ns: int, label: str | None
    ) -> tuple[Key, int, int]:
        """(clock, its time in ns, unwrapped RTP timestamp) of a packet."""
        run = self._runs.setdefault(stream, _Run(Unwrap(32)))
        unwrapped = run.unwrap(timestamp)
        if label != run.label:
            run.label, run.number = label, run.number + 1
        if ntp is not None and label is not None:
            time_ns = (((ntp >> 32) - _NTP_EPOCH_S) * 1_000_000_000) + ((ntp & 0xFFFFFFFF) * 1_000_000_000 >> 32)
            return ("ntp", self._part, label, self._clock_of(label, arrival_ns - time_ns)), time_ns, unwrapped
        time_ns = unwrapped * 1_000_000_000 // rate
        return ("rtp", self._part, str(stream), run.number), time_ns, unwrapped

    def _clock_of(self, label: str, offset: int) -> int:
        number, last = self._offsets.get(label, (0, offset))
        number += abs(offset - last) > JUMP_NS
        self._offsets[label] = (number, offset)
        return number


class Offsets:
    """The offset of every clock over time: filled by a first pass over the log, asked by the second."""

    def __init__(self) -> None:
        self._smallest: dict[Key, dict[int, int]] = {}
        self._settled: dict[tuple[Key, int], int] = {}

    def observe(self, key: Key, time_ns: int, arrival_ns: int) -> None:
        windows = self._smallest.setdefault(key, {})
        window, offset = arrival_ns // WINDOW_NS, arrival_ns - time_ns
        if offset < windows.get(window, offset + 1):
            windows[window] = offset

    def wall_ns(self, key: Key, time_ns: int, arrival_ns: int) -> int:
        """When that clock's ``time_ns`` was, by ours; arrival itself for a clock never observed."""
        window = arrival_ns // WINDOW_NS
        offset = self._settled.get((key, window))
        if offset is None:
            windows = self._smallest.get(key, {})
            near = [windows[w] for w in range(window - NEIGHBOURS, window + NEIGHBOURS + 1) if w in windows]
            offset = self._settled[key, window] = min(near, default=arrival_ns - time_ns)
        return time_ns + offset
