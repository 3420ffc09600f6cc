"""How much more the link may carry: a few packets sent faster than the estimate, and how fast they arrived."""

from __future__ import annotations

import math
from typing import NamedTuple

START_FACTOR, FACTOR = 3.0, 2.0  # of the estimate
INTERVAL_S, INTERVAL_MAX_S, BACK_OFF = 4.0, 8.0, 1.4
QUIET_S = 1.0  # after overuse
PROBE_S = 0.03
MIN_BYTES, MIN_BYTES_SLOW, SLOW_BPS = 6000, 3000, 400_000
MAX_BYTES = 40_000
MIN_PACKETS = 4
MAX_CLUSTER = 255
REPORTED = 0.6  # of its bytes must have arrived
LOSSLESS, CAUTION = 0.9, 0.95
WAIT_S = 1.0  # for its report, besides the round trip
MAX_SPREAD = 2.0  # arrived so much faster than sent: a queue let go


class Probe(NamedTuple):
    """``size`` bytes at ``bitrate``, marked ``cluster``."""

    cluster: int
    bitrate: int
    size: int


class Prober:
    """One probe at a time; ``result`` is the rate at which it got through."""

    __slots__ = ("_cluster", "_deadline", "_interval", "_next_at", "_packets", "_probe", "_urgent")

    def __init__(self, now: float) -> None:
        self._cluster = 0
        self._probe: Probe | None = None
        self._deadline = 0.0
        self._packets: list[tuple[float, float, int]] = []  # sent, arrived, bytes; media in between counts
        self._interval = INTERVAL_S
        self._next_at = now
        self._urgent: float | None = START_FACTOR  # next probe at once, by this factor

    @property
    def is_open(self) -> bool:
        return self._probe is not None

    def plan(self, estimate: int, wanted: int | None, rtt_s: float, now: float) -> Probe | None:
        """The next probe, when it is time for one and more is wanted than the estimate."""
        if self._probe is not None:
            if now < self._deadline:
                return None
            self._end(None, estimate, now)
        if wanted is None or wanted <= estimate * 1.05 or (self._urgent is None and now < self._next_at):
            return None
        bitrate = int(min(wanted, estimate * (self._urgent or FACTOR)))
        self._urgent = None
        smallest = MIN_BYTES if bitrate > SLOW_BPS else MIN_BYTES_SLOW
        size = int(min(max(bitrate * PROBE_S / 8, smallest), MAX_BYTES))
        self._cluster = self._cluster % MAX_CLUSTER + 1
        self._probe = Probe(self._cluster, bitrate, size)
        self._deadline = now + size * 8 / bitrate + rtt_s + WAIT_S
        self._packets.clear()
        return self._probe

    def add(self, sent_at: float, arrived_at: float, size: int, cluster: int) -> None:
        """Note an acknowledged packet while a probe is open."""
        if self._probe is not None and (cluster == self._probe.cluster or (self._packets and cluster == 0)):
            self._packets.append((sent_at, arrived_at, size))

    def result(self, estimate: int, now: float) -> int | None:
        """After each report: the rate of the open probe once enough of it is known."""
        probe = self._probe
        if probe is None or not self._packets:
            return None
        length = probe.size * 8 / probe.bitrate
        until = self._packets[0][0] + length * 1.1
        is_over = self._packets[-1][0] > until or now - self._packets[0][0] > length + WAIT_S / 2
        inside = [packet for packet in self._packets if packet[0] <= until]
        if not is_over and sum(size for _, _, size in inside) < probe.size * REPORTED:
            return None
        bitrate = _speed(inside)
        self._end(bitrate, estimate, now)
        return bitrate

    def overused(self, now: float) -> None:
        """Not now."""
        self._next_at = max(self._next_at, now + QUIET_S)

    def hurry(self, factor: float) -> None:
        """Probe at the next occasion, at so much of the estimate: the link may be as good as it was."""
        self._urgent = factor
        self._interval = INTERVAL_S

    def _end(self, bitrate: int | None, estimate: int, now: float) -> None:
        probe, self._probe = self._probe, None
        if probe is not None and bitrate is not None and bitrate > max(estimate * 1.1, probe.bitrate * 0.7):
            self._urgent, self._interval = FACTOR, INTERVAL_S
        else:
            self._interval = min(self._interval * BACK_OFF, INTERVAL_MAX_S)
            self._next_at = now + self._interval


def _speed(packets: list[tuple[float, float, int]]) -> int | None:
    """Between first and last packet; what one of them weighs does not count at its own end."""
    if len(packets) < MIN_PACKETS:
        return None
    total = sum(size for _, _, size in packets)
    arrivals = [arrived for _, arrived, _ in packets]
    first = min(range(len(packets)), key=arrivals.__getitem__)
    sent_s, arrived_s = packets[-1][0] - packets[0][0], max(arrivals) - arrivals[first]
    if sent_s <= 0 or arrived_s <= 0:
        return None
    sent, arrived = (total - packets[-1][2]) * 8 / sent_s, (total - packets[first][2]) * 8 / arrived_s
    if not math.isfinite(arrived) or arrived > sent * MAX_SPREAD:
        return None
    return int(arrived * CAUTION if arrived < LOSSLESS * sent else min(sent, arrived))
