"""Transaction ids of the good checks of one peer, so that a captured one is worth nothing, however old it is.

The latest are remembered with where they came from: the same again from there is a retransmission. Of all older ones a
filter of 16 kB is kept, and its predecessor; what it takes for seen although it is not (less than 1 %) is sent
again by the peer under another id.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from sfu.plane.plane import Address

REMEMBERED = 256
FILTER_BYTES = 16 * 1024
FILTERED = 8192  # ids in one filter: half a day of a browser's checks
MASK = FILTER_BYTES * 8 - 1


@dataclass(slots=True)
class Transactions:
    """Of one pair of credentials."""

    _latest: OrderedDict[bytes, Address] = field(default_factory=OrderedDict)
    _older: bytearray = field(default_factory=bytearray)  # empty until something is that old
    _oldest: bytearray = field(default_factory=bytearray)
    _filtered: int = 0

    def __len__(self) -> int:
        return len(self._latest)

    def is_replay(self, transaction: bytes, source: Address) -> bool:
        """Notes a check; True when its id was used before, by somebody elsewhere or long ago."""
        known = self._latest.get(transaction)
        if known is not None:
            return known != source
        if _has(self._older, transaction) or _has(self._oldest, transaction):
            return True
        self._latest[transaction] = source
        if len(self._latest) > REMEMBERED:
            self._filter(self._latest.popitem(last=False)[0])
        return False

    def _filter(self, transaction: bytes) -> None:
        if self._filtered == FILTERED or not self._older:
            self._oldest, self._older, self._filtered = self._older, bytearray(FILTER_BYTES), 0
        for bit in _bits(transaction):
            self._older[bit >> 3] |= 1 << (bit & 7)
        self._filtered += 1


def _bits(transaction: bytes) -> list[int]:
    """The ids are random themselves: 17 bits of every three bytes."""
    return [int.from_bytes(transaction[at : at + 3], "big") & MASK for at in (0, 3, 6, 9)]


def _has(bits: bytearray, transaction: bytes) -> bool:
    return bool(bits) and all(bits[bit >> 3] >> (bit & 7) & 1 for bit in _bits(transaction))
