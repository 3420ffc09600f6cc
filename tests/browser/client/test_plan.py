"""A secretary plans by hand: form, sum, papers, invitation, clone, "họp khẩn"; and a meeting marked Mật."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Page

from tests.browser.client.visit import at, look, mark
from tests.installation import Installation
from tests.media.chromium import chromium
from tests.story import a_pdf, mails

TITLE = "Họp giao ban tháng 12 với các xã, thị trấn"
ITEMS = (("Tình hình kinh tế – xã hội", "30"), ("Phòng chống rét cho gia súc", "45"), ("Kết luận", "60"))
URGENT_S = 60


@pytest.mark.installation
async def test_a_secretary_plans_a_meeting(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        installation = await stack.enter_async_context(Installation(tmp_path / "data"))
        browser = await stack.enter_async_context(chromium())
        page = await at(browser, installation.url, "thuky.quanba", installation.password)
        problems = await write_the_plan(page)
        problems += await too_long_then_mended(page)
        problems += await hand_in_a_paper(page, tmp_path)
        problems += await send(page, installation)
        problems += await clone(page)
        problems += await urgent(page, installation.url)
        assert problems == []


async def write_the_plan(page: Page) -> list[str]:
    """Every field of the form, by hand; what Mật is not taken in for is said."""
    await page.click(mark("new-meeting"))
    await page.click(mark("save-plan"))
    await page.wait_for_selector("[aria-invalid=true]")  # without a title
    await page.fill(mark("plan-title"), TITLE)
    await page.fill(
        mark("plan-date"), (datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")) + timedelta(days=3)).strftime("%d/%m/%Y")
    )
    await page.fill(mark("plan-from"), "8h")
    await page.fill(mark("plan-to"), "10h")
    await page.fill(mark("plan-place"), "Phòng họp UBND huyện")
    await choose(page, "plan-host", "huyện Quản Bạ")
    await choose(page, "plan-issuing", "huyện Quản Bạ")
    await choose(page, "plan-chair", "– Chủ tịch UBND huyện")
    await choose(page, "plan-secretary", "thư ký cuộc họp")
    await choose(page, "chair-site", "huyện Quản Bạ")
    await page.locator(mark("take-all")).first.click()
    await page.wait_for_selector(f"{mark('site-count')} >> text=Đã chọn 13 điểm cầu")
    for number, (title, minutes) in enumerate(ITEMS):
        if number:
            await page.click(mark("add-item"))
        await page.locator(mark("item-title")).nth(number).fill(title)
        await page.locator(mark("item-minutes")).nth(number).fill(minutes)
        await page.locator(mark("item-presenter")).nth(number).fill("Chánh Văn phòng")
    assert await page.inner_text(mark("agenda-sum")) == "Tổng 135 phút trên 120 phút của cuộc họp · Quá 15 phút"
    assert await page.locator(f"{mark('plan-marking')} option[value=mat]").is_disabled()
    assert "không tiếp nhận bí mật nhà nước" in await page.inner_text("body")
    problems = await look(page, "plan-form")
    await page.click(mark("save-plan"))
    await page.wait_for_selector(mark("meeting-stage", stage="draft"))
    return problems


async def choose(page: Page, field: str, words: str) -> None:
    """The first choice that says this."""
    option = page.locator(f"{mark(field)} option", has_text=words).first
    await option.wait_for(state="attached")
    await page.select_option(mark(field), await option.get_attribute("value"))


async def too_long_then_mended(page: Page) -> list[str]:
    """An agenda longer than its meeting is not sent, and the reason is named."""
    await page.click(mark("send-invitations"))
    await page.click(mark("send-invitations-confirm"))
    await page.wait_for_selector("text=Chương trình họp: Tổng số phút các nội dung dài hơn thời gian cuộc họp.")
    problems = await look(page, "plan-too-long")
    await page.click(mark("edit-plan"))
    await page.locator(mark("item-minutes")).nth(2).fill("45")
    await page.wait_for_selector("text=Tổng 120 phút trên 120 phút của cuộc họp · Còn 0 phút")
    await page.click(mark("save-plan"))
    await page.wait_for_selector("text=Tổng 120 phút trên 120 phút")
    return problems


async def hand_in_a_paper(page: Page, folder: Path) -> list[str]:
    """Not without the promise about secrets; then it is read page by page."""
    file = folder / "bao-cao.pdf"
    file.write_bytes(a_pdf(3))
    await page.set_input_files(mark("paper-file"), file)
    await page.fill(mark("paper-title"), "Báo cáo tháng 11")
    await page.click(mark("upload-paper"))
    await page.wait_for_selector("text=Đánh dấu xác nhận không thuộc bí mật nhà nước.")
    await page.check(mark("not-secret"))
    await page.click(mark("upload-paper"))
    await page.wait_for_selector(f"{mark('paper')} >> text=3 trang")
    await page.click(mark("view-paper"))
    await shown(page)
    problems = await look(page, "plan-paper")
    await page.click("[role=dialog] >> text=Trang sau")
    await page.wait_for_selector(f"{mark('paper-page')}[src*='/pages/2.png']")
    await shown(page)
    await page.keyboard.press("Escape")
    await page.click(mark("withdraw-paper"))
    await page.wait_for_selector("[role=dialog]")
    problems += await look(page, "plan-withdraw")
    await page.press("[role=dialog]", "Escape")
    return problems


async def shown(page: Page) -> None:
    await page.wait_for_function("() => document.querySelector('[data-testid=paper-page]')?.naturalWidth > 0")


async def send(page: Page, installation: Installation) -> list[str]:
    """A letter to each site, with its link."""
    await page.click(mark("send-invitations"))
    await page.wait_for_selector("[role=dialog]")
    problems = await look(page, "plan-send")
    await page.click(mark("send-invitations-confirm"))
    await page.wait_for_selector(mark("meeting-stage", stage="sent"))
    await page.wait_for_selector("text=Đã gửi giấy mời. Thư đang được chuyển đi.")
    assert await page.locator(mark("attendee")).count() == 14
    await page.wait_for_function(
        "() => [...document.querySelectorAll('[data-testid=attendee]')].every(row => row.innerText.includes('Đã gửi'))"
    )
    assert len([letter for letter in mails(installation) if TITLE in str(letter["Subject"])]) >= 13
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.locator(mark("copy-link")).nth(1).click()
    copied = await page.evaluate("navigator.clipboard.readText()")
    assert copied == await page.locator(mark("attendee")).nth(1).get_attribute("data-link")
    return problems + await look(page, "plan-sent")


async def clone(page: Page) -> list[str]:
    """The next meeting from this one: the form opens, says where it comes from, a week later."""
    await page.click(mark("clone"))
    await page.wait_for_selector(mark("cloned"))
    assert await page.input_value(mark("plan-title")) == TITLE
    assert await page.locator(mark("edit-item")).count() == 3
    problems = await look(page, "plan-clone")
    await page.fill(mark("plan-title"), "Họp giao ban tháng 01")
    await page.click(mark("save-plan"))
    await page.wait_for_selector(mark("meeting-stage", stage="draft"))
    return problems


async def urgent(page: Page, url: str) -> list[str]:
    """ "Họp khẩn": a subject and a click; within a minute the room is open and the sites have their links."""
    async with asyncio.timeout(URGENT_S):
        await page.goto(url)
        await page.click(mark("urgent-meeting"))
        await page.fill(mark("urgent-title"), "Ứng phó rét đậm, rét hại")
        await page.click(mark("urgent-start"))
        await page.wait_for_selector(mark("room", role="secretary"))
        await page.wait_for_selector(mark("room-stage", stage="testing"))
    assert await page.locator(mark("site-row")).count() == 14
    return await look(page, "urgent-room")


@pytest.mark.installation
async def test_a_meeting_marked_mat_on_an_isolated_installation(tmp_path: Path) -> None:
    """Said on the form, on the plan and in the room; nothing that is refused is offered."""
    async with AsyncExitStack() as stack:
        isolated = Installation(tmp_path / "data", {"GIAOBAN_ISOLATED_NETWORK": "true"})
        installation = await stack.enter_async_context(isolated)
        browser = await stack.enter_async_context(chromium())
        page = await at(browser, installation.url, "thuky.quanba", installation.password)
        before = len(mails(installation))
        await page.click(mark("new-meeting"))
        await page.fill(mark("plan-title"), "Họp về diễn tập phòng thủ")
        await page.locator(mark("item-title")).fill("Phương án diễn tập")
        await page.locator(mark("take-all")).first.click()
        assert await page.locator(f"{mark('plan-marking')} option[value=toi_mat]").is_disabled()
        await page.select_option(mark("plan-marking"), "mat")
        await page.wait_for_selector(mark("secret-notice"))
        assert await page.locator(mark("plan-record")).count() == 0
        problems = await look(page, "mat-form")
        await page.click(mark("save-plan"))
        await page.click(mark("send-invitations"))
        await page.wait_for_selector("[role=dialog] >> text=không gửi thư")
        await page.click(mark("send-invitations-confirm"))
        await page.wait_for_selector(mark("meeting-stage", stage="sent"))
        await page.wait_for_selector(f"{mark('attendee')} >> text=Không gửi thư")
        assert "không ghi hình" in await page.inner_text(mark("secret-notice"))
        assert await page.locator(mark("calendar-file")).count() == 0
        problems += await look(page, "mat-plan")
        await page.click(mark("open-room"))
        await page.click(mark("open-testing"))
        await page.click(mark("tool-course"))
        await page.locator(mark("convene")).first.click()
        await page.wait_for_selector(mark("recording", state="off"))
        await page.wait_for_selector(mark("suspend"))
        assert await page.locator(mark("start-recording")).count() == 0
        assert "không ghi hình" in await page.inner_text(mark("secret-notice"))
        problems += await look(page, "mat-room")
        assert len(mails(installation)) == before
        assert problems == []
