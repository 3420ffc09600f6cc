"""A second meeting of the demonstration, held through the app's own hub: facts, a recording, a paper, draft minutes."""

from __future__ import annotations

import io
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import timedelta

import httpx
import pypdfium2
from sqlalchemy import select

from recordings.capture.recording import Recording, RecordingSegment
from scheduler.database import new_id
from scheduler.meetings.agenda import AgendaItem
from scheduler.meetings.paper import Paper
from scheduler.organization.demonstration import demo_id
from scheduler.proceedings import facts as f
from tests.web.conftest import World

SECRETARY = demo_id("person:thuky.quanba")
CHAIR = demo_id("person:chutich.quanba")
CHAIR_SITE = demo_id("site:quanba")
SITE = demo_id("site:quanba.quanba")
PIN = "24682468"


@dataclass(frozen=True)
class Held:
    meeting_id: str
    fact_id: str  # of the Suspended: its reason can be corrected
    recording_id: str
    paper_id: str


NOTHING_HELD = Held("", "", "", "")


def small_pdf() -> bytes:
    document = pypdfium2.PdfDocument.new()
    document.new_page(595, 842)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


async def another_meeting(world: World) -> str:
    """The next one, cloned and sent."""
    secretary = await world.person("thuky.quanba")
    made = (await secretary.post(f"/api/meetings/{world.meeting.id}/clone")).json()
    sent = await secretary.post(f"/api/meetings/{made['id']}/send", json={})
    assert sent.status_code == 200, sent.text
    return str(made["id"])


async def hold(world: World, meeting_id: str) -> str:
    """Facts of a short meeting; returns the id of one whose text can be corrected."""
    async with world.database.reading() as session:
        items = (await session.scalars(select(AgendaItem.id).where(AgendaItem.meeting_id == meeting_id))).all()
    by = f.By(person_id=SECRETARY, on_behalf_of=CHAIR)
    speech = new_id()
    course: tuple[f.Body, ...] = (
        f.TestingOpened((SITE,), CHAIR, CHAIR_SITE, SECRETARY, "one_speaker", tuple(items)),
        f.HeadCountReported(SITE, 2, (f.Somebody("Vàng A Sính", "Chủ tịch UBND xã"),)),
        f.AttendanceConfirmed(SITE),
        f.Convened(),
        f.ItemOpened(items[0]),
        f.FloorGranted(speech, SITE),
        f.FloorReturned(speech),
        f.ConclusionRecorded(new_id(), items[0], "Các xã hoàn thành thu ngân sách trước ngày 20/12/2026."),
        f.ItemClosed(items[0]),
        f.Suspended("giải lao"),
        f.Resumed(),
        f.Adjourned(),
    )
    fact_id = ""
    for body in course:
        facts = await world.services.hub.append(meeting_id, [body], by)
        world.clock.now += timedelta(minutes=1)
        fact_id = facts[0].id if isinstance(body, f.Suspended) else fact_id
    return fact_id


async def recorded(world: World, meeting_id: str) -> str:
    """A recording that is archived already, with files of a few bytes."""
    recording = new_id()
    folder = world.services.captures.files_of(recording)
    folder.mkdir(parents=True)
    (folder / "0.webm").write_bytes(bytes(range(256)))
    (folder / "recording.mp4").write_bytes(b"mp4")
    async with world.database.transaction() as session:
        session.add(
            Recording(
                id=recording, meeting_id=meeting_id, state="archived", started_at=world.clock.now, size_bytes=3,
                duration_ms=1000, sha256="ab" * 32,
            )
        )  # fmt: skip
        await session.flush()
        session.add(
            RecordingSegment(
                recording_id=recording, number=0, start_ms=0, duration_ms=1000, media_type="video/webm",
                file_name="0.webm", size_bytes=256,
            )
        )  # fmt: skip
    return recording


async def with_paper(world: World, meeting_id: str) -> str:
    """A PDF of one page, handed in by the secretary."""
    content = small_pdf()
    sha256 = await world.services.store.put(content)
    async with world.database.transaction() as session:
        paper = Paper(
            id=new_id(), meeting_id=meeting_id, title="Báo cáo", file_name="bao-cao.pdf", position=1,
            media_type="application/pdf", size_bytes=len(content), sha256=sha256, pdf_sha256=sha256, page_count=1,
            not_secret=True, uploaded_by=SECRETARY, uploaded_at=world.clock.now,
        )  # fmt: skip
        session.add(paper)
    return paper.id


async def hold_another(world: World) -> Held:
    meeting_id = await another_meeting(world)
    paper_id = await with_paper(world, meeting_id)
    fact_id = await hold(world, meeting_id)
    recording_id = await recorded(world, meeting_id)
    secretary = await world.person("thuky.quanba")
    drafted = await secretary.post(f"/api/meetings/{meeting_id}/minutes")
    assert drafted.status_code == 201, drafted.text
    return Held(meeting_id, fact_id, recording_id, paper_id)


async def issue(world: World, meeting_id: str) -> None:
    """The minutes submitted, signed by both with test certificates, numbered and issued."""
    path = f"/api/meetings/{meeting_id}/minutes"
    secretary, chair = await world.person("thuky.quanba"), await world.person("chutich.quanba")
    clerk = await world.person("vanthu.quanba")
    await done(secretary.post(f"{path}/submit"))
    for role, signer in (("secretary", secretary), ("chair", chair)):
        await done(signer.post("/api/me/certificate/test", json={"pin": PIN}))
        await done(signer.post(f"{path}/sign", json={"role": role, "pin": PIN}))
    await done(clerk.put(f"{path}/number", json={"number": "07", "notation": "BB-UBND", "date": "2026-11-23"}))
    await done(clerk.post(f"{path}/issue"))


async def done(asked: Awaitable[httpx.Response]) -> None:
    answer = await asked
    assert answer.is_success, answer.text
