"""Prepares the data folder and the database, and says where and who.

Idempotent: migrations, keys, and on an empty database either the demonstration organisation (``--demo``) or today's
levels with a first administrator.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError

from scheduler.database import Database
from scheduler.migrations import upgrade
from scheduler.proceedings.errors import LeaseHeld
from web.beginning import Beginning, begin, can_start_now
from web.only_server import wait_for_the_last, words
from web.serve import CannotPrepare, in_words
from web.services import utc_now
from web.settings import Settings


@contextmanager
def saying_why(settings: Settings) -> Iterator[None]:
    """Raises :class:`CannotPrepare` with the reason in words."""
    try:
        yield
    except LeaseHeld as held:
        raise CannotPrepare(words(held)) from held
    except OSError as error:
        raise CannotPrepare(in_words(error, settings)) from error
    except SQLAlchemyError as error:
        reason = str(error).splitlines()[0]
        raise CannotPrepare(f"The database (GIAOBAN_DATABASE_URL) refuses: {reason}") from error


async def prepare(settings: Settings, *, demo: bool, console: Console, example: bool = True) -> Beginning:
    """Make what is missing in the data folder and the database; tells who can log in."""
    for folder in (settings.data, settings.run_folder, settings.keys_folder):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    database = Database(settings.database)
    try:
        with console.status("Database …"):
            await wait_for_the_last(database, utc_now)
            await upgrade(database)
        with console.status("Demonstration organisation …" if demo else "Organisation …"):
            return await begin(database, settings, demo=demo, example=example)
    finally:
        await database.dispose()


async def print_who_can_log_in(settings: Settings, beginning: Beginning, console: Console) -> None:
    """The address, the logins made just now or standing in the demonstration, and the meetings that can start now."""
    console.print(f"\n[bold]Giao Ban[/bold]  {settings.url}\n")
    if not settings.rooms_allowed:
        console.print("[yellow]No TLS, so no camera: rooms are refused. Mend: giaoban admin certificate[/yellow]\n")
    if beginning.logins:
        table = Table("login", "password", "who", show_edge=False)
        for login in beginning.logins:
            table.add_row(login.login, login.password, login.who)
        console.print(table, "")
    if beginning.first_link:
        console.print(f"First administrator, set your password: {beginning.first_link}\n", soft_wrap=True)
    for meeting in await can_start_now(settings):
        console.print(f"Can start now: [bold]{meeting.title}[/bold]", soft_wrap=True)
        console.print(f"  chair and secretary: {settings.url}/meetings/{meeting.id}", soft_wrap=True)
        for site, link in meeting.links:
            console.print(f"  {site}: {link}", soft_wrap=True)
