"""``giaoban admin``: certificate, backup, restore, and an administrator's new password."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, NoReturn
from urllib.parse import urlsplit

import typer
from rich.console import Console

from web.admin_nodes import app as nodes
from web.settings import read_settings

app = typer.Typer(help="Work of an administrator on the server itself.", no_args_is_help=True)
app.add_typer(nodes, name="node")
console = Console()


@app.command()
def certificate(
    names: Annotated[list[str] | None, typer.Argument(help="host names and addresses; default: public_url")] = None,
) -> None:
    """Make a local certificate authority (once) and a server certificate; says how to use and to install them."""
    from web.certificate import make_certificate

    settings = read_settings()
    host = urlsplit(settings.url).hostname or "localhost"
    try:
        files = make_certificate(settings.keys_folder, names or [host])
    except OSError as error:
        _give_up(error)
    console.print(f"Certificate: {files.certificate}\nKey:         {files.key}\n")
    console.print("Serve with it:")
    console.print(
        f"  export GIAOBAN_TLS_CERTIFICATE={files.certificate} GIAOBAN_TLS_KEY={files.key}"
        f" GIAOBAN_HOST=0.0.0.0 GIAOBAN_PUBLIC_URL=https://{(names or [host])[0]}:{settings.port}",
        soft_wrap=True,
    )
    console.print(f"\nPeople install {files.authority} once; the page {settings.url}/ca shows them how.")


@app.command()
def backup(target: Annotated[Path, typer.Argument(help="the tar file to write")]) -> None:
    """Write database, files and keys to one tar file; the server may be running."""
    from web.backup import back_up
    from web.database_dump import CannotDump

    try:
        back_up(read_settings(), target)
    except (CannotDump, OSError) as error:
        _give_up(error)
    console.print(f"Written: {target} ({target.stat().st_size:,} bytes). It holds keys: keep it like a password.")


@app.command()
def restore(source: Annotated[Path, typer.Argument(help="a tar file written by backup")]) -> None:
    """Bring a backup into an empty data folder and an empty database; its logs go on in a new epoch."""
    from web.database_dump import CannotDump
    from web.restoration import CannotRestore, bring_back

    try:
        asyncio.run(bring_back(read_settings(), source))
    except (CannotRestore, CannotDump, OSError) as error:
        _give_up(error)
    console.print(f"Restored from {source}.")


@app.command()
def password(login: str) -> None:
    """Print a one-time link with which this person sets a new password."""
    from web.restoration import NoAnswer, NoSuchLogin, reset_link

    try:
        console.print(asyncio.run(reset_link(read_settings(), login)), soft_wrap=True)
    except (NoAnswer, NoSuchLogin) as error:
        _give_up(error)


def _give_up(error: Exception) -> NoReturn:
    console.print(str(error), style="red", markup=False, soft_wrap=True)
    raise typer.Exit(1) from None
