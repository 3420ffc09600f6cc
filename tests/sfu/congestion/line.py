"""A sender, a line and a viewer on virtual time: what the estimator makes of them, second by second."""

from __future__ import annotations

import random
from collections.abc import Callable

from sfu.congestion.estimator import Estimator, Packet
from sfu.congestion.prober import Probe
from sfu.relay.link import Link, LinkSettings

TICK_S, FRAME_S, FEEDBACK_S, LOOK_S = 0.002, 1 / 30, 0.05, 0.1
PACKET, HEADER = 1100, 40
PACE = 1.5
Sent = tuple[float, int, int, int]  # when, bytes, cluster, number


class Line:
    """Sends as much picture as the estimate allows, up to ``wanted``, and 40 kbit/s of sound."""

    def __init__(self, settings: LinkSettings, *, wanted: int = 4_000_000, seed: int = 1, share: float = 0.9) -> None:
        self.now = 100.0
        self.link: Link[Sent] = Link(settings, seed)
        self.estimator = Estimator(self.now)
        self.wanted, self.share = wanted, share
        self.feedback_flows = True
        self.distort: Callable[[Packet], Packet] = lambda packet: packet
        self.rival = 0  # bit/s of somebody else in the same queue
        self.history: list[tuple[float, int]] = []
        self.delays: list[tuple[float, float]] = []  # arrival, one-way delay of sound
        self._random = random.Random(seed)
        self._queue: list[int] = []  # bytes waiting for the pacer
        self._debt_until = self.now
        self._probes: list[tuple[float, int, int]] = []
        self._outstanding: list[Sent] = []
        self._arrived: dict[int, float] = {}
        self._number = 0
        self._due = {"frame": self.now, "sound": self.now, "feedback": self.now, "look": self.now, "rival": self.now}

    def run(self, seconds: float) -> None:
        """Let time go by."""
        until = self.now + seconds
        while self.now < until:
            self.now += TICK_S
            self._tick()

    def rate_at(self, ago: float) -> int:
        """The estimate so many seconds ago."""
        return next(rate for at, rate in reversed(self.history) if at <= self.now - ago)

    def first_time(self, since: float, holds: Callable[[int], bool]) -> float:
        """Seconds after ``since`` until the estimate was so for the first time."""
        return next(at - since for at, rate in self.history if at >= since and holds(rate))

    def worst_delay(self, since: float) -> float:
        return max(delay for at, delay in self.delays if at >= since)

    # -- one moment -------------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        self._sender()
        for at, (sent_at, size, _cluster, number) in self.link.receive(self.now):
            if number >= 0:
                self._arrived[number] = at
                if size < 200:
                    self.delays.append((at, at - sent_at))
        if self._is_due("feedback", FEEDBACK_S):
            self._feedback()
        if self._is_due("look", LOOK_S):
            is_sending = self.wanted > 0
            probe = self.estimator.handle_timeout(self.now, is_sending=is_sending, wanted=int(self.wanted * 1.1))
            if probe is not None:
                self._plan(probe)
            self.history.append((self.now, self.estimator.bitrate))

    def _is_due(self, what: str, every: float) -> bool:
        if self.now < self._due[what]:
            return False
        self._due[what] += every
        return True

    def _sender(self) -> None:
        if self._is_due("sound", 0.02):
            self._send(100, 0)
        if self.rival and self._is_due("rival", PACKET * 8 / self.rival):
            self.link.send((self.now, PACKET, 0, -1), PACKET, self.now)
        if self._is_due("frame", FRAME_S):
            left = self._frame()
            while left > 0:
                self._queue.append(min(left, PACKET))
                left -= PACKET
        while self._queue and self._debt_until <= self.now:
            size = self._queue.pop(0)
            self._debt_until = max(self._debt_until, self.now - TICK_S) + size * 8 / (PACE * self.estimator.bitrate)
            self._send(size + HEADER, 0)
        while self._probes and self._probes[0][0] <= self.now:
            _, size, cluster = self._probes.pop(0)
            self._send(size, cluster)

    def _frame(self) -> int:
        """Bytes of the next picture."""
        rate = min(self.wanted, self.estimator.bitrate * self.share - 40_000)
        return int(max(rate, 0) * FRAME_S / 8 * self._random.uniform(0.7, 1.3))

    def _plan(self, probe: Probe) -> None:
        at, left = self.now, probe.size
        while left > 0:
            size = min(PACKET if probe.size > 5 * PACKET else probe.size // 5, left)
            self._probes.append((at, size, probe.cluster))
            at += size * 8 / probe.bitrate
            left -= size

    def _send(self, size: int, cluster: int) -> None:
        self._number += 1
        sent = (self.now, size, cluster, self._number)
        self._outstanding.append(sent)
        self.link.send(sent, size, self.now)

    def _feedback(self) -> None:
        """Everything up to the newest arrival is told; it takes as long back as there."""
        if not self._arrived:
            return
        newest = max(self._arrived)
        told = [sent for sent in self._outstanding if sent[3] <= newest]
        self._outstanding = [sent for sent in self._outstanding if sent[3] > newest]
        packets = [self.distort((at, self._arrived.get(n), size, cluster)) for at, size, cluster, n in told]
        self._arrived.clear()
        if self.feedback_flows and packets:
            self.estimator.receive(packets, self.now + self.link.settings.delay_s)


class ForwardedLine(Line):
    """Somebody else's camera, which takes ``costs`` whatever the line carries: whole, or every second picture of it."""

    def __init__(self, settings: LinkSettings, *, costs: int, seed: int) -> None:
        super().__init__(settings, wanted=costs + 40_000, seed=seed)
        self.costs = costs
        self.shown: list[tuple[float, bool]] = []  # when, and whether all pictures went out

    def share_whole(self, since: float) -> float:
        """Of the time."""
        lately = [is_whole for at, is_whole in self.shown if at >= since]
        return sum(lately) / len(lately)

    def _frame(self) -> int:
        was_whole = bool(self.shown) and self.shown[-1][1]
        is_whole = self.costs <= self.estimator.bitrate * (1.08 if was_whole else 1.0)
        temporal = len(self.shown) % 4
        self.shown.append((self.now, is_whole))
        if temporal % 2 and not is_whole:
            return 0
        size = self.costs * FRAME_S / 8 * {0: 1.5, 2: 1.0}.get(temporal, 0.75)
        return int(size * self._random.uniform(0.6, 1.4))
