"""``giaoban admin node``: linking installations at the server's own keyboard; a running server notices by itself."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from scheduler.database import Database, WriteSession
from scheduler.errors import Refused
from scheduler.nodes import pairing as pairings
from scheduler.nodes.key import fingerprint
from scheduler.nodes.registry import Role, add_node, linked_nodes, revoke_node
from scheduler.proceedings.node import begin_epoch, identify
from web.settings import Settings, read_settings

app = typer.Typer(help="Installations linked with this one.", no_args_is_help=True)
console = Console()
Work = Callable[[WriteSession, Settings], Awaitable[str]]


def _run(work: Work) -> None:
    async def run() -> str:
        from scheduler.migrations import upgrade

        settings = read_settings()
        settings.data.mkdir(parents=True, exist_ok=True)
        database = Database(settings.database)
        try:
            await upgrade(database)
            async with database.transaction() as session:
                return await work(session, settings)
        finally:
            await database.dispose()

    try:
        print(asyncio.run(run()))
    except Refused as refused:
        console.print(f"[red]{refused}[/red]")
        raise typer.Exit(1) from None


@app.command()
def show() -> None:
    """Print the pairing text of this installation: give it to the administrator of the other one."""
    from web.link.start import our_pairing

    async def work(session: WriteSession, settings: Settings) -> str:
        node = await identify(session, datetime.now(UTC))
        pairing = await our_pairing(session, settings, node.origin)
        print(f"{pairing.name}, fingerprint {fingerprint(pairing.public_key)}", file=sys.stderr)
        return pairings.to_text(pairing)

    _run(work)


@app.command()
def add(
    file: Annotated[Path, typer.Argument(help="file with the other's pairing text; - for standard input")],
    role: Annotated[str, typer.Option(help="upper: this installation dials it; lower: it dials us")],
) -> None:
    """Link with another installation. Compare the fingerprint by telephone."""
    if role not in ("upper", "lower"):
        raise typer.BadParameter("upper or lower", param_hint="--role")
    text = sys.stdin.read() if str(file) == "-" else file.read_text()

    async def work(session: WriteSession, settings: Settings) -> str:
        now, pairing = datetime.now(UTC), pairings.from_text(text)
        side: Role = "upper" if role == "upper" else "lower"
        await add_node(session, None, await identify(session, now), pairing, side, now)
        return f"Linked with {pairing.name} ({pairing.id}), fingerprint {fingerprint(pairing.public_key)}"

    _run(work)


@app.command("list")
def list_() -> None:
    """Those linked with this installation, with the last error of each."""

    async def work(session: WriteSession, settings: Settings) -> str:
        lines = [
            f"{row.id}  {row.role:5}  {row.name}  {row.url}  {f'{row.error}: {row.error_detail}' if row.error else ''}"
            for row in await linked_nodes(session)
        ]
        return "\n".join(line.rstrip() for line in lines) or "none"

    _run(work)


@app.command()
def revoke(node: str) -> None:
    """From now on this installation is nobody to us; what came from it stays."""

    async def work(session: WriteSession, settings: Settings) -> str:
        row = await revoke_node(session, None, node, datetime.now(UTC))
        return f"Revoked: {row.name}"

    _run(work)


@app.command("new-epoch")
def new_epoch() -> None:
    """After the database was brought back by other means than restore: begin new logs, so that nothing diverges."""

    async def work(session: WriteSession, settings: Settings) -> str:
        return f"Epoch {(await begin_epoch(session, datetime.now(UTC))).epoch}; start the server again"

    _run(work)
