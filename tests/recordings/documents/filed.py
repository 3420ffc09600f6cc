"""A filed dossier, as it lies in the document system's folder."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from recordings.documents.deliver import deliver
from recordings.documents.file_dossier import dossier_json, file_dossier
from recordings.documents.folder import Folder
from recordings.documents.package import read_folder
from tests.recordings.documents.pdfs import one_page_pdf
from tests.recordings.minutes.acts import issue
from tests.recordings.world import NOW, World, add_paper


async def file(world: World) -> str:
    """The id of the one delivery; the secretary may always file."""
    async with world.database.transaction() as session:
        await file_dossier(session, world.store, world.secretary, "m1", now=NOW)
    async with world.database.reading() as session:
        shown = await dossier_json(session, world.secretary, "m1")
    return str(shown["deliveries"][0]["id"])


async def filed_folder(
    world: World, tmp_path: Path, before_filing: Callable[[World], Awaitable[None]] | None = None
) -> Path:
    """Its folder; one paper is in it."""
    await add_paper(world, one_page_pdf())
    await issue(world)
    if before_filing is not None:
        await before_filing(world)
    delivery_id = await file(world)
    folder = Folder(tmp_path / "filed")
    delivery = await deliver(world.database, world.store, {"folder": folder}, delivery_id, NOW)
    return tmp_path / "filed" / delivery.reference


async def filed_files(
    world: World, tmp_path: Path, before_filing: Callable[[World], Awaitable[None]] | None = None
) -> dict[str, bytes]:
    """Its files by path."""
    return read_folder(await filed_folder(world, tmp_path, before_filing))
