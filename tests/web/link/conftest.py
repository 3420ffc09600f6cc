"""Three levels in one process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from tests.web.link.nodes import Installation, Net

Opening = Callable[[str], Awaitable[Installation]]


@pytest.fixture
def net() -> Net:
    return Net()


@pytest.fixture
async def opened(tmp_path: Path, net: Net) -> AsyncIterator[Opening]:
    made: list[Installation] = []

    async def open_one(name: str) -> Installation:
        installation = await Installation(name, tmp_path, net).open()
        made.append(installation)
        await installation.start()
        return installation

    yield open_one
    for installation in reversed(made):
        await installation.close()
