"""Filing an issued meeting and checking the dossier offline, whole and damaged in every way."""

from __future__ import annotations

import io
import json
import random
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import NameObject, StreamObject

from recordings.documents.deliver import deliver
from recordings.documents.document_system import DocumentSystemFailed
from recordings.documents.dossier import FACTS, SIGNED_PDF
from recordings.documents.file_dossier import dossier_json, dossier_zip, file_dossier
from recordings.documents.folder import Folder
from recordings.errors import Conflict, NotAllowed
from recordings.verify import verify_async, verify_bytes, verify_files
from scheduler.meetings.meeting import Meeting
from tests.recordings.documents.filed import file
from tests.recordings.documents.forgery import named, rehashed
from tests.recordings.documents.pdfs import one_page_pdf
from tests.recordings.minutes.acts import draft, issue
from tests.recordings.world import NOW, World, add_paper
from tests.small_disk import small_disk


async def test_an_issued_meeting_is_filed_once_and_verifies(world: World, tmp_path: Path) -> None:
    await add_paper(world, one_page_pdf())
    await issue(world)
    delivery_id = await file(world)
    assert await file(world) == delivery_id
    folder = Folder(tmp_path / "filed")
    for _ in range(2):
        delivery = await deliver(world.database, world.store, {"folder": folder}, delivery_id, NOW)
    assert delivery.status == "sent"
    visible = sorted(path.name for path in (tmp_path / "filed").iterdir() if not path.name.startswith("."))
    assert visible == [delivery.reference, f"{delivery.reference}.zip"]
    for path in visible:
        report = await verify_async(tmp_path / "filed" / path)
        assert report.lines()[0] == "Toàn vẹn: không phát hiện thay đổi.", "\n".join(report.lines())
        assert [s.role for s in report.signatures] == ["secretary", "chair"]
        assert report.facts > 20
    text = (tmp_path / "filed" / delivery.reference / "thong-tin-van-ban.txt").read_text()
    assert text.splitlines() == [
        "Số ký hiệu: 07/BB-UBND",
        "Trích yếu: Biên bản Giao ban trực tuyến công tác tháng 10 năm 2026",
        "Ngày: 05/11/2026",
    ]
    async with world.database.reading() as session:
        assert (await session.get_one(Meeting, "m1")).stage == "filed"
        shown = await dossier_json(session, world.clerk, "m1")
        zipped = await dossier_zip(session, world.store, world.clerk, "m1")
    assert shown["file_code"].startswith("H22.05.2026.1105-")
    assert {d["kind"] for d in shown["documents"]} == {
        "minutes", "minutes_copy", "facts", "attendance", "recording", "paper", "papers", "log", "invitation",
    }  # fmt: skip
    assert (await verify_bytes(zipped, "dossier.zip")).is_whole


async def test_a_flipped_byte_in_any_file_is_named(dossier: dict[str, bytes]) -> None:
    files = dossier
    dice = random.Random(7)
    for name, content in files.items():
        at = dice.randrange(len(content))
        changed = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
        report = await verify_files({**files, name: changed}, "hồ sơ")
        assert not report.is_whole, (name, at)
        assert named(report, name), (name, at, report.lines())


async def test_files_missing_or_strange_are_named(dossier: dict[str, bytes]) -> None:
    files = dossier
    for name in files:
        report = await verify_files({n: c for n, c in files.items() if n != name}, "hồ sơ")
        assert any("thiếu" in message or "không khớp" in message for message in named(report, name)), report.lines()
    report = await verify_files({**files, "them.txt": b"x"}, "hồ sơ")
    assert named(report, "them.txt") == ["tệp lạ, không có trong danh mục"]


async def test_facts_dropped_swapped_or_doubled_are_named(dossier: dict[str, bytes]) -> None:
    files = dossier
    name = next(name for name in files if name.startswith("dien-bien/"))
    lines = files[name].splitlines(keepends=True)
    forgeries = {
        "thiếu sự kiện này": [*lines[:4], *lines[5:]],
        "sự kiện bị lặp lại": [*lines[:5], *lines[4:]],
        "sự kiện bị đổi chỗ": [*lines[:4], lines[5], lines[4], *lines[6:]],
        "diễn biến bị cắt từ đây": lines[:-1],
    }
    for word, forged in forgeries.items():
        report = await verify_files(rehashed(files, {name: b"".join(forged)}), "hồ sơ")
        assert any((word in message and "số" in message) or word in message for message in named(report, name)), (
            word,
            report.lines(),
        )


async def test_facts_of_the_minutes_that_the_log_does_not_say_are_named(dossier: dict[str, bytes]) -> None:
    files = dossier
    facts = json.loads(files[FACTS])
    facts["attendance"]["present"][1]["head_count"] = 99
    report = await verify_files(rehashed(files, {FACTS: json.dumps(facts).encode()}), "hồ sơ")
    assert any("attendance.present[2].head_count" in message for message in named(report, FACTS)), report.lines()
    assert any("không phải là của biên bản đã ký" in message for message in named(report, SIGNED_PDF))


async def test_a_page_changed_after_signing_is_named(dossier: dict[str, bytes]) -> None:
    files = dossier
    writer = PdfWriter(fileobj=io.BytesIO(files[SIGNED_PDF]), incremental=True)
    page = writer.pages[0]
    stream = StreamObject()
    stream.set_data(b"0 0 100 100 re f")
    page[NameObject("/Contents")] = writer._add_object(stream)
    output = io.BytesIO()
    writer.write(output)
    assert len(PdfReader(io.BytesIO(output.getvalue())).pages) > 0
    report = await verify_bytes(output.getvalue(), "bien-ban.pdf")
    assert any("Tệp đã bị thay đổi sau khi ký (trang 1)" in d.message for d in report.defects), report.lines()


async def test_garbage_is_reported_not_raised(tmp_path: Path) -> None:
    for content in (b"", b"PK\x03\x04 rubbish", b"%PDF-1.7 rubbish", b"hello"):
        assert not (await verify_bytes(content, "tệp")).is_whole


async def test_only_issued_minutes_are_filed_and_not_by_strangers(world: World) -> None:
    await draft(world)
    async with world.database.transaction() as session:
        with pytest.raises(Conflict, match="Dự thảo"):
            await file_dossier(session, world.store, world.clerk, "m1", now=NOW)
        with pytest.raises(NotAllowed, match="văn thư hoặc thư ký"):
            await file_dossier(session, world.store, world.chair, "m1", now=NOW)


async def test_a_secret_meeting_is_not_filed_outwards(world: World) -> None:
    async with world.database.transaction() as session:
        (await session.get_one(Meeting, "m1")).security_marking = "mat"
    with pytest.raises(Conflict, match="bí mật nhà nước") as refused:
        async with world.database.transaction() as session:
            await file_dossier(session, world.store, world.clerk, "m1", now=NOW)
    assert refused.value.code == "secret_stays"


async def test_an_unwritable_folder_is_said_and_tried_again(world: World, tmp_path: Path) -> None:
    await issue(world)
    delivery_id = await file(world)
    (tmp_path / "blocked").write_text("a file where a folder should be")
    blocked = Folder(tmp_path / "blocked" / "filed")
    with pytest.raises(DocumentSystemFailed, match="Không ghi được vào thư mục"):
        await deliver(world.database, world.store, {"folder": blocked}, delivery_id, NOW)
    async with world.database.reading() as session:
        shown = (await dossier_json(session, world.clerk, "m1"))["deliveries"][0]
    assert shown["status"] == "failed"
    assert "tự gửi lại" in shown["error"]
    assert shown["next_try"] == "2026-11-05T06:00:30.000Z"
    delivery = await deliver(world.database, world.store, {"folder": Folder(tmp_path / "ok")}, delivery_id, NOW)
    assert (delivery.status, delivery.error) == ("sent", "")


async def test_a_disk_that_became_read_only_is_said_and_holds_it_once_when_mended(world: World, tmp_path: Path) -> None:
    await issue(world)
    delivery_id = await file(world)
    with small_disk(tmp_path / "share", 16) as disk:
        share = {"folder": Folder(disk.path)}
        disk.take_nothing()
        with pytest.raises(DocumentSystemFailed, match=f"Không ghi được vào thư mục hồ sơ {disk.path}: Read-only"):
            await deliver(world.database, world.store, share, delivery_id, NOW)
        assert not list(disk.path.iterdir())
        disk.take_again()
        assert (await deliver(world.database, world.store, share, delivery_id, NOW)).status == "sent"
        assert len(list(disk.path.glob("*.zip"))) == 1
        disk.take_nothing()
        with pytest.raises(DocumentSystemFailed, match="Không ghi được"):
            await share["folder"].recall(delivery_id, "sai số", NOW)
        assert (await share["folder"].status(delivery_id)).status == "sent"


async def test_a_recalled_dossier_stays_with_its_mark(world: World, tmp_path: Path) -> None:
    await issue(world)
    delivery_id = await file(world)
    folder = Folder(tmp_path / "filed")
    delivery = await deliver(world.database, world.store, {"folder": folder}, delivery_id, NOW)
    assert (await folder.recall(delivery_id, "sai số", NOW)).status == "recalled"
    assert (await folder.status(delivery_id)).status == "recalled"
    assert (await folder.status("unknown")).status == "absent"
    assert (await folder.link(delivery.reference)).startswith("file:///")
    assert (await folder.fetch(delivery.reference)).metadata["CodeNumber"] == "07"
