"""Files handed in at the real screen: minutes that were signed elsewhere, and what is refused, in words.

The page goes on after each refusal: the next file is taken without loading it again.
"""

from __future__ import annotations

import io
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner

from recordings.minutes.certificate import open_pkcs12
from recordings.minutes.check import check_signatures
from recordings.minutes.test_authority import make_test_pkcs12
from tests.browser.client.visit import at, look, mark
from tests.installation import Installation
from tests.media.chromium import chromium
from tests.story import Planned, a_pdf, log_in, plan_and_send
from web.visiting.seat import Seat
from web.visiting.visitor import Visitor

PIN = "24682468"
MEGABYTE = 2**20
TOO_LARGE = "Tệp quá lớn: tối đa 50 MB. Chưa lưu gì."
PROGRAM = b"MZ" + bytes(4096)


@pytest.mark.installation
async def test_minutes_are_signed_elsewhere_and_handed_in(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        installation = await stack.enter_async_context(Installation(tmp_path / "data"))
        desk = await stack.enter_async_context(await log_in(installation, "thuky.quanba"))
        presiding = await stack.enter_async_context(await log_in(installation, "chutich.quanba"))
        planned, minutes = await hold(desk, presiding)
        browser = await stack.enter_async_context(chromium())
        secretary = await at(browser, installation.url, "thuky.quanba", installation.password)
        chair = await at(browser, installation.url, "chutich.quanba", installation.password)
        outside = Outside(tmp_path, minutes["locked"])

        await submit(secretary, f"{installation.url}/meetings/{planned.id}/minutes")
        problems = await look(secretary, "upload-signed", "[role=dialog]")
        await what_is_not_ours_is_refused(secretary, outside)
        problems += await look(secretary, "upload-refused", "[role=dialog]")
        await hand_in(secretary, await outside.sign(await download(secretary), "secretary"))
        await secretary.wait_for_selector(mark("minutes-status", status="waiting_chair"))

        await chair.goto(f"{installation.url}/meetings/{planned.id}/minutes")
        await chair.click(mark("upload-signed"))
        await hand_in(chair, await outside.sign(await download(chair), "chair"))
        await chair.wait_for_selector(mark("minutes-status", status="signed"))
        problems += await look(chair, "signed-elsewhere")
        signed = await desk.download(f"/api/meetings/{planned.id}/minutes/signed.pdf")
        assert [one.defect for one in await check_signatures(signed)] == ["", ""]
        assert problems == []


async def hold(desk: Visitor, presiding: Visitor) -> tuple[Planned, dict[str, Any]]:
    """A meeting of a moment, without cameras, and its draft minutes."""
    planned = await plan_and_send(desk, starts_in=timedelta(minutes=10))
    await desk.put(
        f"/api/meetings/{planned.id}",
        {"title": planned.meeting["title"], "record": False, "version": planned.meeting["version"]},
    )
    async with Seat(desk, planned.id) as at_desk, Seat(presiding, planned.id) as chair:
        await at_desk.command("open_testing")
        await chair.command("convene")
        await chair.command("adjourn")
        await at_desk.fact("Adjourned")
    return planned, await desk.post(f"/api/meetings/{planned.id}/minutes")


class Outside:
    """A machine with a signing program of its own, and certificates of an authority this installation never saw."""

    def __init__(self, folder: Path, locked: dict[str, Any]) -> None:
        self.folder = folder
        self.names = {role: locked[role]["name"] for role in ("secretary", "chair")}

    async def sign(self, pdf: Path, role: str, name: str = "") -> Path:
        """An incremental update with a signature in a field of its own."""
        now, field = datetime.now(UTC), f"VGCA_{role}"
        signer = open_pkcs12(make_test_pkcs12(self.folder / "authority", name or self.names[role], PIN, now), PIN)
        metadata = PdfSignatureMetadata(field_name=field, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES)
        program = PdfSigner(metadata, signer, new_field_spec=SigFieldSpec(field, on_page=-1, box=(100, 150, 270, 180)))
        signed = await program.async_sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf.read_bytes())))
        return self.file(f"bien-ban-{role}.pdf", bytes(signed.getbuffer()))

    def file(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content)
        return path


async def submit(secretary: Page, address: str) -> None:
    await secretary.goto(address)
    await secretary.click(mark("submit-minutes"))
    await secretary.click(mark("submit-minutes-confirm"))
    await secretary.click(mark("upload-signed"))
    await secretary.wait_for_selector("[role=dialog]")


async def download(page: Page) -> Path:
    """The copy to sign, from the dialog that takes it back."""
    async with page.expect_download() as started:
        await page.click(mark("download-to-sign"))
    return Path(await (await started.value).path())


async def hand_in(page: Page, file: Path) -> None:
    await page.set_input_files(mark("signed-file"), file)
    await page.click(mark("upload-confirm"))


async def what_is_not_ours_is_refused(secretary: Page, outside: Outside) -> None:
    """Each with its reason, in the dialog that stays open."""

    async def refused(file: Path, why: str) -> None:
        await hand_in(secretary, file)
        await secretary.wait_for_selector(f"[role=dialog] [role=alert] >> text={why}")

    await secretary.click(mark("upload-confirm"))
    await secretary.wait_for_selector("[role=dialog] >> text=Chọn tệp cần tải lên.")
    ours = await download(secretary)
    await refused(outside.file("thu.docx", b"PK\x03\x04" + bytes(100)), "không phải tệp PDF")
    await refused(outside.file("khac.pdf", a_pdf(1)), "không phải là bản tiếp theo")
    await refused(ours, "chưa có chữ ký mới")
    await refused(await outside.sign(ours, "secretary", "Trần Văn Lạ"), "mang tên “Trần Văn Lạ”")
    await refused(outside.file("lon.pdf", b"%PDF-1.7\n" + bytes(50 * MEGABYTE)), TOO_LARGE)


@pytest.mark.installation
async def test_what_is_not_taken_is_said_and_the_page_goes_on(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        installation = await stack.enter_async_context(Installation(tmp_path / "data"))
        browser = await stack.enter_async_context(chromium())
        page = await at(browser, installation.url, "thuky.quanba", installation.password)
        await page.click(f"{mark('meeting-card')} h3 a")
        await page.wait_for_selector(mark("paper-file"))
        problems = await papers(page, tmp_path)
        await page.goto(f"{installation.url}/me")
        problems += await certificates(page, tmp_path)
        assert problems == []


async def papers(page: Page, folder: Path) -> list[str]:
    async def hand_in(name: str, content: bytes) -> None:
        (folder / name).write_bytes(content)
        await page.set_input_files(mark("paper-file"), folder / name)
        await page.check(mark("not-secret"))
        await page.click(mark("upload-paper"))

    async def refused(name: str, content: bytes, why: str) -> None:
        async with page.expect_response(lambda answer: answer.request.method == "POST"):
            await hand_in(name, content)
        await page.wait_for_selector(f"[role=alert] >> text={why}")

    before = await page.locator(mark("paper")).count()
    await hand_in("lon.pdf", b"%PDF-1.7\n" + bytes(50 * MEGABYTE))
    await page.wait_for_selector(f"[role=alert] >> text={TOO_LARGE}")
    problems = await look(page, "paper-too-large")
    await refused("phan-mem.exe", PROGRAM, "Tệp chương trình không được nhận.")
    await refused("rong.pdf", b"", "Tệp rỗng.")
    await refused("doi-ten.pdf", PROGRAM, "Tệp chương trình không được nhận.")
    await refused("hong.pdf", b"%PDF-1.7\n" + bytes(100), "Tệp PDF hỏng, có mật khẩu hoặc quá phức tạp")
    await refused("nen.zip", b"PK\x05\x06" + bytes(18), "Tệp nén không được nhận làm tài liệu họp.")
    assert await page.locator(mark("paper")).count() == before
    await hand_in("bao-cao.pdf", a_pdf(2))
    await page.wait_for_selector(f"{mark('paper')} >> text=2 trang")
    assert await page.locator("[role=alert]").count() == 0
    await looks_at_no_size(page)
    await refused("hon-mot-chut.pdf", b"%PDF-1.7\n" + bytes(50 * MEGABYTE), TOO_LARGE)
    await refused("hon-nhieu.pdf", b"%PDF-1.7\n" + bytes(80 * MEGABYTE), TOO_LARGE)
    await hand_in("phu-luc.pdf", a_pdf(3))
    await page.wait_for_selector(f"{mark('paper')} >> text=3 trang")
    return problems


async def looks_at_no_size(page: Page) -> None:
    """The page takes every file for a small one and sends it: the server looks, too."""
    await page.evaluate("Object.defineProperty(File.prototype, 'size', { get: () => 1 })")


async def certificates(page: Page, folder: Path) -> list[str]:
    async def hand_in(content: bytes) -> None:
        (folder / "chung-thu.p12").write_bytes(content)
        await page.set_input_files(mark("certificate-file"), folder / "chung-thu.p12")
        await page.fill(mark("certificate-pin"), PIN)
        await page.click(mark("upload-certificate"))

    await page.click(mark("upload-certificate"))
    await page.wait_for_selector("text=Chọn tệp cần tải lên.")
    await page.wait_for_selector("text=Nhập mã PIN của chứng thư.")
    for size in (MEGABYTE, 2 * MEGABYTE):
        await hand_in(bytes(size))
        await page.wait_for_selector("[role=alert] >> text=Tệp quá lớn: tối đa 1 MB.")
        await hand_in(b"not a certificate")
        await page.wait_for_selector("[role=alert] >> text=Mã PIN không đúng, hoặc tệp không phải là PKCS#12")
    problems = await look(page, "certificate-refused")
    await hand_in(make_test_pkcs12(folder / "authority", "Lò Mí Thắm", PIN, datetime.now(UTC)))
    await page.wait_for_selector(f"{mark('certificate')} >> text=Lò Mí Thắm")
    return problems
