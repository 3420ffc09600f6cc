"""State secrets are not taken in: a meeting or paper marked Mật or higher is refused before anything is stored.

An installation declared isolated takes in Mật, and only that; whatever bears a secret marking is then neither recorded
nor mailed, exported, delivered or searched, whatever the settings say later. A refusal rolls its transaction back, so
the audit entry is written in one of its own, without the title.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from scheduler import audit
from scheduler.database import Database
from scheduler.errors import Invalid, SecretRefused
from scheduler.permissions import Actor

OPEN_MARKINGS = frozenset({"none", "internal"})
SECRET_MARKINGS = frozenset({"mat", "toi_mat", "tuyet_mat"})


@dataclass(frozen=True, slots=True)
class Secrecy:
    """What this installation may take in."""

    isolated: bool = False  # declared: on no network that leads outside

    def admits(self, marking: str) -> bool:
        return marking in OPEN_MARKINGS or (self.isolated and marking == "mat")


NETWORKED = Secrecy()


def is_secret(marking: str) -> bool:
    return marking in SECRET_MARKINGS


def refuse_secrets(marking: str, secrecy: Secrecy = NETWORKED) -> None:
    """Raise SecretRefused for Mật and higher, Invalid for a marking that does not exist."""
    if secrecy.admits(marking):
        return
    if marking in SECRET_MARKINGS:
        raise SecretRefused(marking)
    raise Invalid({"security_marking": "unknown"})


@asynccontextmanager
async def auditing_refused_secrets(
    database: Database, actor: Actor, now: datetime, address: str = ""
) -> AsyncIterator[None]:
    """Put this **around** the transaction: a SecretRefused that leaves it is written to the audit trail."""
    try:
        yield
    except SecretRefused as refused:
        async with database.transaction() as session:
            audit.record(session, "secret_refused", actor, now, address=address, marking=refused.marking)
        raise
