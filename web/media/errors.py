"""Errors of talking to a media worker."""

from __future__ import annotations


class MediaError(Exception):
    """Root of what this package raises."""


class MediaRefused(MediaError):
    """The worker refused a request; ``code`` as in PROTOCOL.md."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class MediaUnavailable(MediaError):
    """No worker is connected, or it went away before it answered."""


class BadFrame(MediaError):
    """The other end of the Unix socket sent something that is no message."""
