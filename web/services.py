"""What one web process holds while it runs: made by ``web.app``, handed to every endpoint, socket and job."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from starlette.requests import HTTPConnection

from scheduler.database import Database
from web.passwords import Passwords
from web.rate_limit import FailureLimiter
from web.settings import Settings


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Services:
    """One process's belongings. ``store``, ``mail``, ``hub``, ``media`` and ``jobs`` are set while the app starts."""

    settings: Settings
    database: Database
    clock: Callable[[], datetime] = utc_now
    passwords: Passwords = field(default_factory=Passwords)
    login_failures: FailureLimiter = field(default_factory=FailureLimiter)
    link_failures: FailureLimiter = field(default_factory=lambda: FailureLimiter(limit=60, window_s=60.0))
    link_key: bytes = b""  # signs site links; from the keys folder
    store: Any = None  # object store: papers, minutes, signed documents, by SHA-256
    mail: Any = None  # where invitations go: SMTP or a folder of .eml files
    hub: Any = None  # live rooms: web.live
    media: Any = None  # client of the media worker: web.media
    outbox_changed: asyncio.Event = field(default_factory=asyncio.Event)  # wakes the job runner

    def now(self) -> datetime:
        return self.clock()


def services_of(connection: HTTPConnection) -> Services:
    """The services of the process that serves this request or socket."""
    services: Services = connection.app.state.services
    return services
