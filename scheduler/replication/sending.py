"""Which log goes next over a link, and how much may be on the way. Pure: it knows numbers, not facts.

The log with the least left to send goes first: what people wait for is one new fact, and the backlog of weeks fills
the gaps. At most ``window`` bytes are sent and not yet acknowledged, so that a request never waits long behind facts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from scheduler.proceedings.facts import LogId

WINDOW_BYTES = 128 * 1024
"""On a line of 2 Mbps half a second of sending; at 100 ms there and back, ten megabits a second."""


@dataclass(slots=True)
class Sent:
    """One log on its way to the other side."""

    head: int = 0  # our last fact
    sent: int = 0
    acked: int = 0
    parked: bool = False
    on_the_way: deque[tuple[int, int]] = field(default_factory=deque)  # (last seq, bytes) of batches not acknowledged

    @property
    def left(self) -> int:
        return 0 if self.parked else self.head - self.sent


class Sending:
    """What one neighbour is sent. Nothing goes before it has said what it has."""

    def __init__(self, window: int = WINDOW_BYTES) -> None:
        self.logs: dict[LogId, Sent] = {}
        self.bytes_on_the_way = 0
        self._window = window
        self._has_said = False

    def heads(self, heads: Mapping[LogId, int]) -> None:
        """Our logs that are to go there, and where each ends."""
        for log in [log for log in self.logs if log not in heads]:
            self._forget(self.logs.pop(log))
        for log, seq in heads.items():
            self.logs.setdefault(log, Sent()).head = seq

    def has(self, cursors: Mapping[LogId, int], last: bool) -> None:
        """The other side has this much of these logs: go on (or again) from there."""
        for log, seq in cursors.items():
            sent = self.logs.setdefault(log, Sent())
            self._forget(sent)
            sent.sent = sent.acked = seq
            sent.parked = False
        self._has_said = self._has_said or last

    def next(self) -> tuple[LogId, int] | None:
        """Send of this log what comes after this seq; None: nothing to send, or enough on the way."""
        if not self._has_said or self.bytes_on_the_way >= self._window:
            return None
        waiting = [(sent.left, log.meeting_id, log.epoch, log) for log, sent in self.logs.items() if sent.left > 0]
        if not waiting:
            return None
        log = min(waiting, key=lambda one: (one[0], one[1], one[2]))[3]
        log = self._older_epoch(log)
        return log, self.logs[log].sent

    def _older_epoch(self, log: LogId) -> LogId:
        """Epochs of a log go in order."""
        older = [
            one
            for one, sent in self.logs.items()
            if (one.origin, one.meeting_id) == (log.origin, log.meeting_id) and one.epoch < log.epoch and sent.left > 0
        ]
        return min(older, key=lambda one: one.epoch, default=log)

    @property
    def has_more(self) -> bool:
        """Something is left to be sent, as soon as there is room for it."""
        return any(sent.left > 0 for sent in self.logs.values())

    def was_sent(self, log: LogId, seq: int, size: int) -> None:
        sent = self.logs[log]
        sent.sent = seq
        sent.on_the_way.append((seq, size))
        self.bytes_on_the_way += size

    def was_acked(self, log: LogId, seq: int) -> None:
        """Durable there up to this fact; what was never sent cannot be."""
        sent = self.logs.get(log)
        if sent is None or seq > sent.sent:
            return
        sent.acked = max(sent.acked, seq)
        while sent.on_the_way and sent.on_the_way[0][0] <= seq:
            self.bytes_on_the_way -= sent.on_the_way.popleft()[1]

    def park(self, log: LogId) -> None:
        """No more of this one before the other side says anew what it has."""
        sent = self.logs.get(log)
        if sent is not None:
            self._forget(sent)
            sent.parked = True

    def waiting(self) -> int:
        """Facts that are still to be acknowledged, all logs together."""
        return sum(max(0, sent.head - sent.acked) for sent in self.logs.values())

    def _forget(self, sent: Sent) -> None:
        self.bytes_on_the_way -= sum(size for _, size in sent.on_the_way)
        sent.on_the_way.clear()
