"""Papers from the upload to the page on the screen."""

from __future__ import annotations

import io
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from PIL import Image

from recordings.errors import BadInput, Conflict, Damaged, NotFound, StorageFull, TooLarge, WrongType
from recordings.papers.add import add_paper, clean_name
from recordings.papers.convert import convert_paper
from recordings.papers.office import Office
from recordings.papers.pages import page_image, papers_of
from recordings.papers.render import Renderer
from recordings.papers.sniff import DOCX, PDF
from recordings.papers.store import ObjectStore, path_of
from recordings.papers.take_in import TakenIn, take_in
from recordings.papers.withdraw import withdraw_paper
from scheduler.meetings.meeting import Meeting
from scheduler.meetings.paper import Paper
from scheduler.secrecy import Secrecy
from tests.recordings.documents.pdfs import one_page_pdf
from tests.recordings.papers.test_sniff import docx
from tests.recordings.world import NOW, World


async def chunks(content: bytes, size: int = 100_000) -> AsyncIterator[bytes]:
    for at in range(0, len(content), size):
        yield content[at : at + size]


async def upload(world: World, content: bytes, name: str, item_id: str | None = "m1-i1") -> Paper:
    taken = await take_in(world.store, Renderer(), chunks(content), not_secret=True)
    async with world.database.transaction() as session:
        return await add_paper(
            session, by_person_id="secretary", meeting_id="m1", taken=taken, file_name=name, title="Báo cáo",
            not_secret=True, item_id=item_id, now=NOW,
        )  # fmt: skip


def files_in(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file()]


async def test_a_pdf_is_shown_page_by_page(world: World) -> None:
    paper = await upload(world, one_page_pdf(pages=3), "../../bao cao.PDF.exe")
    assert (paper.media_type, paper.page_count, paper.file_name) == (PDF, 3, "bao cao.PDF.pdf")
    image = await page_image(world.store, Renderer(), paper, 3, width=450)
    assert Image.open(io.BytesIO(image)).size[0] == 480
    assert await page_image(world.store, Renderer(), paper, 3, width=480) == image
    with pytest.raises(NotFound, match="không có trang 4"):
        await page_image(world.store, Renderer(), paper, 4)
    async with world.database.transaction() as session:
        await withdraw_paper(session, paper.id, NOW)
        assert await papers_of(session, "m1") == []
        with pytest.raises(NotFound):
            await withdraw_paper(session, paper.id, NOW)


async def test_an_office_file_becomes_pages_if_libreoffice_is_there(world: World) -> None:
    paper = await upload(world, docx(), "bao cao.docx")
    assert (paper.media_type, paper.pdf_sha256) == (DOCX, None)
    office = Office()
    shown = await convert_paper(world.database, world.store, Renderer(), office, paper.id)
    assert shown == office.is_installed
    async with world.database.reading() as session:
        paper = await session.get_one(Paper, paper.id)
    assert (paper.page_count == 1) == shown
    nothing = Office("/nonexistent")
    assert await nothing.to_pdf(docx(), PDF) is None


async def test_the_tick_about_state_secrets_is_needed(world: World, tmp_path: Path) -> None:
    before = files_in(tmp_path / "objects")
    with pytest.raises(BadInput, match="bí mật nhà nước"):
        await take_in(world.store, Renderer(), chunks(one_page_pdf()), not_secret=False)
    assert files_in(tmp_path / "objects") == before


async def test_what_is_refused_leaves_nothing(world: World, tmp_path: Path) -> None:
    for content, error in ((b"MZ" + bytes(2000), WrongType), (b"%PDF-1.7 broken", WrongType), (bytes(3000), TooLarge)):
        with pytest.raises(error):
            await take_in(world.store, Renderer(), chunks(content), not_secret=True, limit_bytes=2500)
    assert files_in(tmp_path / "objects") == []


async def test_refused_in_the_wrong_place_or_stage(world: World) -> None:
    with pytest.raises(BadInput, match="chương trình họp"):
        await upload(world, one_page_pdf(), "a.pdf", item_id="unknown")
    taken = TakenIn("0" * 64, 1, PDF, 1)
    for change, word in (({"security_marking": "mat"}, "bí mật nhà nước"), ({"stage": "filed"}, "khóa")):
        async with world.database.transaction() as session:
            meeting = await session.get_one(Meeting, "m1")
            meeting.security_marking, meeting.stage = (
                change.get("security_marking", "none"),
                change.get("stage", "sent"),
            )
            await session.flush()
            with pytest.raises(Conflict, match=word):
                await add_paper(
                    session, by_person_id="secretary", meeting_id="m1", taken=taken, file_name="a.pdf", title="",
                    not_secret=True, now=NOW,
                )  # fmt: skip


async def test_hostile_pdfs_harm_only_their_child() -> None:
    renderer = Renderer()
    huge = await renderer.draw_page(one_page_pdf(14_000, 14_000), 1, 1920)
    assert Image.open(io.BytesIO(huge)).size[0] <= 4000
    ribbon = await renderer.draw_page(one_page_pdf(10, 14_000), 1, 1920)
    assert Image.open(io.BytesIO(ribbon)).size[1] <= 12_000
    for content in (b"%PDF-1.7", b"%PDF-1.7\n" + os.urandom(5000), b"%PDF-" + b"[" * 100_000):
        with pytest.raises(WrongType, match="PDF hỏng"):
            await renderer.count_pages(content)


async def test_the_same_bytes_are_kept_once_and_damage_is_noticed(world: World, tmp_path: Path) -> None:
    sha256 = await world.store.put(b"abc")
    assert await world.store.put(b"abc") == sha256
    assert len(files_in(tmp_path / "objects")) == 1
    assert b"".join([chunk async for chunk in world.store.stream(sha256)]) == b"abc"
    (tmp_path / "objects" / path_of(sha256)).write_bytes(b"abd")
    with pytest.raises(Damaged):
        await world.store.get(sha256)
    with pytest.raises(NotFound):
        await world.store.get("0" * 64)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of two megabytes."""
    if os.geteuid() != 0:
        pytest.fail("this test mounts a small tmpfs and must run as root")
    place = tmp_path / "small"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)], check=True)
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


async def test_a_full_disk_is_said_in_words(small_disk: Path) -> None:
    store = ObjectStore.in_folder(small_disk / "objects")
    kept = await store.put(b"kept")
    with pytest.raises(StorageFull, match="hết chỗ lưu"):
        await store.receive(chunks(bytes(12_000_000)), 50_000_000)
    assert await store.get(kept) == b"kept"
    await store.put(b"there is room again")


def test_file_names_are_made_harmless() -> None:
    assert clean_name("C:\\x\\báo cáo\x00.docx", DOCX) == "báo cáo.docx"
    assert clean_name("...", PDF) == "tai-lieu.pdf"
    assert clean_name("a/b/c.exe", PDF) == "c.pdf"


async def test_papers_of_a_secret_meeting_are_taken_in_on_an_isolated_installation_only(world: World) -> None:
    isolated = Secrecy(isolated=True)
    taken = await take_in(world.store, Renderer(), chunks(one_page_pdf()), not_secret=True)

    async def hand_in(marking: str, secrecy: Secrecy) -> Paper:
        async with world.database.transaction() as session:
            (await session.get_one(Meeting, "m1")).security_marking = marking
            await session.flush()
            return await add_paper(
                session, by_person_id="secretary", meeting_id="m1", taken=taken, file_name="a.pdf", title="",
                not_secret=False, now=NOW, secrecy=secrecy,
            )  # fmt: skip

    assert (await hand_in("mat", isolated)).not_secret is False
    for marking, secrecy in (("mat", Secrecy()), ("tuyet_mat", isolated), ("none", isolated)):
        with pytest.raises(BadInput, match="bí mật nhà nước"):
            await hand_in(marking, secrecy)
