"""Errors of the live rooms.

LiveError
├── NoEntry        may not come in: ``close_code`` as in web/signalling/PROTOCOL.md
│   └── Occupied   the site is open on another machine
├── MeetingOver    the room has ended
├── Unlinked       the room above is not open, or cannot be reached
└── Closing        this process is going away; come again
"""

from __future__ import annotations


class LiveError(Exception):
    pass


class NoEntry(LiveError):
    def __init__(self, close_code: int, reason: str) -> None:
        super().__init__(reason)
        self.close_code = close_code
        self.reason = reason


class Occupied(NoEntry):
    def __init__(self, site_id: str) -> None:
        super().__init__(4409, f"site {site_id} is open elsewhere")
        self.site_id = site_id


class MeetingOver(LiveError):
    pass


class Unlinked(LiveError):
    pass


class Closing(LiveError):
    pass
