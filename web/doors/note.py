"""What a session by a door is made of, as text that the media worker keeps: the process that made it may be killed."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, field


class BadNote(Exception):
    """Not one of ours."""


@dataclass(frozen=True, slots=True)
class Note:
    """``ticket``: its id; ``offer``: with the ICE credentials of now; ``session``: the secret part of its address."""

    ticket: str
    offer: str
    language: str
    session: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    etag: str = field(default_factory=lambda: secrets.token_hex(8))

    def text(self) -> str:
        return json.dumps(asdict(self))


def read_note(text: str) -> Note:
    """Raises BadNote."""
    try:
        return Note(**json.loads(text))
    except (ValueError, TypeError) as error:
        raise BadNote(str(error)) from error
