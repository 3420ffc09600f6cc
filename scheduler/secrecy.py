"""State secrets are not taken in: a meeting or paper marked Mật or higher is refused before anything is stored.

The refusal rolls its transaction back, so the audit entry is written in one of its own, without the title.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from scheduler import audit
from scheduler.database import Database
from scheduler.errors import Invalid, SecretRefused
from scheduler.permissions import Actor

OPEN_MARKINGS = frozenset({"none", "internal"})
SECRET_MARKINGS = frozenset({"mat", "toi_mat", "tuyet_mat"})


def refuse_secrets(marking: str) -> None:
    """Raise SecretRefused for Mật and higher, Invalid for a marking that does not exist."""
    if marking in SECRET_MARKINGS:
        raise SecretRefused(marking)
    if marking not in OPEN_MARKINGS:
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
