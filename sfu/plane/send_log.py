"""What was sent with which transport-wide number, so that a viewer's transport-cc feedback can be matched with it.

Of a packet little is kept, and of the last 2048 only. Feedback is the peer's word: of a number its arrival is taken
once, and its loss only when it lies beyond all numbers told of before. So feedback that is repeated or lies costs no
more than reading it.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..congestion.twcc import TICKS_PER_SECOND, Feedback
from ..rtp.sequence import Unwrapper, difference_16
from .plane import PacketResult

__all__ = ["SendLog"]

SIZE = 2048


@dataclass(slots=True)
class _Sent:
    microseconds: int
    size: int
    cluster: int
    arrived: bool = False


class SendLog:
    """The outbound transport-wide numbers of one transport."""

    __slots__ = ("_cycles", "_slots", "_told", "next")

    def __init__(self) -> None:
        self.next = 0  # index of the next packet
        self._slots: list[_Sent | None] = []  # until something was sent
        self._told = -1  # the highest index that feedback told anything of
        self._cycles = Unwrapper(24)

    def next_number(self) -> int:
        """Give out a number; it counts as sent only with ``note``."""
        index = self.next
        self.next += 1
        if self._slots:
            self._slots[index % SIZE] = None
        return index & 0xFFFF

    def note(self, now: float, size: int, cluster: int) -> None:
        """The packet with the number given out last is on its way."""
        if not self._slots:
            self._slots = [None] * SIZE
        self._slots[(self.next - 1) % SIZE] = _Sent(int(now * 1e6), size, cluster)

    def match(self, feedback: Feedback) -> list[PacketResult]:
        """What is news in it."""
        if not self._slots:
            return []
        base = self.next + difference_16(feedback.base, self.next & 0xFFFF)
        cycles = self._cycles.unwrap(feedback.reference) - feedback.reference << 8
        results: list[PacketResult] = []
        for index, ticks in enumerate(feedback.arrivals, base):
            if not self.next - SIZE <= index < self.next or index < 0:
                continue
            sent = self._slots[index % SIZE]
            if sent is None or sent.arrived:
                continue
            if ticks is not None:
                sent.arrived = True
                arrived_at = (ticks + cycles) / TICKS_PER_SECOND
                results.append(PacketResult(sent.microseconds / 1e6, arrived_at, sent.size, sent.cluster))
            elif index > self._told:
                results.append(PacketResult(sent.microseconds / 1e6, None, sent.size, sent.cluster))
        self._told = max(self._told, min(base + len(feedback.arrivals), self.next) - 1)
        return results
