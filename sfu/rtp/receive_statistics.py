"""What a receiver report says of one inbound SSRC: RFC 3550 6.4.1, A.3 and A.8. Counted as packets arrive."""

from __future__ import annotations

from .rtcp import ReportBlock
from .sequence import Unwrapper

__all__ = ["ReceiveStatistics"]


class ReceiveStatistics:
    """Loss and jitter of one SSRC. ``receive`` unwraps sequence numbers for everybody else too."""

    __slots__ = (
        "_clock_rate",
        "_last_ntp_middle",
        "_last_report_at",
        "_prior_expected",
        "_prior_received",
        "_transit",
        "_unwrapper",
        "first",
        "jitter",
        "received",
        "ssrc",
    )

    def __init__(self, ssrc: int, clock_rate: int) -> None:
        self.ssrc = ssrc
        self._clock_rate = clock_rate
        self._unwrapper = Unwrapper(16)
        self.first: int | None = None  # index of the first packet
        self.received = 0
        self.jitter = 0.0  # in units of the RTP clock
        self._transit: float | None = None
        self._prior_expected = 0
        self._prior_received = 0
        self._last_ntp_middle = 0  # middle 32 bits of the last sender report's NTP
        self._last_report_at = 0.0

    @property
    def highest(self) -> int | None:
        """The highest index so far."""
        return self._unwrapper.highest

    @property
    def expected(self) -> int:
        """Packets that should have come, from the first to the highest."""
        if self.first is None or self._unwrapper.highest is None:
            return 0
        return self._unwrapper.highest - self.first + 1

    @property
    def jitter_ms(self) -> float:
        """Jitter in milliseconds."""
        return self.jitter * 1000 / self._clock_rate

    def receive(self, sequence_number: int, timestamp: int, arrived_at: float) -> int:
        """Count a packet; its index. ``arrived_at`` may be of any steady clock."""
        index = self._unwrapper.unwrap(sequence_number)
        if self.first is None or index < self.first:
            self.first = index
        self.received += 1
        transit = arrived_at * self._clock_rate - timestamp
        if self._transit is not None:
            # a timestamp that wrapped or jumped shows as an absurd distance and is left out
            distance = abs(transit - self._transit)
            if distance < self._clock_rate * 10:
                self.jitter += (distance - self.jitter) / 16
        self._transit = transit
        return index

    def receive_sender_report(self, ntp: int, now: float) -> None:
        """Remember when which sender report came, for LSR and DLSR."""
        self._last_ntp_middle = ntp >> 16 & 0xFFFFFFFF
        self._last_report_at = now

    def report(self, now: float) -> ReportBlock:
        """The report block since the last one."""
        expected = self.expected
        interval = expected - self._prior_expected
        lost = interval - (self.received - self._prior_received)
        self._prior_expected, self._prior_received = expected, self.received
        return ReportBlock(
            ssrc=self.ssrc,
            fraction_lost=min(255, (lost << 8) // interval) if interval > 0 and lost > 0 else 0,
            packets_lost=max(-0x800000, min(0x7FFFFF, expected - self.received)),
            highest_sequence=(self.highest or 0) - 0x10000 & 0xFFFFFFFF,  # the unwrapper begins one cycle up
            jitter=int(self.jitter),
            last_sender_report=self._last_ntp_middle,
            delay_since=int((now - self._last_report_at) * 65536) & 0xFFFFFFFF if self._last_ntp_middle else 0,
        )
