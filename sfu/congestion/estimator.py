"""The Estimator: how many bits per second one viewer's link carries, from what his feedback tells of our packets.

Delay, loss and what arrives each have a file; here they are put together. Nothing a receiver says makes it cost more
than its packets, and nothing makes the estimate higher than what was really sent to him and a little more.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import itemgetter

from sfu.congestion.acknowledged import Acknowledged
from sfu.congestion.alr import Alr
from sfu.congestion.arrival_groups import ArrivalGroups
from sfu.congestion.backlog import Backlog
from sfu.congestion.loss import LossBound
from sfu.congestion.prober import Probe, Prober
from sfu.congestion.rate_control import RateControl
from sfu.congestion.trendline import Trendline

# As the plane's PacketResult: sent (s, our clock), arrived (s, the receiver's; None: lost), bytes, probe cluster.
Packet = tuple[float, float | None, int, int]

ARRIVED_AT, SIZE = itemgetter(1), itemgetter(2)
CALM_S = 0.015  # over the shortest way known
STANDS_S = 0.03  # a queue that is shorter between pictures is a picture's own, however the delay grew within it
EXCESS = 0.01  # of loss: then the line has a short queue, which never stands

START_BPS, MIN_BPS, MAX_BPS = 600_000, 10_000, 20_000_000
SILENT_S = 1.0  # without feedback while we send: the estimate decays
DECAY, DECAY_EVERY_S = 0.8, 0.5
RTT_SMOOTHING = 0.2
RTT_MAX_S = 3.0
FIRST_BYTES, FIRST_S, FIRST_DELAY_S = 3000, 0.3, 0.05  # heard of, before the first probe; and no queue from those


class Estimator:
    """One way to one transport. After ``receive`` and ``handle_timeout`` read ``bitrate``.

    ``since``: what was sent before went another way, and what became of it says nothing.
    """

    def __init__(self, now: float, start: int = START_BPS, since: float = -math.inf) -> None:
        self._since = since
        self.loss = LossBound()
        self.backlog = Backlog()
        self.rtt_s = 0.1
        self._rate = RateControl(start, now)
        self._acknowledged = Acknowledged()
        self._alr = Alr()
        self._prober = Prober(now)
        self._begin()
        self._fed_at = self._decayed_at = now
        self._before_silence: int | None = None
        self._has_feedback = False
        self._first_bytes, self._first_fed_at = 0, math.inf
        self._was_calm = False

    def _begin(self) -> None:
        self._groups = ArrivalGroups()
        self._trendline = Trendline()

    @property
    def bitrate(self) -> int:
        """The estimate."""
        return int(max(MIN_BPS, min(self._rate.bitrate, self.loss.bitrate, MAX_BPS)))

    @property
    def lasting(self) -> int:
        """The estimate, or what it was before feedback stopped."""
        return self._before_silence or self.bitrate

    @property
    def acknowledged(self) -> int | None:
        """What arrives."""
        return self._acknowledged.bitrate

    @property
    def is_limited(self) -> bool:
        """We send less than the link carries."""
        return self._alr.is_limited

    def is_overdue(self, now: float) -> bool:
        """Feedback has stopped."""
        return now - self._fed_at > SILENT_S

    def receive(self, packets: Sequence[Packet], now: float) -> None:
        """One feedback message's news, in the order sent."""
        if packets and packets[0][0] < self._since:
            packets = [packet for packet in packets if packet[0] >= self._since]
        if not packets:
            return
        if self._is_calm(packets):
            self._take_calm(packets, now)
        else:
            self._take(packets, now)

    def _is_calm(self, packets: Sequence[Packet]) -> bool:
        """The line has room, nothing was lost, nothing waits: most viewers, most of the time. Then no packet needs a
        look of its own, which would cost more than to send it."""
        if not self._alr.is_limited or self._prober.is_open or self._trendline.usage != "normal":
            return False
        limit = self.backlog.base_s + CALM_S
        for sent_at, arrived_at, _, _ in (packets[0], packets[-1]):
            if arrived_at is None or not arrived_at - sent_at < limit:
                return False
        return list(map(ARRIVED_AT, packets)).count(None) == 0

    def _take_calm(self, packets: Sequence[Packet], now: float) -> None:
        if not self._was_calm:
            self._begin()
            self._was_calm = True
        first_sent, first_arrived = packets[0][:2]
        sent_at, arrived_at = packets[-1][:2]
        size = sum(map(SIZE, packets))
        self._hear(now)
        self._alr.add(sent_at, size, self.bitrate)
        self.loss.add(len(packets), 0, size, sent_from=first_sent, sent_until=sent_at, estimate=self.bitrate, now=now)
        if first_arrived is not None and arrived_at is not None:
            transit = min(first_arrived - first_sent, arrived_at - sent_at)
            self._arrived(arrived_at, sent_at, size, transit, now)

    def _take(self, packets: Sequence[Packet], now: float) -> None:
        self._was_calm = False
        count = lost = size = arrived_size = 0
        first_sent, newest_sent, newest_arrived, transit = math.inf, -math.inf, -math.inf, math.inf
        probing = self._prober.is_open
        for sent_at, arrived_at, length, cluster in packets:
            count += 1
            size += length
            first_sent = sent_at if sent_at < first_sent else first_sent
            newest_sent = sent_at if sent_at > newest_sent else newest_sent
            if arrived_at is None:
                lost += 1
                continue
            arrived_size += length
            newest_arrived = arrived_at if arrived_at > newest_arrived else newest_arrived
            transit = arrived_at - sent_at if arrived_at - sent_at < transit else transit
            if not cluster and (delta := self._groups.add(sent_at, arrived_at)):
                self._trendline.add(*delta)
            if probing:
                self._prober.add(sent_at, arrived_at, length, cluster)
        self._hear(now)
        self._alr.add(newest_sent, size, self.bitrate)
        self.loss.add(count, lost, size, sent_from=first_sent, sent_until=newest_sent, estimate=self.bitrate, now=now)
        if count == lost:
            return
        self._arrived(newest_arrived, newest_sent, arrived_size, transit, now)

    def _arrived(self, arrived_at: float, sent_at: float, size: int, transit: float, now: float) -> None:
        """What a report acknowledged: its newest times, its bytes, its shortest way."""
        self.rtt_s += RTT_SMOOTHING * (min(max(now - sent_at, 0.0), RTT_MAX_S) - self.rtt_s)
        self._acknowledged.add(arrived_at, sent_at, size)
        self._first_bytes += size
        self._first_fed_at = min(self._first_fed_at, now)
        self.backlog.add(transit, now, sent_at=sent_at, arrived_at=arrived_at, size=size)
        self._decide(now)

    def handle_timeout(self, now: float, *, is_sending: bool, wanted: int | None = None) -> Probe | None:
        """A few times a second. ``is_sending``: something goes out, so that feedback is due; ``wanted``: what more
        bandwidth there is use for. The probe to send now, if any."""
        if not is_sending:
            self._fed_at = now
        elif self.is_overdue(now):
            self._decay(now)
            return None
        if not self._has_feedback or self._trendline.usage == "over" or self.backlog.drain or self._is_beginning(now):
            return None
        return self._prober.plan(self.bitrate, min(wanted, MAX_BPS) if wanted else None, self.rtt_s, now)

    # -- inside -----------------------------------------------------------------------------------------------------

    def _hear(self, now: float) -> None:
        if self._before_silence is not None:
            factor = self._before_silence / max(self.bitrate, 1)
            self._begin()
            self._prober.hurry(min(max(factor, 1.5), 6.0))
            self._before_silence = None
        self._fed_at, self._has_feedback = now, True

    def _is_beginning(self, now: float) -> bool:
        """What went out first tells whether the line is a thin one, without a probe."""
        if self._first_bytes < FIRST_BYTES and now - self._first_fed_at < FIRST_S:
            return True
        return self.backlog.delay_s > FIRST_DELAY_S and now - self._first_fed_at < 2 * FIRST_S

    def _decay(self, now: float) -> None:
        if now - self._decayed_at >= DECAY_EVERY_S:
            self._before_silence = self._before_silence or self.bitrate
            self._decayed_at = now
            self._rate.bitrate = max(MIN_BPS, int(self.bitrate * DECAY))

    def _decide(self, now: float) -> None:
        usage = self._trendline.usage
        if usage == "over" and self.backlog.standing_s < STANDS_S and self.loss.excess < EXCESS:
            usage = "normal"
        if usage == "over":
            self._prober.overused(now)
        self._rate.update(
            usage,
            self._acknowledged.bitrate,
            rtt_s=self.rtt_s,
            is_limited=self._alr.is_limited,
            drain=self.backlog.drain,
            carried=self.backlog.carried,
            now=now,
        )
        self._rate.bitrate = min(max(self._rate.bitrate, MIN_BPS), MAX_BPS)
        probed = self._prober.result(self.bitrate, now)
        if probed is not None and probed > self.bitrate:
            self._rate.probed(max(probed, self._rate.bitrate))
            self.loss.probed(probed)
