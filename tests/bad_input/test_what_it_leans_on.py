"""What the product leans on goes away and comes back under the running server: mail, PostgreSQL, the document folder.

People are told in words, nothing that was stored is lost, and what was to be done is done later, once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.databases import PostgresServer
from tests.gathering import Gathering, gather
from tests.installation import READY_S, Installation
from tests.mail_server import MailServer
from tests.small_disk import SmallDisk, small_disk
from tests.story import TITLE, log_in, plan_and_send, until, write_and_issue
from web.visiting.seat import Refused
from web.visiting.visitor import Visitor

INVITED = 14  # thirteen communes and the host's own site


@pytest.mark.installation
async def test_mail_database_and_document_folder_go_away_and_come_back(tmp_path: Path) -> None:
    with small_disk(tmp_path / "documents", 64) as disk:
        disk.take_nothing()
        await as_it_all_goes_away(tmp_path, disk)


async def as_it_all_goes_away(tmp_path: Path, disk: SmallDisk) -> None:
    async with leaning_on(tmp_path, disk.path) as (installation, mail, postgres), AsyncExitStack() as stack:
        room = await gather(installation, stack)
        await letters_wait_for_the_mail_server(room, mail)
        await room.convene()
        await without_the_database(room, postgres)
        await everything_goes_on(room, postgres, mail)
        await room.chair.command("adjourn")
        await the_dossier_waits_for_its_folder(room, disk)


@asynccontextmanager
async def leaning_on(tmp_path: Path, folder: Path) -> AsyncIterator[tuple[Installation, MailServer, PostgresServer]]:
    """An installation on its own PostgreSQL; the mail server is down, and the document folder read-only."""
    postgres, mail = PostgresServer(), MailServer()
    try:
        postgres.start()
        postgres.create("giaoban")
        environment = {
            "GIAOBAN_DATABASE_URL": postgres.url("giaoban"),
            "GIAOBAN_SMTP_URL": f"smtp://127.0.0.1:{mail.port}",
            "GIAOBAN_DOCUMENT_FOLDER": str(folder),
        }
        async with Installation(tmp_path / "data", environment) as installation:
            yield installation, mail, postgres
    finally:
        await mail.stop()
        postgres.remove()


async def letters_wait_for_the_mail_server(room: Gathering, mail: MailServer) -> None:
    """The plan says beside each site why its letter has not left; once the server is back, each leaves once."""
    path, secretary = f"/api/meetings/{room.planned.id}", room.secretary.visitor

    def all_failed(meeting: dict[str, Any]) -> bool:
        return all(site["delivery"] == "failed" for site in meeting["sites"])

    seen = await until(lambda: secretary.get(path), all_failed, "letters that did not leave", 60)
    assert {site["delivery_error"] for site in seen["sites"]} == {
        f"Không kết nối được máy chủ thư 127.0.0.1:{mail.port}."
    }
    await mail.start()
    await until(
        lambda: secretary.get(path),
        lambda meeting: all(site["delivery"] == "sent" for site in meeting["sites"]),
        "letters that left",
        120,
    )
    letters = mail.letters_about(TITLE)
    assert len(letters) == len(set(letters)) == INVITED


async def without_the_database(room: Gathering, postgres: PostgresServer) -> None:
    """Nothing can be stored or read: everybody who tries is told so; picture and tone go on, also for those whose
    web process dies meanwhile: it comes back once the database does."""
    postgres.kill()
    with pytest.raises(Refused, match="Máy chủ chưa ghi được") as refused:
        await room.secretary.command("grant_next")
    assert refused.value.code == "busy"
    answer = await room.secretary.visitor.http.get("/api/today")
    assert answer.status_code == 503
    assert "cơ sở dữ liệu" in answer.json()["error"]["message"].lower()
    assert (await room.secretary.visitor.http.get("/healthz")).status_code == 503
    await room.speaker_is_on_air()


async def everything_goes_on(room: Gathering, postgres: PostgresServer, mail: MailServer) -> None:
    installation = room.installation
    before = room.secretary.state
    arrivals = {one: one.arrivals for one in room.everybody}
    killed = installation.kill("web")  # those that come after it end for want of the database
    await room.speaker_is_on_air()
    postgres.start()
    await until(lambda: installation.pid_of("web"), lambda pid: pid != killed, "a web process that serves", READY_S)
    await room.all_see(lambda one: one.arrivals > arrivals[one], "everybody is back")
    await room.present()
    assert (room.secretary.state.floor, room.secretary.state.queue) == (before.floor, before.queue)
    await room.recording_goes_on()
    await room.secretary.command("grant_next")
    await room.whole_log()
    await plan_and_send(room.secretary.visitor)  # the jobs have found the database again too
    await until(lambda: mail.letters_about(TITLE), lambda sent: len(sent) == 2 * INVITED, "the next meeting's", 120)
    assert len(set(mail.letters_about(TITLE))) == 2 * INVITED


async def the_dossier_waits_for_its_folder(room: Gathering, disk: SmallDisk) -> None:
    """Whoever filed it reads why it is not there yet; with the folder mended it is delivered, once."""
    clerk = await log_in(room.installation, "vanthu.quanba")
    try:
        await write_and_issue(room.planned, room.secretary.visitor, room.chair.visitor, clerk)
        await deliver(room, clerk, disk)
    finally:
        await clerk.http.aclose()


async def deliver(room: Gathering, clerk: Visitor, disk: SmallDisk) -> None:
    path = f"/api/meetings/{room.planned.id}/dossier"
    await clerk.post(path)

    def is_told(seen: dict[str, Any]) -> bool:
        return bool(seen["deliveries"]) and seen["deliveries"][0]["status"] == "failed"

    seen = await until(lambda: clerk.get(path), is_told, "why the dossier is not delivered", 60)
    assert f"Không ghi được vào thư mục hồ sơ {disk.path}" in seen["deliveries"][0]["error"]
    disk.take_again()
    await until(lambda: clerk.get(path), lambda now: now["deliveries"][0]["status"] == "sent", "the delivery", 120)
    assert len(list(disk.path.glob("*.zip"))) == 1
