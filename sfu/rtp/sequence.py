"""Numbers that wrap: 16-bit sequence numbers, 32-bit timestamps, and the roll-over counter of RFC 3711 3.3.1.

Inside the plane every number is unwrapped once, on arrival, to a plain growing ``int`` (an *index*); only the wire sees
the wrapped form.
"""

from __future__ import annotations

__all__ = ["Unwrapper", "difference_16", "difference_32", "is_newer_16", "is_newer_32", "roc"]


def difference_16(a: int, b: int) -> int:
    """Signed distance from ``b`` to ``a``, −32768 … 32767."""
    return ((a - b + 0x8000) & 0xFFFF) - 0x8000


def difference_32(a: int, b: int) -> int:
    """Signed distance from ``b`` to ``a``, −2³¹ … 2³¹−1."""
    return ((a - b + 0x80000000) & 0xFFFFFFFF) - 0x80000000


def is_newer_16(a: int, b: int) -> bool:
    """Whether ``a`` comes after ``b`` (RFC 1982)."""
    return difference_16(a, b) > 0


def is_newer_32(a: int, b: int) -> bool:
    """Whether ``a`` comes after ``b`` (RFC 1982)."""
    return difference_32(a, b) > 0


def roc(index: int) -> int:
    """The roll-over counter of a packet index."""
    return (index >> 16) & 0xFFFFFFFF


class Unwrapper:
    """Turns wrapped numbers of ``bits`` bits into growing ones; the nearest to the highest seen is meant."""

    __slots__ = ("_half", "_mask", "_modulus", "highest")

    def __init__(self, bits: int = 16) -> None:
        self._modulus = 1 << bits
        self._mask = self._modulus - 1
        self._half = self._modulus >> 1
        self.highest: int | None = None

    def unwrap(self, value: int) -> int:
        """The index of ``value``; remembers the highest. The first lies one cycle up, so that no index is negative."""
        highest = self.highest
        if highest is None:
            self.highest = index = value + self._modulus
            return index
        index = highest + ((value - highest + self._half) & self._mask) - self._half
        if index > highest:
            self.highest = index
        return index
