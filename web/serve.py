"""``giaoban serve``: start the children, prepare the data folder and the database meanwhile, then supervise.

Imports are the greater part of a start. So what the children are forked from is started first and loads while their
parent does; they wait in the run folder until it has prepared.
"""

from __future__ import annotations

import asyncio
from importlib import import_module

from rich.console import Console
from rich.markup import escape

from web.programs import LOADED, programs
from web.run_folder import preparing
from web.settings import Settings
from web.supervisor import CANNOT_START, CannotStart, supervise


class CannotPrepare(Exception):
    """The data folder or the database is not to be had; the text says why."""


async def serve(settings: Settings, *, demo: bool, console: Console, example: bool = True) -> int:
    """Run until told to stop; the exit code of the command."""
    try:
        await _serve(settings, demo=demo, example=example, console=console)
    except CannotPrepare as error:
        return _refuse(str(error), console)
    except OSError as error:
        return _refuse(in_words(error, settings), console)
    except CannotStart as error:
        console.print(f"[red]{error} cannot start; its reason stands above.[/red]")
        return CANNOT_START
    return 0


def _refuse(reason: str, console: Console) -> int:
    console.print(f"[red]{escape(reason)}[/red]", soft_wrap=True, highlight=False)
    return CANNOT_START


def in_words(error: OSError, settings: Settings) -> str:
    """What cannot be had, and which of the settings leads there."""
    if error.filename is not None:
        data = settings.data.absolute()
        return f"Cannot keep anything in {data} (GIAOBAN_DATA): {error.filename}: {error.strerror}"
    return f"Cannot reach the database (GIAOBAN_DATABASE_URL): {error.strerror or error}"


async def _serve(settings: Settings, *, demo: bool, example: bool, console: Console) -> None:
    stopping = asyncio.Event()
    settings.run_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with preparing(settings.run_folder):
        running = asyncio.create_task(supervise(programs(settings), stopping=stopping, loaded=LOADED))
        try:
            await asyncio.to_thread(import_module, "web.prepare")  # in a thread: this one starts the children
            from web.prepare import prepare, print_who_can_log_in, saying_why

            with saying_why(settings):
                beginning = await prepare(settings, demo=demo, example=example, console=console)
        except BaseException:
            stopping.set()
            await asyncio.wait({running})
            raise
    with saying_why(settings):
        await print_who_can_log_in(settings, beginning, console)
    await running
