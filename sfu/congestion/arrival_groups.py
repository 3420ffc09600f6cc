"""Packets sent within 5 ms count as one group; what matters is how the distance between groups changes on the way."""

from __future__ import annotations

from typing import NamedTuple

GROUP_S = 0.005
BURST_S = 0.005  # packets that arrive this close together, and closer than they were sent, came out of one queue
MAX_BURST_S = 0.1
JUMP_S = 3.0  # a receiver's clock that leaps: begin again


class GroupDelta(NamedTuple):
    """Distance of one group from the one before, as sent and as arrived; seconds."""

    sent: float
    arrived: float
    arrived_at: float


class ArrivalGroups:
    """Takes packets in the order sent."""

    __slots__ = ("_arrived", "_first_arrived", "_first_sent", "_previous", "_sent")

    def __init__(self) -> None:
        self._previous: tuple[float, float] | None = None  # last packet of the finished group: sent, arrived
        self._first_sent = self._sent = self._first_arrived = self._arrived = -1.0

    def add(self, sent_at: float, arrived_at: float) -> GroupDelta | None:
        """Note a packet; a delta when it begins a new group and two groups before it are complete."""
        if self._first_sent < 0 or abs(arrived_at - self._arrived) > JUMP_S:
            self._previous = None
            self._begin(sent_at, arrived_at)
            return None
        if sent_at < self._first_sent:
            return None
        if sent_at - self._first_sent <= GROUP_S or self._is_burst(sent_at, arrived_at):
            self._sent = max(self._sent, sent_at)
            self._arrived = max(self._arrived, arrived_at)
            return None
        finished = (self._sent, self._arrived)
        delta = None
        if self._previous is not None:
            delta = GroupDelta(finished[0] - self._previous[0], finished[1] - self._previous[1], finished[1])
        self._previous = finished
        self._begin(sent_at, arrived_at)
        return delta

    def _begin(self, sent_at: float, arrived_at: float) -> None:
        self._first_sent = self._sent = sent_at
        self._first_arrived = self._arrived = arrived_at

    def _is_burst(self, sent_at: float, arrived_at: float) -> bool:
        between = arrived_at - self._arrived
        return (
            between <= BURST_S
            and between - (sent_at - self._sent) < 0
            and arrived_at - self._first_arrived < MAX_BURST_S
        )
