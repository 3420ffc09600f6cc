"""Three levels in one process."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import pytest

from tests.web.link.nodes import CALM, Installation, Net


class Opening(Protocol):
    """``folder``: of the database; ``versions``: of the protocol that this one speaks."""

    async def __call__(
        self, name: str, *, folder: Path | None = None, versions: tuple[int, int] | None = None
    ) -> Installation: ...


@pytest.fixture
def net() -> Net:
    return Net()


@pytest.fixture
async def opened(tmp_path: Path, sqlite_template: Path, net: Net) -> AsyncIterator[Opening]:
    made: list[Installation] = []

    async def open_one(
        name: str, *, folder: Path | None = None, versions: tuple[int, int] | None = None
    ) -> Installation:
        folder = folder or tmp_path
        shutil.copy(sqlite_template, folder / f"{name}.sqlite")
        made_one = Installation(name, folder, net)
        made_one.settings = replace(CALM, versions=versions or CALM.versions)
        installation = await made_one.open(is_migrated=True)
        made.append(installation)
        await installation.start()
        return installation

    yield open_one
    for installation in reversed(made):
        await installation.close()
