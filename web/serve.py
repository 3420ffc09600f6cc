"""``giaoban serve``: prepare the data folder and the database, say where and who, then supervise.

The children load while the parent prepares. Preparing is idempotent: migrations, keys, and on an empty database either
the demonstration organisation (``--demo``) or today's levels with a first administrator.
"""

from __future__ import annotations

import asyncio

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError

from scheduler.database import Database
from scheduler.migrations import upgrade
from scheduler.proceedings.errors import LeaseHeld
from web.beginning import Beginning, begin, can_start_now
from web.only_server import wait_for_the_last, words
from web.programs import programs
from web.run_folder import preparing
from web.services import utc_now
from web.settings import Settings
from web.supervisor import CANNOT_START, CannotStart, supervise


async def prepare(settings: Settings, *, demo: bool, console: Console) -> Beginning:
    """Make what is missing in the data folder and the database; tells who can log in."""
    for folder in (settings.data, settings.run_folder, settings.keys_folder):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    database = Database(settings.database)
    try:
        with console.status("Database …"):
            await wait_for_the_last(database, utc_now)
            await upgrade(database)
        with console.status("Demonstration organisation …" if demo else "Organisation …"):
            return await begin(database, settings, demo=demo)
    finally:
        await database.dispose()


async def serve(settings: Settings, *, demo: bool, console: Console) -> int:
    """Run until told to stop; the exit code of the command."""
    stopping = asyncio.Event()
    try:
        settings.run_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with preparing(settings.run_folder):
            running = asyncio.create_task(supervise(programs(settings), stopping=stopping))
            try:
                beginning = await prepare(settings, demo=demo, console=console)
            except BaseException:
                stopping.set()
                await asyncio.wait({running})
                raise
        await print_who_can_log_in(settings, beginning, console)
        await running
    except LeaseHeld as held:
        console.print(f"[red]{words(held)}[/red]", soft_wrap=True, highlight=False)
        return CANNOT_START
    except (OSError, SQLAlchemyError) as error:
        console.print(f"[red]{escape(str(error))}[/red]", soft_wrap=True, highlight=False)
        return CANNOT_START
    except CannotStart as error:
        console.print(f"[red]{error} cannot start; its reason stands above.[/red]")
        return CANNOT_START
    return 0


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
