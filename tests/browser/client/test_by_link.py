"""What a commune sees before the meeting: replies, a device check that coaches, links that no longer work.

Cameras and microphones are wrong in earnest: Chromium's own prompt says no, the picture is black, the sound is silence.
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from tests.browser.client.visit import at, look, mark, window
from tests.installation import Installation
from tests.media.chromium import chromium
from tests.media.samples import write_dark_camera, write_silent_microphone
from tests.story import Planned, log_in, plan_and_send
from web.certificate import make_certificate
from web.visiting.visitor import Visitor

DENY = "--use-fake-ui-for-media-stream=deny"
NO_DEVICES = "--use-fake-device-for-media-stream=device-count=0"


@pytest.mark.installation
async def test_before_the_meeting_at_the_screen(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        installation = await stack.enter_async_context(Installation(tmp_path / "data"))
        desk = await stack.enter_async_context(await log_in(installation, "thuky.quanba"))
        planned = await plan_and_send(desk)
        dark = await stack.enter_async_context(
            chromium(write_dark_camera(tmp_path / "dark.y4m"), write_silent_microphone(tmp_path / "silent.wav"))
        )
        secretary = await at(dark, installation.url, "thuky.quanba", installation.password)
        await secretary.goto(f"{installation.url}/meetings/{planned.id}")
        problems = await replies(dark, secretary, planned)
        problems += await dark_and_silent(dark, planned)
        for switch, advice in (
            (DENY, "Trình duyệt đang chặn camera và micro."),
            (NO_DEVICES, "Không tìm thấy camera."),
        ):
            async with chromium(extra=[switch]) as browser:
                problems += await refused(browser, planned, advice)
        administrator = await stack.enter_async_context(await log_in(installation, "quantri"))
        problems += await dead_links(dark, administrator, planned)
        problems += await a_new_password(dark, administrator, installation)
        assert problems == []


async def replies(browser: Browser, secretary: Page, planned: Planned) -> list[str]:
    """Somebody else comes, somebody cannot: each says who or why, and the secretary's page shows it by itself."""
    deputy, absent = planned.sites[2], planned.sites[3]
    page = await window(browser)
    await page.goto(planned.links[deputy["site_id"]])
    await page.check(mark("reply-delegated"))
    await page.click(mark("send-reply"))
    await page.get_by_text("Ghi họ tên người dự thay.").wait_for()
    problems = await look(page, "reply-delegated")
    await page.fill(mark("deputy-name"), "Lù Thị Mai")
    await page.fill(mark("deputy-post"), "Phó Chủ tịch UBND xã")
    await page.click(mark("send-reply"))
    await page.wait_for_selector(mark("reply-saved"))
    await page.goto(planned.links[absent["site_id"]])
    await page.check(mark("reply-declined"))
    await page.click(mark("send-reply"))
    await page.get_by_text("Ghi lý do xin vắng.").wait_for()
    problems += await look(page, "reply-declined")
    await page.fill(mark("reply-reason"), "Sạt lở đường, mất điện")
    await page.click(mark("send-reply"))
    await page.wait_for_selector(mark("reply-saved"))
    for site, reply, words in ((deputy, "delegated", "Lù Thị Mai"), (absent, "declined", "Sạt lở đường, mất điện")):
        row = secretary.locator(mark("attendee", site_id=site["site_id"], reply=reply))
        await row.get_by_text(words).first.wait_for()
    problems += await look(secretary, "plan-with-replies")
    await page.context.close()
    return problems


async def open_check(browser: Browser, planned: Planned) -> Page:
    page = await window(browser)
    await page.goto(planned.links[planned.sites[4]["site_id"]])
    await page.click(mark("link-check-open"))
    await page.wait_for_selector(f"{mark('link-check-done')}:enabled")
    return page


async def dark_and_silent(browser: Browser, planned: Planned) -> list[str]:
    """The devices open, and yet nobody would see or hear anything."""
    page = await open_check(browser, planned)
    await page.get_by_text("Camera bật nhưng hình tối đen: mở nắp che ống kính, bật đèn phòng.").wait_for()
    await page.locator(mark("microphone-advice"), has_text="Không nghe thấy micro").wait_for()
    problems = await look(page, "check-dark-silent", "[role=dialog]")
    await page.context.close()
    return problems


async def refused(browser: Browser, planned: Planned, advice: str) -> list[str]:
    """The reason, what to do, and one button to try again; a site is never kept out for it."""
    page = await open_check(browser, planned)
    await page.get_by_text(advice).first.wait_for()
    problems = await look(page, "check-refused", "[role=dialog]")
    await page.locator(mark("retry-devices")).first.click()
    await page.get_by_text(advice).first.wait_for()
    await page.click(mark("link-check-done"))
    await page.locator(mark("link-checked")).wait_for()
    await page.context.close()
    return problems


async def dead_links(browser: Browser, administrator: Visitor, planned: Planned) -> list[str]:
    """A link that was renewed says so, and whom to call; a meeting called off says that."""
    site = planned.sites[5]["site_id"]
    page = await window(browser)
    await administrator.post(f"/api/sites/{site}/new-link")
    await page.goto(planned.links[site])
    await page.wait_for_selector(mark("link-refused"))
    problems = await look(page, "link-revoked")
    await page.context.close()
    return problems


async def a_new_password(browser: Browser, administrator: Visitor, installation: Installation) -> list[str]:
    """The page behind a one-time link, and the page of the local certificate authority."""
    person = (await administrator.get("/api/session"))["person"]["id"]
    made = await administrator.post(f"/api/persons/{person}/reset-password")
    make_certificate(installation.data / "keys", ["localhost"])
    page = await window(browser)
    await page.goto(made["url"])
    await page.wait_for_selector("input[type=password]")
    problems = await look(page, "password-link")
    await page.goto(f"{installation.url}/ca")
    await page.wait_for_selector("h1")
    problems += await look(page, "certificate-authority")
    await page.context.close()
    return problems
