"""Starts what a web process holds, in order, and leaves behind how to end it."""

from __future__ import annotations

import secrets
from contextlib import AsyncExitStack
from pathlib import Path

from scheduler import migrations
from web.services import Services


async def start(services: Services, stack: AsyncExitStack, *, run_jobs: bool, connect_media: bool) -> None:
    """Everything a request may need stands when this returns; ``stack`` ends it in reverse order."""
    settings = services.settings
    settings.data.mkdir(parents=True, exist_ok=True)
    await migrations.upgrade(services.database)
    services.link_key = read_or_make_key(settings.keys_folder / "links.key")


def read_or_make_key(file: Path) -> bytes:
    """A secret of 32 bytes that this installation keeps; made once, mode 0600."""
    if file.is_file():
        return file.read_bytes()
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = secrets.token_bytes(32)
    temporary = file.with_suffix(".new")
    temporary.touch(mode=0o600)
    temporary.write_bytes(key)
    temporary.rename(file)
    return key
