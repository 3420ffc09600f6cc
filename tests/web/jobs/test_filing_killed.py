"""kill -9 at the seams of filing a dossier, from the clerk's click to the job's end: delivered once, whole."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

from sqlalchemy import func, select

from recordings.documents.tables import Delivery, Dossier
from recordings.verify import verify_async
from scheduler.meetings.meeting import Meeting
from tests.seams import one_life
from tests.web.conftest import open_world
from tests.web.held import hold_another, issue
from tests.web.jobs.filing import database_of, jobs_done, live


async def test_a_dossier_is_delivered_once_wherever_it_is_cut_off(filled_sqlite: Path, tmp_path: Path) -> None:
    issued = tmp_path / "issued"
    meeting_id = await issue_one(filled_sqlite, issued)

    async def life(place: Path, die_at: str) -> int | None:
        return await one_life(live, place / "data", meeting_id, place / "seams", die_at)

    async def cut_off(place: Path, seams: list[str]) -> None:
        """At each of these, every time in an installation as it was; the next process finds what there is to do."""
        for seam in seams:
            shutil.copytree(issued, place / "data")
            assert await life(place, seam) in (-9, 0), seam  # the job engine may commit less often this time
            assert await life(place, "") == 0, seam
            await filed_once(place / "data", meeting_id, seam)
            shutil.rmtree(place / "data")

    shutil.copytree(issued, tmp_path / "whole" / "data")
    assert await life(tmp_path / "whole", "") == 0
    seams = (tmp_path / "whole" / "seams").read_text().splitlines()
    assert {"obstore put_async  1", "commit giaoban.db 1", "commit jobs.sqlite 1", "fsync dossiers 1"} <= set(seams)
    await asyncio.gather(cut_off(tmp_path / "one", seams[::2]), cut_off(tmp_path / "other", seams[1::2]))


async def issue_one(filled: Path, folder: Path) -> str:
    """An installation with nothing left to do but to file one meeting's issued minutes."""
    folder.mkdir()
    shutil.copy(filled, folder / "giaoban.db")
    database = database_of(folder)
    async with open_world(database, folder, run_jobs=True) as world:
        meeting_id = (await hold_another(world)).meeting_id
        await issue(world, meeting_id)
        await jobs_done(world)
    await database.dispose()
    return meeting_id


async def filed_once(folder: Path, meeting_id: str, seam: str) -> None:
    dossiers = folder / "dossiers"
    database = database_of(folder)
    async with database.reading() as session:
        delivery = (await session.scalars(select(Delivery))).one()
        assert await session.scalar(select(func.count(Dossier.id))) == 1, seam
        assert (await session.get_one(Meeting, meeting_id)).stage == "filed", seam
    await database.dispose()
    assert (delivery.status, delivery.error) == ("sent", ""), seam
    visible = sorted(path.name for path in dossiers.iterdir() if not path.name.startswith("."))
    assert visible == [delivery.reference, f"{delivery.reference}.zip"], seam
    assert [path.name for path in (dossiers / ".receipts").glob("*")] == [f"{delivery.id}.json"], seam
    assert list((dossiers / ".incoming").iterdir()) == [], seam
    for name in visible:
        assert (await verify_async(dossiers / name)).is_whole, seam
