"""The page itself, as a reader sees it: places, sizes, fonts, PDF/A, breaks; and text that tries to be markup."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from pypdf import PdfReader
from sqlalchemy import select

from recordings.errors import NotFound
from recordings.minutes.draft import draft_minutes
from recordings.minutes.html import html_of
from recordings.minutes.invitation import SiteLink, invitation_letter, site_pages
from recordings.minutes.read import pdf_file
from recordings.minutes.render import render
from recordings.minutes.revise import revise_minutes
from recordings.minutes.submit import form_of
from recordings.minutes.tables import Minutes
from recordings.minutes.text import Section, Text
from scheduler.database import Database
from tests.recordings.minutes.acts import draft, submit
from tests.recordings.minutes.pages import text_drawn
from tests.recordings.world import NOW, World, build_world, hold_meeting

INJECTION = '#eval("1") $x^2$ *đậm* _nghiêng_ `code` <nhãn> @ref // chú thích \\ "ngoặc" #set page(fill: red) 漢 😀'


def words(pdf: bytes, page: int) -> list[tuple[str, float, float, float]]:
    """(text line, left, top from above, height) on a page."""
    document = pypdfium2.PdfDocument(pdf)
    drawn = document[page].get_textpage()
    found = []
    for index in range(drawn.count_rects()):
        left, bottom, right, top = drawn.get_rect(index)
        found.append((drawn.get_text_bounded(left, bottom, right, top).strip(), left, 841.89 - top, top - bottom))
    return found


def at(pdf: bytes, page: int, text: str) -> tuple[float, float]:
    return next((left, top) for word, left, top, _ in words(pdf, page) if text in word)


def assert_pdf_a(pdf: bytes) -> None:
    reader = PdfReader(io.BytesIO(pdf))
    root: Any = reader.trailer["/Root"]
    xmp = root["/Metadata"].get_data().decode()
    assert re.search(r'pdfaid:part(="|>)2', xmp)  # an element or an attribute, both are RDF
    assert re.search(r'pdfaid:conformance(="|>)B', xmp)
    assert root["/OutputIntents"][0]["/S"] == "/GTS_PDFA1"
    assert "/Encrypt" not in reader.trailer


def fonts(pdf: bytes) -> dict[str, bool]:
    """Every font in the file, in pages and faces of fields: is it embedded?"""
    found = {}
    for number in range(1, int(str(PdfReader(io.BytesIO(pdf)).trailer["/Size"]))):
        thing: Any = PdfReader(io.BytesIO(pdf)).get_object(number)
        if isinstance(thing, dict) and thing.get("/Type") == "/FontDescriptor":
            found[str(thing["/FontName"])] = any(f"/FontFile{kind}" in thing for kind in ("", "2", "3"))
    return found


async def submitted(world: World) -> bytes:
    await draft(world)
    await submit(world)
    async with world.database.reading() as session:
        return await pdf_file(session, world.store, world.secretary, "m1", NOW)


async def test_every_part_of_form_1_9_is_in_its_place(world: World) -> None:
    pdf = await submitted(world)
    assert_pdf_a(pdf)
    organ, motto = at(pdf, 0, "ỦY BAN NHÂN DÂN"), at(pdf, 0, "CỘNG HÒA XÃ HỘI")
    assert organ[0] < 200 < motto[0]
    assert abs(organ[1] - motto[1]) < 4
    assert motto[1] < 100
    assert at(pdf, 0, "Độc lập")[1] > motto[1]
    order = [
        "Số:", "BIÊN BẢN", "Giao ban trực tuyến", "Thời gian bắt đầu", "Địa điểm", "Thành phần tham dự",
        "Vắng có lý do", "Chủ trì", "Thư ký", "Nội dung (theo",
    ]  # fmt: skip
    tops = [at(pdf, 0, part)[1] for part in order]
    assert tops == sorted(tops)
    text = "\n".join(text_drawn(pdf))
    assert "08 giờ 00 phút, ngày 05 tháng 11 năm 2026" in text
    assert "kết thúc vào 08 giờ 50 phút, ngày 05 tháng 11 năm 2026./." in text
    assert not re.search(r"Quản Bạ, ngày", text)  # no place-date line in this form
    last = len(text_drawn(pdf)) - 1
    secretary, chair = at(pdf, last, "THƯ KÝ"), at(pdf, last, "CHỦ TỌA")
    assert secretary[0] < 298 < chair[0]
    names = at(pdf, last, "Hoàng Thị Mỵ")[1], at(pdf, last, "Nguyễn Văn Hùng")[1]
    assert min(names) - secretary[1] > 70  # room for the signatures, also while there is none
    recipients = at(pdf, last, "Nơi nhận")
    assert recipients[1] > max(names)
    assert recipients[0] < 90


async def test_facts_are_on_the_page(world: World) -> None:
    text = " ".join(" ".join(text_drawn(await submitted(world))).split())
    for part in (
        "có mặt 3/4 điểm cầu, 5 người dự, vắng có lý do 1",
        "Xã Lùng Tám: mất điện do mưa lũ",
        "vào họp lúc 08:15",
        "Vàng A Sính, Chủ tịch UBND xã (xã Quản Bạ), lúc 08:06, 4 phút 30 giây; bản ghi hình 0:06:00",
        "Các xã hoàn thành thu ngân sách trước ngày 20/12/2026.",
        "20/12/2026",
        "Tạm nghỉ từ 08:20 đến 08:30: giải lao.",
        "Nội dung này được hoãn: chờ số liệu.",
        "ab" * 32,
    ):
        assert part in text, part


async def test_signatures_never_stand_alone_and_headings_never_end_a_page(world: World) -> None:
    """However long the text is: the last words go with the signatures, a heading with what follows it."""
    await draft(world)
    async with world.database.reading() as session:
        minutes = (await session.scalars(select(Minutes))).one()
        form = await form_of(session, minutes)
    announcing = (
        "Kết luận của chủ tọa:",
        "Ý kiến phát biểu:",
        "Nhiệm vụ giao:",
        "Vắng có lý do:",
        "diễn biến cuộc họp):",
    )
    for filler in range(0, 30, 3):
        longer = {**form, "opening": [f"Dòng {n}." for n in range(filler)]}
        pages = [" ".join(page.split()) for page in text_drawn(render("bien_ban", longer, NOW))]
        assert "kết thúc vào" in pages[-1] and "THƯ KÝ" in pages[-1] and "Nơi nhận" in pages[-1], filler
        assert not any(page.endswith(announcing) for page in pages), filler


async def test_a_row_of_tasks_is_not_torn(world: World) -> None:
    await draft(world)
    async with world.database.reading() as session:
        form = await form_of(session, (await session.scalars(select(Minutes))).one())
    what = "Rà soát, báo cáo kết quả thu ngân sách, nêu rõ khó khăn, kiến nghị. " * 4
    tasks = [[str(n), f"Đầu{n} {what}cuối{n}", "xã Quản Bạ", "", "20/12/2026"] for n in range(1, 16)]
    pages = text_drawn(render("bien_ban", {**form, "tasks": tasks}, NOW))
    assert len(pages) > 2
    for n in range(1, 16):
        (page,) = [page for page in pages if f"Đầu{n} " in page]
        assert f"cuối{n}" in page, n


async def test_forty_attendees_over_five_pages(database: Database, tmp_path: Path) -> None:
    world = await build_world(database, tmp_path, communes=11)
    await hold_meeting(world, communes=11, per_site=4)
    await draft(world)
    sentence = "Các xã báo cáo tình hình sản xuất, an ninh trật tự, thu ngân sách và kiến nghị. "
    long = "\n".join([sentence * 6] * 9)
    async with world.database.transaction() as session:
        sections = tuple(Section(f"m1-i{number}", long, "Thống nhất với các ý kiến.") for number in (1, 2, 3))
        await revise_minutes(session, world.secretary, "m1", revision=1, text=Text(sections), now=NOW)
    await submit(world)
    async with world.database.reading() as session:
        pdf = await pdf_file(session, world.store, world.secretary, "m1", NOW)
    pages = text_drawn(pdf)
    assert len(pages) >= 5
    drawn = " ".join(" ".join(pages).split())
    assert drawn.count("Phó Chủ tịch UBND") == 41  # each with a name
    assert [drawn.count(name) for name in ("Giàng Thị Mai", "Lò Văn Phúc", "Sùng Mí Lử")] == [10, 10, 10]
    for number in range(len(pages)):
        tops = [(word, left, top) for word, left, top, _ in words(pdf, number) if top < 60]
        assert [word for word, _, _ in tops] == ([str(number + 1)] if number else []) or number == 0
        if number:
            assert 290 < tops[0][1] < 320  # centred between the margins
    assert all(fonts(pdf).values())
    assert {name.split("+")[-1].split("-")[0] for name in fonts(pdf)} == {"LiberationSerif"}
    assert "THƯ KÝ" in pages[-1]
    assert "Nơi nhận" in pages[-1]


async def test_text_of_people_is_never_markup(world: World) -> None:
    await draft(world)
    async with world.database.transaction() as session:
        text = Text((Section("m1-i1", INJECTION, INJECTION),), INJECTION, INJECTION, (f"- {INJECTION}",))
        await revise_minutes(session, world.secretary, "m1", revision=1, text=text, now=NOW)
        minutes = await session.get_one(Minutes, (await draft_minutes(session, world.secretary, "m1", NOW)).id)
        page = html_of(await form_of(session, minutes))
    pdf = await submitted_again(world)
    drawn = " ".join(" ".join(text_drawn(pdf)).split())
    expected = INJECTION.replace("漢", "□").replace("😀", "□")
    assert drawn.count(expected) == 5, drawn
    assert_pdf_a(pdf)
    assert "<nhãn>" not in page
    assert "&lt;nhãn&gt;" in page


async def submitted_again(world: World) -> bytes:
    await submit(world)
    async with world.database.reading() as session:
        return await pdf_file(session, world.store, world.secretary, "m1", NOW)


async def test_the_invitation_letter_is_form_1_7(world: World) -> None:
    async with world.database.reading() as session:
        pdf = await invitation_letter(session, "m1", NOW)
    assert_pdf_a(pdf)
    text = " ".join(" ".join(text_drawn(pdf)).split())
    for part in (
        "GIẤY MỜI",
        "/GM-UBND",
        "Ủy ban nhân dân huyện Quản Bạ trân trọng kính mời:",
        "Tới dự",
        "Chủ trì:",
        "Thời gian:",
        "Địa điểm:",
    ):
        assert part in text, part
    assert at(pdf, 0, "năm 2026")[0] > 250
    signer = [left for word, left, _, _ in words(pdf, 0) if "Nguyễn Văn Hùng" in word][-1]
    assert at(pdf, 0, "Nơi nhận")[0] < 100 < 298 < signer


async def test_the_site_page_carries_link_code_and_number(world: World) -> None:
    link = "https://giaoban.example/j/abcdefghij0123456789"
    async with world.database.reading() as session:
        pdf = await site_pages(session, "m1", [SiteLink("site-1", link)], NOW)
    assert len(text_drawn(pdf)) == 1
    text = " ".join(text_drawn(pdf)[0].split())
    for part in (link, "0912 345 678", "Vào họp", "Giao ban trực tuyến", "08 giờ 00 phút", "Xã Quản Bạ"):
        assert part in text, part
    assert all(fonts(pdf).values())
    page = pypdfium2.PdfDocument(pdf)[0]
    assert page.get_size() == pytest.approx((595.3, 841.9), abs=0.5)  # A4, in points
    codes = zxingcpp.read_barcodes(page.render(scale=150 / 72).to_pil())  # as a telephone sees it on a printed page
    assert [code.text for code in codes] == [link]


async def test_all_sites_pages_are_one_file_a_page_each_in_order(world: World) -> None:
    links = [SiteLink(f"site-{n}", f"https://giaoban.example/j/{n}{'a' * 40}") for n in (0, 2, 1)]
    async with world.database.reading() as session:
        pdf = await site_pages(session, "m1", links, NOW)
        with pytest.raises(NotFound):
            await site_pages(session, "m1", [*links, SiteLink("nowhere", "x")], NOW)
    pages = text_drawn(pdf)
    assert len(pages) == 3
    for page, link in zip(pages, links, strict=True):
        assert link.link in page and "Vào họp" in page
    assert_pdf_a(pdf)


@pytest.mark.parametrize("member", ["minutes", "letter"])
async def test_faces_of_fields_have_embedded_fonts(world: World, member: str) -> None:
    async with world.database.reading() as session:
        pdf = await submitted(world) if member == "minutes" else await invitation_letter(session, "m1", NOW)
    assert fonts(pdf)
    assert all(fonts(pdf).values())
