"""Two servers on one database: the second is refused in words before it touches anything of the first."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from scheduler.settings import DatabaseSettings
from tests.installation import Installation
from tests.story import until
from web.supervisor import CANNOT_START
from web.visiting.visitor import Visitor


@pytest.mark.installation
async def test_a_second_server_is_refused_and_harms_nothing(
    tmp_path: Path, database_settings: DatabaseSettings
) -> None:
    """On SQLite in the same data folder; on PostgreSQL in another one, as on another machine."""
    environment = {"GIAOBAN_DATABASE_URL": database_settings.url}
    shares_folder = database_settings.is_sqlite
    async with Installation(tmp_path / "first", environment) as first:
        second = Installation(first.data if shares_folder else tmp_path / "second", environment)
        second.log_path = tmp_path / "second.log"
        await second.start(wait=False)
        assert second.process
        assert await asyncio.wait_for(second.process.wait(), 90) == CANNOT_START
        assert "Một máy chủ khác đang dùng cơ sở dữ liệu này" in second.log
        assert f"process {first.pid_of('web')}" in second.log
        assert "Traceback" not in second.log
        assert "Can start now" not in second.log
        if shares_folder:
            await a_second_worker_is_refused(first)
            await first.restarted("web", first.kill("web"))
        async with Visitor(first.url) as visitor:
            await until(
                lambda: visitor.get("/healthz"), lambda seen: seen["media"]["media-1"], "the worker of the first"
            )


async def a_second_worker_is_refused(first: Installation) -> None:
    """It would take the socket away from the first."""
    worker = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "web.command", "media"),
        env={"GIAOBAN_DATA": str(first.data), "GIAOBAN_MEDIA_PORT": "0"},
        stderr=asyncio.subprocess.PIPE,
    )
    _, printed = await asyncio.wait_for(worker.communicate(), 60)
    assert worker.returncode == CANNOT_START
    assert b"Another media worker serves" in printed
