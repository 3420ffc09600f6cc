"""After a meeting, in the browser: minutes, signatures, number, dossier, archive, player. Every page is seen by axe."""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from scheduler.meetings.local_time import local
from tests.at_browser import AtBrowser
from tests.browser.client.visit import width_at
from tests.story import Planned

PIN = "24682468"
TEST_SIGNATURE = "CHỮ KÝ THỬ NGHIỆM"
FIRST = "Các xã nhất trí với báo cáo."
MORE = "Xã Bát Đại Sơn đề nghị hỗ trợ giống ngô vụ xuân."


async def write(secretary: AtBrowser, planned: Planned) -> None:
    """A draft from the proceedings, written on two machines at once: the question whose text goes on."""
    await secretary.opens(f"/meetings/{planned.id}/minutes")
    await secretary.click("make-minutes")
    opinions = secretary.at("opinions").first
    await opinions.wait_for()
    other = AtBrowser(await secretary.page.context.new_page(), secretary.url)
    await other.opens(f"/meetings/{planned.id}/minutes")
    await other.at("opinions").first.wait_for()
    await types(other, "Bản viết ở máy khác.")
    await opinions.fill(FIRST)
    await secretary.at("conflict").wait_for()
    await secretary.looks("conflict")
    async with secretary.page.expect_response(lambda answer: answer.request.method == "PUT" and answer.ok):
        await secretary.click("keep-mine")
    await other.page.close()
    assert await opinions.input_value() == FIRST
    await types(secretary, f"{FIRST}\n{MORE}")
    assert await width_at(secretary.page, 320) <= 320
    await secretary.looks("draft")


async def types(person: AtBrowser, text: str) -> None:
    """Autosave stores it."""
    async with person.page.expect_response(lambda answer: answer.request.method == "PUT" and answer.ok):
        await person.fill("opinions", text)
    await person.at("save-state", state="saved").wait_for()


async def correct(secretary: AtBrowser) -> None:
    """Revisions say what they changed; a wrong head count is corrected (Đính chính) and both numbers stand."""
    await secretary.click("revisions")
    await secretary.at("difference").locator("ins").first.wait_for()
    assert MORE in await secretary.at("difference").inner_text()
    await secretary.looks("revisions")
    await secretary.page.keyboard.press("Escape")
    await secretary.click("correct")
    choice = secretary.at("correction-what").locator("option[data-what=head_count]").first
    await choice.wait_for(state="attached")
    await secretary.at("correction-what").select_option(await choice.get_attribute("value"))
    await secretary.click("correction-save")  # without a reason: refused on the spot
    await secretary.page.locator("[aria-invalid=true]").first.wait_for()
    await secretary.fill("correction-new", "5")
    await secretary.fill("correction-reason", "Đếm sót hai người")
    await secretary.looks("correction")
    await secretary.click("correction-save")
    await secretary.at("corrections").get_by_text("Đếm sót hai người").first.wait_for()
    await secretary.click("show-document")
    await secretary.at("document").wait_for()


async def submit(secretary: AtBrowser) -> None:
    await secretary.click("submit-minutes")
    await secretary.click("submit-minutes-confirm")
    await secretary.at("sign-secretary").wait_for()


async def sign(person: AtBrowser, planned: Planned, role: str, then: str) -> None:
    """Make a test certificate (PKCS#12) on one's own page, then sign with its PIN; a wrong PIN signs nothing."""
    await person.opens("/me")
    await person.fill("test-pin", PIN)
    await person.click("test-certificate")
    await person.at("certificate").first.wait_for()
    await person.opens(f"/meetings/{planned.id}/minutes")
    await person.click(f"sign-{role}")
    await person.fill("pin", "00000000")
    await person.click("sign-confirm")
    await person.page.locator("[role=dialog] [role=alert]").wait_for()
    await person.fill("pin", PIN)
    await person.click("sign-confirm")
    await person.at("minutes-status", status=then).wait_for()


async def number_and_issue(clerk: AtBrowser, planned: Planned) -> None:
    """The văn thư gives number and date by hand, then issues."""
    await clerk.opens(f"/meetings/{planned.id}/minutes")
    await clerk.click("give-number")
    await clerk.fill("number", "07")
    await clerk.fill("issue-date", f"{local(datetime.now(UTC)):%d/%m/%Y}")
    await clerk.looks("number")
    await clerk.click("number-confirm")
    await clerk.at("minutes-number").wait_for()
    await clerk.click("issue-minutes")
    await clerk.click("issue-minutes-confirm")
    await clerk.at("minutes-status", status="issued").wait_for()
    await clerk.looks("issued")


async def file(clerk: AtBrowser, planned: Planned) -> None:
    """Delivered to the document system; checked on the page, and by anybody offline."""
    await clerk.opens(f"/meetings/{planned.id}/dossier")
    await clerk.click("file-dossier")
    await clerk.at("delivery", status="sent").wait_for()
    assert await clerk.at("so-ky-hieu").inner_text() == "07/BB-UBND"
    await clerk.click("verify-dossier")
    await clerk.at("verify-report", whole="true").wait_for()
    async with clerk.page.expect_download() as download:
        await clerk.click("dossier-zip")
    await verify(Path(await (await download.value).path()))
    assert await width_at(clerk.page, 320) <= 320
    await clerk.looks("dossier")


async def verify(what: Path) -> str:
    """``giaoban verify`` says that all is true, and what else it says; it needs no settings and no server."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "web.command", "verify", str(what)),
        env={name: value for name, value in os.environ.items() if not name.startswith("GIAOBAN_")},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    assert process.returncode == 0, printed.decode()
    return printed.decode()


async def play(reader: AtBrowser, planned: Planned) -> None:
    """From a speech in the minutes to its second, and on to another chapter."""
    await reader.opens(f"/meetings/{planned.id}/minutes")
    await reader.at("listen").nth(1).click()
    await reader.page.wait_for_url("**/recording?t=*")
    wanted = float(reader.page.url.rsplit("t=", 1)[1])
    assert wanted > 0
    await reader.page.wait_for_function(
        "wanted => { const v = document.querySelector('video'); return v?.readyState > 1 && v.currentTime >= wanted }",
        arg=wanted,
    )
    await reader.looks("recording")
    await reader.click("chapter")
    await reader.page.wait_for_function("wanted => document.querySelector('video').currentTime < wanted", arg=wanted)


async def find(reader: AtBrowser, planned: Planned, folder: Path) -> None:
    """With and without accents; from a hit in the minutes to the signed PDF, which anybody can check offline."""
    for text in ("quan ba", "Quản Bạ"):
        await reader.opens("/archive")
        await reader.fill("search-text", text)
        await reader.click("search-submit")
        await reader.at("hit", meeting_id=planned.id).first.wait_for()
    await reader.looks("archive")
    await reader.at("hit", meeting_id=planned.id).locator('a[href$="/minutes"]').first.click()
    path = await reader.page.get_by_role("link", name="Bản đã ký").get_attribute("href")
    answer = await reader.page.context.request.get(f"{reader.url}{path}")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/pdf")
    signed = folder / "bien-ban-da-ky.pdf"
    signed.write_bytes(await answer.body())
    said = await verify(signed)
    assert said.count(TEST_SIGNATURE) == 2, said
