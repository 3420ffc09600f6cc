"""Errors of the plane.

ValueError                 the caller's mistake: settings that cannot be (KeyError: a handle that is not there)
└── BadSettings            with the values that clash
ProtectionError            bytes that do not authenticate, repeat, or cannot be encrypted; the peer's mistake
└── Replayed               authentic once, seen before
"""

from __future__ import annotations

__all__ = ["BadSettings", "ProtectionError", "Replayed"]


class BadSettings(ValueError):
    """A command whose settings cannot be."""


class ProtectionError(ValueError):
    """SRTP or SRTCP that cannot be opened or made."""


class Replayed(ProtectionError):
    """A packet seen before, or older than the replay window."""
