"""Settings of the scheduler: frozen, handed in; nothing here reads the environment."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """Where the database is, as an SQLAlchemy URL (``sqlite+aiosqlite:///…`` or ``postgresql+asyncpg://…``)."""

    url: str

    @property
    def is_sqlite(self) -> bool:
        return self.url.startswith("sqlite")
