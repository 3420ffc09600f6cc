"""The Word copy: the parts of the form, the rules of its head, and where its pages break, drawn by LibreOffice."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator

import pypdfium2
import pypdfium2.raw as pdfium
import pytest
from docx import Document
from sqlalchemy import select

from recordings.minutes.form import Form
from recordings.minutes.read import word_file
from recordings.minutes.submit import form_of
from recordings.minutes.tables import Minutes
from recordings.minutes.word import word_of
from recordings.papers.office import Office
from recordings.papers.sniff import DOCX
from tests.recordings.minutes.acts import draft
from tests.recordings.minutes.pages import text_drawn
from tests.recordings.world import World

MM = 72 / 25.4


async def test_the_docx_has_the_same_parts(world: World) -> None:
    await draft(world)
    async with world.database.reading() as session:
        document = Document(io.BytesIO(await word_file(session, world.secretary, "m1")))
    paragraphs = [p.text for p in document.paragraphs]
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    assert document.styles["Normal"].font.name == "Times New Roman"
    assert "BIÊN BẢN" in paragraphs
    assert any("/BB-UBND" in cell for cell in cells)
    for part in ("Thời gian bắt đầu:", "Thành phần tham dự:", "Chủ trì (chủ tọa):", "Nơi nhận:"):
        assert any(paragraph.startswith(part) for paragraph in paragraphs), part
    assert any(cell.startswith("THƯ KÝ") for cell in cells)
    assert any(cell.startswith("CHỦ TỌA") for cell in cells)


async def drawn(form: Form) -> bytes:
    office = Office()
    if not office.is_installed:
        pytest.skip("LibreOffice is missing: apt-get install libreoffice-writer")
    pdf = await office.to_pdf(word_of(form), DOCX)
    assert pdf is not None
    return pdf


async def drafted(world: World) -> Form:
    await draft(world)
    async with world.database.reading() as session:
        return await form_of(session, (await session.scalars(select(Minutes))).one())


def rules(pdf: bytes) -> Iterator[tuple[float, float]]:
    """Level lines of the first page: where their middle is, from the left edge, and how long they are, in mm."""
    for drawing in pypdfium2.PdfDocument(pdf)[0].get_objects([pdfium.FPDF_PAGEOBJ_PATH]):
        left, bottom, right, top = drawing.get_bounds()
        if top - bottom < 2 and right - left > 40:
            yield (left + right) / 2 / MM, (right - left) / MM


async def test_rules_stand_under_organ_motto_and_title(world: World) -> None:
    """Organ and title: a third to a half of their line; the motto: as long as itself. Not as underlined text."""
    found = {(round(middle), round(length)) for middle, length in rules(await drawn(await drafted(world)))}
    assert found == {(61, 23), (142, 56), (111, 36)}


async def test_the_number_of_a_page_is_13_points(world: World) -> None:
    with zipfile.ZipFile(io.BytesIO(word_of(await drafted(world)))) as archive:
        headers = [archive.read(name).decode() for name in archive.namelist() if "/header" in name]
    (numbered,) = [header for header in headers if "PAGE" in header]
    assert set(re.findall(r'<w:sz w:val="(\d+)"/>', numbered)) == {"26"}  # half points


async def test_signatures_never_stand_alone(world: World) -> None:
    """However long the text is, the last words go with them."""
    form = await drafted(world)
    begins = set()
    for filler in (0, 4, 8, 12):
        longer = {**form, "opening": [f"Dòng {n}." for n in range(filler)]}
        pages = text_drawn(await drawn(longer))
        assert all(part in pages[-1] for part in ("kết thúc vào", "THƯ KÝ", "CHỦ TỌA", "Nơi nhận")), filler
        assert pages[-1].split()[0] == str(len(pages))
        begins.add(pages[-1].split("\n")[1].strip())
    assert len(begins) > 2, "the last page begins elsewhere each time"
