"""The command ``giaoban``: serve, media, web, demo, admin, verify, doctor. Each says in words what it did."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from web import admin
from web.programs import LOADED, media_programs, run_media, run_web
from web.settings import BadSetting, Settings, read_settings, whole_environment
from web.supervisor import CANNOT_START, CannotStart, supervise

app = typer.Typer(help="Giao Ban: họp trực tuyến liên thông các cấp, tự cài đặt.", no_args_is_help=True)
app.add_typer(admin.app, name="admin")
console = Console()


def settings_or_exit() -> Settings:
    """The settings, or the end of the process with the reason."""
    try:
        return read_settings()
    except BadSetting as error:
        console.print(f"[red]{error}[/red]")
        raise typer.Exit(CANNOT_START) from None


@app.command()
def serve(
    demo: Annotated[bool, typer.Option(help="fill an empty database with the demonstration organisation")] = False,
    example: Annotated[bool, typer.Option(help="with --demo: and with a meeting that can start now")] = True,
) -> None:
    """Serve: prepare the data folder, then run and supervise the web process and the media workers."""
    from web.serve import serve as run

    code = asyncio.run(run(settings_or_exit(), demo=demo, example=example, console=console))
    raise typer.Exit(code)


@app.command()
def web() -> None:
    """One web process: API, signalling, jobs (``serve`` starts it; on its own it is for containers)."""
    raise typer.Exit(run_web(settings_or_exit()))


@app.command()
def media(
    number: Annotated[int | None, typer.Argument(min=1, help="run this one alone; default: all, supervised")] = None,
) -> None:
    """The media workers (``serve`` starts them; on their own they are for containers)."""
    settings = settings_or_exit()
    if number is None:
        raise typer.Exit(_supervise_media(settings))
    raise typer.Exit(run_media(settings, number))


def _supervise_media(settings: Settings) -> int:
    try:
        asyncio.run(supervise(media_programs(settings), loaded=LOADED))
    except CannotStart:
        return CANNOT_START
    return 0


demo = typer.Typer(help="Demonstrations: an organisation, or three linked installations.", invoke_without_command=True)
app.add_typer(demo, name="demo")


@demo.callback()
def fill(context: typer.Context) -> None:
    """Fill an empty database with the demonstration organisation and print who can log in."""
    if context.invoked_subcommand is not None:
        return
    from web.prepare import prepare, print_who_can_log_in, saying_why
    from web.serve import CannotPrepare

    async def run(settings: Settings) -> None:
        with saying_why(settings):
            await print_who_can_log_in(settings, await prepare(settings, demo=True, console=console), console)

    try:
        asyncio.run(run(settings_or_exit()))
    except CannotPrepare as error:
        console.print(str(error), style="red", markup=False, soft_wrap=True)
        raise typer.Exit(CANNOT_START) from None


@demo.command()
def province(
    sites: Annotated[int, typer.Option(min=0, max=208, help="light peers at sites, beside those left for you")] = 40,
    relay: Annotated[str, typer.Option(help="a bad line between province and district: rtt=100,loss=5,rate=2000")] = "",
    browsers: Annotated[Path | None, typer.Option(help="three Chromiums join; pictures of them go here")] = None,
    folder: Annotated[Path, typer.Option(help="where its installations keep everything")] = Path("var/demo"),
    fresh: Annotated[bool, typer.Option(help="begin with empty installations")] = False,
) -> None:
    """A linked meeting: central, province and district as three installations on this machine, with sites in it."""
    from web.demo.line import Impairment
    from web.demo.run import Options, run

    try:
        line = Impairment.read(relay) if relay else None
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--relay") from None
    options = Options(folder, sites, line, browsers, fresh)
    raise typer.Exit(asyncio.run(run(options, whole_environment(), console)))


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="a dossier (folder or ZIP) or a signed PDF")],
    recording: Annotated[Path | None, typer.Option(help="the recording: an MP4 file, or a folder with it")] = None,
) -> None:
    """Check signatures, hashes and the meeting's log, offline; every defect is named. Exit code 1 when there is one."""
    from web.verification import print_report

    raise typer.Exit(0 if print_report(file, console, recording) else 1)


@app.command()
def doctor() -> None:
    """Look at this machine and installation: what works, what is missing, and the command that mends it."""
    from web.doctor import examine

    raise typer.Exit(0 if asyncio.run(examine(settings_or_exit(), console)) else 1)


if __name__ == "__main__":
    app()
