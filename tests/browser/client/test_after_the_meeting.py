"""After a real meeting, in real Chromium: minutes, signatures, number, dossier, recording, archive."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from tests.browser.client.visit import at, look, mark, width_at
from tests.holding import hold
from tests.installation import Installation
from tests.media.chromium import chromium
from tests.story import Planned, log_in, plan_and_send, until

PIN = "24682468"
FIRST = "Các xã nhất trí với báo cáo."
MORE = "Xã Bát Đại Sơn đề nghị hỗ trợ giống ngô vụ xuân."


@pytest.mark.xdist_group("machine")
async def test_minutes_dossier_recording_and_archive(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        installation = await stack.enter_async_context(Installation(tmp_path / "data"))
        planned = await held(installation, stack)
        browser = await stack.enter_async_context(chromium())
        secretary = await at(browser, installation.url, "thuky.quanba", installation.password)
        address = f"{installation.url}/meetings/{planned.id}"
        problems = await write(secretary, address)
        problems += await correct_and_compare(secretary)
        await secretary.click(mark("submit-minutes"))
        await secretary.click(mark("submit-minutes-confirm"))
        await sign(secretary, address, "secretary", "waiting_chair")
        chair = await at(browser, installation.url, "chutich.quanba", installation.password)
        await sign(chair, address, "chair", "signed")
        problems += await look(chair, "signed")
        problems += await issue_and_file(browser, installation, address)
        problems += await play(secretary, address)
        problems += await find(secretary, installation.url, planned)
        assert problems == []


async def held(installation: Installation, stack: AsyncExitStack) -> Planned:
    people = [await log_in(installation, login) for login in ("thuky.quanba", "chutich.quanba")]
    for person in people:
        stack.push_async_callback(person.http.aclose)
    secretary, chair = people
    planned = await plan_and_send(secretary)
    await hold(installation, planned, secretary, chair)
    recording = f"/api/meetings/{planned.id}/recording"
    await until(lambda: secretary.get(recording), lambda seen: seen["state"] == "archived", "archive")
    return planned


async def saved(page: Page) -> None:
    await page.wait_for_selector(mark("save-state", state="saved"))


async def write(page: Page, address: str) -> list[str]:
    """A draft, written on two machines at once: autosave, and the question whose text goes on."""
    await page.goto(f"{address}/minutes")
    await page.click(mark("make-minutes"))
    opinions = page.locator(mark("opinions")).first
    other = await page.context.new_page()
    await other.goto(f"{address}/minutes")
    theirs = other.locator(mark("opinions")).first
    await theirs.wait_for()
    async with other.expect_response(lambda answer: answer.request.method == "PUT"):
        await theirs.fill("Bản viết ở máy khác.")
    await saved(other)
    await opinions.fill(FIRST)
    await page.wait_for_selector(mark("conflict"))
    problems = await look(page, "conflict")
    async with page.expect_response(lambda answer: answer.request.method == "PUT" and answer.ok):
        await page.click(mark("keep-mine"))
    await saved(page)
    await other.close()
    assert await opinions.input_value() == FIRST
    async with page.expect_response(lambda answer: answer.request.method == "PUT" and answer.ok):
        await opinions.fill(f"{FIRST}\n{MORE}")
    await saved(page)
    assert await width_at(page, 320) <= 320
    return problems + await look(page, "draft")


async def correct_and_compare(page: Page) -> list[str]:
    """Revisions say what they changed; a wrong head count is corrected and both numbers stand."""
    await page.click(mark("revisions"))
    await page.wait_for_selector(f"{mark('difference')} ins")
    assert MORE in await page.inner_text(mark("difference"))
    problems = await look(page, "revisions")
    await page.keyboard.press("Escape")
    await page.click(mark("correct"))
    choice = page.locator(f"{mark('correction-what')} option[data-what=head_count]").first
    await choice.wait_for(state="attached")
    await page.select_option(mark("correction-what"), await choice.get_attribute("value"))
    await page.click(mark("correction-save"))  # without a reason: refused on the spot
    await page.wait_for_selector("[aria-invalid=true]")
    await page.fill(mark("correction-new"), "5")
    await page.fill(mark("correction-reason"), "Đếm sót ba người")
    problems += await look(page, "correction")
    await page.click(mark("correction-save"))
    corrections = await page.wait_for_selector(mark("corrections"))
    assert corrections and "Đếm sót ba người" in await corrections.inner_text()
    await page.click(mark("show-document"))
    await page.wait_for_selector(mark("document"))
    return problems


async def sign(page: Page, address: str, role: str, then: str) -> None:
    """Make a test certificate on the page, then sign with its PIN; a wrong PIN signs nothing."""
    base = address.split("/meetings/")[0]
    await page.wait_for_load_state("networkidle")
    await page.goto(f"{base}/me")
    await page.fill(mark("test-pin"), PIN)
    await page.click(mark("test-certificate"))
    await page.wait_for_selector(mark("certificate"))
    await page.goto(f"{address}/minutes")
    await page.click(mark(f"sign-{role}"))
    await page.fill(mark("pin"), "00000000")
    await page.click(mark("sign-confirm"))
    await page.wait_for_selector("[role=dialog] [role=alert]")
    await page.fill(mark("pin"), PIN)
    await page.click(mark("sign-confirm"))
    await page.wait_for_selector(mark("minutes-status", status=then))


async def issue_and_file(browser: Browser, installation: Installation, address: str) -> list[str]:
    clerk = await at(browser, installation.url, "vanthu.quanba", installation.password)
    await clerk.goto(f"{address}/minutes")
    await clerk.click(mark("give-number"))
    await clerk.fill(mark("number"), "07")
    await clerk.fill(mark("issue-date"), "22/11/2026")
    problems = await look(clerk, "number")
    await clerk.click(mark("number-confirm"))
    await clerk.wait_for_selector(mark("minutes-number"))
    await clerk.click(mark("issue-minutes"))
    await clerk.click(mark("issue-minutes-confirm"))
    await clerk.wait_for_selector(mark("minutes-status", status="issued"))
    problems += await look(clerk, "issued")
    await clerk.goto(f"{address}/dossier")
    await clerk.click(mark("file-dossier"))
    await clerk.wait_for_selector(mark("delivery", status="sent"))
    assert await clerk.inner_text(mark("so-ky-hieu")) == "07/BB-UBND"
    await clerk.click(mark("verify-dossier"))
    await clerk.wait_for_selector(mark("verify-report", whole="true"))
    async with clerk.expect_download() as download:
        await clerk.click(mark("dossier-zip"))
    assert (await (await download.value).path()).read_bytes()[:2] == b"PK"
    assert await width_at(clerk, 320) <= 320
    return problems + await look(clerk, "dossier")


async def play(page: Page, address: str) -> list[str]:
    """From a speech in the minutes to its second, and on to another chapter."""
    await page.goto(f"{address}/minutes")
    await page.locator(mark("listen")).nth(1).click()
    await page.wait_for_url("**/recording?t=*")
    wanted = float(page.url.rsplit("t=", 1)[1])
    assert wanted > 0
    await page.wait_for_function(
        "wanted => { const v = document.querySelector('video'); return v?.readyState > 1 && v.currentTime >= wanted }",
        arg=wanted,
    )
    problems = await look(page, "recording")
    await page.locator(mark("chapter")).first.click()
    await page.wait_for_function("wanted => document.querySelector('video').currentTime < wanted", arg=wanted)
    return problems


async def find(page: Page, url: str, planned: Planned) -> list[str]:
    problems: list[str] = []
    for text in ("quan ba", "Quản Bạ"):
        await page.goto(f"{url}/archive")
        await page.fill(mark("search-text"), text)
        await page.click(mark("search-submit"))
        await page.wait_for_selector(mark("hit", meeting_id=planned.id))
        problems += await look(page, "archive")
    return problems
