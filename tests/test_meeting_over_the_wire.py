"""The main job without browsers: a district's giao ban from the plan to the verified dossier, over the real protocols.

Chair and secretary sit at sockets, four communes send pictures and tones, nine more listen to the signalling; the
database is a real PostgreSQL. ``test_life_of_a_meeting.py`` tells the same story with real browsers, on SQLite.
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from recordings.verify import verify_async
from tests.databases import PostgresServer
from tests.holding import hold
from tests.installation import Installation
from tests.story import Planned, log_in, mails, plan_and_send, until, write_and_issue
from web.visiting.visitor import Visitor


@pytest.mark.installation
async def test_a_meeting_from_plan_to_dossier(tmp_path: Path, postgres_server: PostgresServer) -> None:
    async with AsyncExitStack() as stack:
        database = stack.enter_context(postgres_server.copy_of("migrated"))
        environment = {"GIAOBAN_DATABASE_URL": database.url}
        installation = await stack.enter_async_context(Installation(tmp_path / "data", environment))
        secretary = await log_in(installation, "thuky.quanba")
        chair = await log_in(installation, "chutich.quanba")
        clerk = await log_in(installation, "vanthu.quanba")
        for visitor in (secretary, chair, clerk):
            stack.push_async_callback(visitor.http.aclose)
        planned = await plan_and_send(secretary)
        await until(lambda: len(mails(installation)), lambda count: count >= 14, "invitations in the mail folder")

        await hold(installation, planned, secretary, chair)
        await minute(planned, secretary, chair, clerk)
        await file(tmp_path, planned, clerk)


async def minute(planned: Planned, secretary: Visitor, chair: Visitor, clerk: Visitor) -> None:
    recording = f"/api/meetings/{planned.id}/recording"
    playable = await until(
        lambda: secretary.get(recording), lambda seen: seen["state"] in {"playable", "archived", "failed"}, "recording"
    )
    assert playable["segments"]
    archived = await until(
        lambda: secretary.get(recording), lambda seen: seen["state"] in {"archived", "failed"}, "archive"
    )
    assert archived["mp4"]
    assert {"item", "speech", "pause"} <= {chapter["kind"] for chapter in archived["chapters"]}

    await write_and_issue(planned, secretary, chair, clerk)


async def file(folder: Path, planned: Planned, clerk: Visitor) -> None:
    path = f"/api/meetings/{planned.id}/dossier"
    await clerk.post(path)
    filed = await until(
        lambda: clerk.get(path),
        lambda seen: bool(seen["deliveries"]) and all(one["status"] == "sent" for one in seen["deliveries"]),
        "delivery",
    )
    assert filed["so_ky_hieu"] == "07/BB-UBND"
    archive = folder / "dossier.zip"
    archive.write_bytes(await clerk.download(f"{path}.zip"))
    report = await verify_async(archive)
    assert report.is_whole, report.lines()
    hits = await clerk.get("/api/search", q="quan ba")
    assert any(hit["meeting"]["id"] == planned.id for hit in hits["items"])
