"""Settings of the scheduler: frozen, handed in; nothing here reads the environment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """Where the database is, as an SQLAlchemy URL (``sqlite+aiosqlite:///…`` or ``postgresql+asyncpg://…``)."""

    url: str

    @property
    def is_sqlite(self) -> bool:
        return self.url.startswith("sqlite")


@dataclass(frozen=True, slots=True)
class MailSettings:
    """How invitations leave: to a folder of .eml files (the default), or to a mail server."""

    folder: Path | None = None
    host: str = ""
    port: int = 587
    security: Literal["none", "starttls", "tls"] = "starttls"
    username: str = ""
    password: str = ""
    ca_file: Path | None = None  # of a mail server with its own certificate authority
    timeout_s: float = 30.0
    sender: str = "giaoban@localhost"
    sender_name: str = "Giao ban trực tuyến"
