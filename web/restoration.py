"""What only the server's own administrator may do, at its keyboard: bring back a backup, open an account again."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from scheduler.database import Database
from scheduler.migrations import upgrade
from scheduler.proceedings import lease
from scheduler.proceedings.node import begin_epoch
from web.accounts import Account, make_reset, normalise_login
from web.backup import CannotBackUp, restore
from web.settings import Settings


async def bring_back(settings: Settings, source: Path) -> int:
    """Restore, migrate, and begin a new epoch of the logs: returns its number. Raises :class:`CannotBackUp`."""
    restore(settings, source)
    database = Database(settings.database)
    try:
        await upgrade(database)
        async with database.transaction() as session:
            await lease.clear(session)
            return (await begin_epoch(session, datetime.now(UTC))).epoch
    finally:
        await database.dispose()


async def reset_link(settings: Settings, login: str) -> str:
    """A one-time link with which the owner of this login sets a new password; raises :class:`CannotBackUp`."""
    database = Database(settings.database)
    try:
        async with database.transaction() as session:
            found = select(Account).where(Account.login == normalise_login(login), Account.person_id.is_not(None))
            account = await session.scalar(found)
            if account is None or account.person_id is None:
                raise CannotBackUp(f"there is no person with the login {login}")
            token = await make_reset(session, account, account.person_id, datetime.now(UTC))
            return f"{settings.url}/password/{token}"
    finally:
        await database.dispose()
