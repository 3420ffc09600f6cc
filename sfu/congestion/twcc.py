"""Transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01), both directions.

``ArrivalLog`` notes what came when and writes feedback; it acknowledges only what came, for a sender throws away
what is acknowledged and no longer answers a NACK for it. ``parse_feedback`` reads a viewer's. Times count
250 µs.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from ..rtp.errors import MalformedPacket
from ..rtp.sequence import Unwrapper

__all__ = ["ArrivalLog", "Feedback", "parse_feedback"]

TICKS_PER_SECOND = 4000
TICK_NS = 250_000
TICKS_PER_REFERENCE = 256  # reference time counts 64 ms
MAX_RECEIVED = 400  # acknowledged packets per feedback: at most 800 bytes of deltas
MAX_STATUSES = 1400
MAX_SPAN = 32768  # numbers that one round of feedback tells of: more than any one leap
HISTORY = 1500  # arrivals kept, to repeat those between a late packet and the newest
NOT_RECEIVED, SMALL, LARGE = 0, 1, 2
_HEAD = struct.Struct("!HHI")


@dataclass(frozen=True, slots=True)
class Feedback:
    """A read feedback packet: status of ``base`` and those after it; None = did not arrive, else arrival in ticks."""

    base: int
    number: int  # feedback packet count, modulo 256
    reference: int  # 24 bits of 64 ms, from which arrivals count
    arrivals: tuple[int | None, ...]


class ArrivalLog:
    """Arrivals of one transport's packets, by their transport-wide sequence number."""

    __slots__ = ("_arrivals", "_next", "_number", "_pending", "_unwrapper")

    def __init__(self) -> None:
        self._unwrapper = Unwrapper(16)
        self._arrivals: dict[int, int] = {}  # index → ticks, in order of arrival
        self._pending: list[int] = []  # indices not yet told
        self._next: int | None = None  # first index that no feedback covered
        self._number = 0

    def __len__(self) -> int:
        return len(self._pending)

    def receive(self, sequence_number: int, arrival_ns: int) -> None:
        """Note a packet. Of a number that comes twice the first arrival counts."""
        index = self._unwrapper.unwrap(sequence_number)
        if index in self._arrivals:
            return
        self._arrivals[index] = arrival_ns // TICK_NS
        self._pending.append(index)
        if len(self._arrivals) > HISTORY:
            del self._arrivals[next(iter(self._arrivals))]
            if len(self._pending) > HISTORY:
                del self._pending[0]

    def feedback(self) -> list[bytes]:
        """Bodies of the feedback packets for what came since the last call; none when nothing came."""
        if not self._pending:
            return []
        first, last = min(self._pending), max(self._pending)
        self._pending.clear()
        if self._next is not None and first - MAX_STATUSES < self._next < first:
            first = self._next  # those in between are lost so far
        first = max(first, last + 1 - MAX_SPAN)  # whoever leaps about is told of the last leap
        self._next = max(self._next or 0, last + 1)
        return list(self._bodies(first, last))

    def _bodies(self, first: int, last: int) -> Iterator[bytes]:
        arrivals = self._arrivals
        while first <= last:
            while first not in arrivals and last - first > MAX_STATUSES:
                first += 1  # an outage longer than one packet can tell is left out
            body, first = self._body(first, last)
            if body:
                yield body

    def _body(self, first: int, last: int) -> tuple[bytes, int]:
        """One feedback body from ``first`` on, and the first index that it does not cover."""
        statuses: list[int] = []
        deltas = bytearray()
        reference = previous = -1
        received = 0
        for index in range(first, min(last + 1, first + MAX_STATUSES)):
            ticks = self._arrivals.get(index)
            if ticks is None:
                statuses.append(NOT_RECEIVED)
                continue
            if reference < 0:
                reference = ticks // TICKS_PER_REFERENCE
                previous = reference * TICKS_PER_REFERENCE
            delta = ticks - previous
            if received == MAX_RECEIVED or not -0x8000 <= delta <= 0x7FFF:
                break
            received += 1
            previous = ticks
            if 0 <= delta <= 0xFF:
                statuses.append(SMALL)
                deltas.append(delta)
            else:
                statuses.append(LARGE)
                deltas += delta.to_bytes(2, "big", signed=True)
        following = first + len(statuses)
        if not received:
            return b"", following
        word = (reference & 0xFFFFFF) << 8 | self._number
        self._number = (self._number + 1) & 0xFF
        body = _HEAD.pack(first & 0xFFFF, len(statuses), word) + _chunks(statuses) + deltas
        return body + bytes(-len(body) % 4), following


def _chunks(statuses: list[int]) -> bytes:
    """Packet status chunks: runs where they save room, else vectors of 14 one-bit or 7 two-bit symbols."""
    out = bytearray()
    position, end = 0, len(statuses)
    while position < end:
        symbol = statuses[position]
        run = 1
        while position + run < end and run < 0x1FFF and statuses[position + run] == symbol:
            run += 1
        if run >= 14 or (run >= 7 and symbol == LARGE) or position + run == end:
            out += (symbol << 13 | run).to_bytes(2, "big")
            position += run
            continue
        window = statuses[position : position + 14]
        if LARGE in window:
            window = window[:7]
            chunk = 0xC000
            for place, status in enumerate(window):
                chunk |= status << (12 - 2 * place)
        else:
            chunk = 0x8000
            for place, status in enumerate(window):
                chunk |= status << (13 - place)
        out += chunk.to_bytes(2, "big")
        position += len(window)
    return bytes(out)


# -- reading --------------------------------------------------------------------------------------------------------


def parse_feedback(body: bytes) -> Feedback:
    """Read the body of a ``TransportFeedback``; raises MalformedPacket."""
    if len(body) < 8:
        raise MalformedPacket(f"transport-cc feedback of {len(body)} bytes")
    base, count, word = _HEAD.unpack_from(body)
    statuses, position = _parse_chunks(body, count)
    ticks = (word >> 8) * TICKS_PER_REFERENCE
    arrivals: list[int | None] = []
    for status in statuses:
        if status == NOT_RECEIVED:
            arrivals.append(None)
            continue
        size = 1 if status == SMALL else 2
        if status > LARGE or position + size > len(body):
            raise MalformedPacket(f"transport-cc status {status} without its delta")
        ticks += int.from_bytes(body[position : position + size], "big", signed=status == LARGE)
        position += size
        arrivals.append(ticks)
    return Feedback(base, word & 0xFF, word >> 8, tuple(arrivals))


def _parse_chunks(body: bytes, count: int) -> tuple[list[int], int]:
    statuses: list[int] = []
    position = 8
    while len(statuses) < count:
        if position + 2 > len(body):
            raise MalformedPacket(f"transport-cc feedback tells {len(statuses)} of {count} packets")
        chunk = body[position] << 8 | body[position + 1]
        position += 2
        if not chunk & 0x8000:
            statuses += [chunk >> 13] * min(chunk & 0x1FFF, count - len(statuses))
            if not chunk & 0x1FFF:
                raise MalformedPacket("a transport-cc run of nothing")
        elif chunk & 0x4000:
            statuses += [chunk >> shift & 3 for shift in range(12, -1, -2)]
        else:
            statuses += [chunk >> shift & 1 for shift in range(13, -1, -1)]
    return statuses[:count], position
