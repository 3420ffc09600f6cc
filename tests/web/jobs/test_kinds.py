"""The app with its jobs: a plan sent over the API becomes letters in the folder, seen by the administrator."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sqlalchemy import func, select

from scheduler.database import Database
from scheduler.outbox import OutboxRow
from tests.web.conftest import open_world
from tests.web.held import another_meeting


async def test_invitations_leave_and_the_administrator_sees_them(filled_database: Database, tmp_path: Path) -> None:
    async with open_world(filled_database, tmp_path / "data", run_jobs=True) as world:
        meeting_id = await another_meeting(world)
        async with asyncio.timeout(120):
            while await waiting(world.database):  # noqa: ASYNC110 - the outbox tells nobody
                await asyncio.sleep(0.1)
        administrator = await world.person("quantri")
        letters = (await administrator.get("/api/mail")).json()["items"]
        assert len(letters) == 28 and "diemcau.quanba.quanba@hagiang.example" in str(letters)
        content = (await administrator.get(f"/api/mail/{letters[0]['id']}.eml")).content
        assert b"text/calendar" in content
        jobs = (await administrator.get("/api/jobs")).json()["items"]
        assert {(job["kind"], job["state"], job["progress"]) for job in jobs} == {("send_invitation", "done", 100)}
        secretary = await world.person("thuky.quanba")
        sites = (await secretary.get(f"/api/meetings/{meeting_id}")).json()["sites"]
        assert {site["delivery"] for site in sites} == {"sent"}


async def waiting(database: Database) -> int:
    async with database.reading() as session:
        return await session.scalar(select(func.count(OutboxRow.id)).where(OutboxRow.done_at.is_(None))) or 0
