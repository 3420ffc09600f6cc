"""kill -9 of the mail server while it is handed a letter: no letter is lost, and none arrives twice but where SMTP
itself cannot tell.

Until the server has said 250 the letter is the sender's (RFC 5321, 4.2.5 and 6.1). A server that dies between keeping
a letter and saying so leaves the sender to offer it again (RFC 1047): that one comes twice, under the same Message-ID,
of which a mailbox shows one.
"""

from __future__ import annotations

import asyncio
import email
import multiprocessing
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from scheduler.settings import DatabaseSettings
from tests.databases import opened
from tests.installation import free_port
from tests.web.conftest import World, open_world
from tests.web.held import another_meeting
from tests.web.jobs.dying_mail_server import MOMENTS, serve

LETTERS = 14  # thirteen communes and the host's own site
LIMIT_S = 120


class MailServer:
    """One mail server: its processes, one after the other, and the letters it keeps."""

    def __init__(self, folder: Path) -> None:
        self.port, self.folder = free_port(), folder
        self.process: ForkServerProcess | None = None
        folder.mkdir()

    async def start(self, dies_when_it: str = "", others: int = 0) -> None:
        (self.folder / "ready").unlink(missing_ok=True)
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["tests.web.jobs.dying_mail_server"])
        self.process = context.Process(target=serve, args=(self.port, self.folder, dies_when_it, others))
        self.process.start()

        async def ready() -> bool:
            return (self.folder / "ready").exists()

        await until(ready)

    async def ended(self) -> int | None:
        assert self.process is not None
        await asyncio.to_thread(self.process.join, LIMIT_S)
        return self.process.exitcode

    async def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            await self.ended()

    def take_out(self) -> Counter[str]:
        """How often each Message-ID came since the last time."""
        found: Counter[str] = Counter()
        for path in self.folder.glob("*.eml"):
            letter = email.message_from_bytes(path.read_bytes())
            assert any(part.get_content_type() == "text/calendar" for part in letter.walk()), "a letter that is whole"
            found[letter["Message-ID"]] += 1
            path.unlink()
        return found


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(LIMIT_S):
        while not await condition():  # noqa: ASYNC110 - another process, or a table that tells nobody
            await asyncio.sleep(0.05)


@asynccontextmanager
async def posting(settings: DatabaseSettings, folder: Path) -> AsyncIterator[tuple[World, MailServer]]:
    """The app with its jobs, and the mail server it hands letters to; the demonstration's own letters have left."""
    database, mail = opened(settings), MailServer(folder / "mail")
    try:
        await mail.start()
        url = f"smtp://127.0.0.1:{mail.port}"
        async with open_world(database, folder / "data", run_jobs=True, smtp_url=url) as world:
            await told(world, world.meeting.id, Counter(sent=LETTERS))
            yield world, mail
    finally:
        await mail.stop()
        await database.dispose()


async def told(world: World, meeting_id: str, wanted: Counter[str]) -> set[str]:
    """Wait until the plan says this of its letters; the reasons it gives."""
    secretary = await world.person("thuky.quanba")
    sites: list[dict[str, Any]] = []

    async def as_wanted() -> bool:
        sites[:] = (await secretary.get(f"/api/meetings/{meeting_id}")).json()["sites"]
        return Counter(site["delivery"] for site in sites) == wanted

    await until(as_wanted)
    return {site["delivery_error"] for site in sites if site["delivery"] == "failed"}


async def try_again(world: World) -> None:
    """As the administrator does on the page of jobs, who does not wait for the next attempt."""
    administrator = await world.person("quantri")
    for job in (await administrator.get("/api/jobs")).json()["items"]:
        if job["state"] == "failing":
            await administrator.post(f"/api/jobs/{job['id']}/retry")


async def test_every_letter_arrives(small_settings: DatabaseSettings, tmp_path: Path) -> None:
    async with posting(small_settings, tmp_path) as (world, mail):
        await mail.stop()
        assert mail.take_out().total() == LETTERS
        for moment in MOMENTS:
            await mail.start(moment, others=LETTERS - 1)
            meeting_id = await another_meeting(world)
            assert await mail.ended() == -9
            if moment != "said so":
                reasons = await told(world, meeting_id, Counter(sent=LETTERS - 1, failed=1))
                server = f"127.0.0.1:{mail.port}"
                assert reasons == {f"Máy chủ thư {server} ngắt giữa chừng. Hệ thống sẽ tự gửi lại."}, moment
            await mail.start()
            await try_again(world)
            await told(world, meeting_id, Counter(sent=LETTERS))
            received = mail.take_out()
            assert len(received) == LETTERS, moment
            assert received.total() == LETTERS + (moment == "kept it"), moment
            await mail.stop()
