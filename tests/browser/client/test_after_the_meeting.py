"""After a meeting, in a real Chromium: the next one made from what its minutes say, and its number, given once."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Page

from tests.browser.client.visit import at, look, mark
from tests.installation import Installation
from tests.media.chromium import chromium
from tests.story import ITEMS, TITLE, Planned, log_in, plan_and_send
from web.visiting.seat import Seat
from web.visiting.visitor import Visitor

RECORDED = "Các xã hoàn thành trước ngày 30/11."
CORRECTED = "Các xã hoàn thành trước ngày 05/12."
WRITTEN = "Giao Phòng Nông nghiệp đôn đốc hằng tuần."


@pytest.mark.installation
async def test_after_a_meeting_at_the_screen(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        installation = await stack.enter_async_context(Installation(tmp_path / "data"))
        desk = await stack.enter_async_context(await log_in(installation, "thuky.quanba"))
        chair = await stack.enter_async_context(await log_in(installation, "chutich.quanba"))
        held = await hold(desk, chair)
        browser = await stack.enter_async_context(chromium())
        secretary = await at(browser, installation.url, "thuky.quanba", installation.password)
        await write_and_correct(secretary, f"{installation.url}/meetings/{held.id}")
        problems = await make_the_next(secretary, f"{installation.url}/meetings/{held.id}", held)

        other = await hold(desk, chair)
        await desk.post(f"/api/meetings/{other.id}/minutes")
        clerk = await at(browser, installation.url, "vanthu.quanba", installation.password)
        await give_number(clerk, f"{installation.url}/meetings/{held.id}/minutes", "007")
        await clerk.wait_for_selector(f"{mark('minutes-number')} >> text=007/BB-UBND")
        problems += await the_same_number(clerk, f"{installation.url}/meetings/{other.id}/minutes")
        assert problems == []


async def hold(desk: Visitor, chair: Visitor) -> Planned:
    """A short meeting without cameras: one conclusion and one task under item 1."""
    planned = await plan_and_send(desk, starts_in=timedelta(minutes=10))
    await desk.put(
        f"/api/meetings/{planned.id}",
        {"title": planned.meeting["title"], "record": False, "version": planned.meeting["version"]},
    )
    async with Seat(desk, planned.id) as at_desk:
        await at_desk.command("open_testing")
        async with Seat(chair, planned.id) as presiding:
            await presiding.command("convene")
            item = planned.items[0]
            await at_desk.command("open_item", item_id=item)
            await at_desk.command("record_conclusion", item_id=item, text=RECORDED)
            await at_desk.command(
                "assign_task", item_id=item, what="Rà soát chuồng trại", lead_unit_id=planned.sites[0]["unit_id"],
                with_unit_ids=[], due="2026-11-30",
            )  # fmt: skip
            await presiding.command("adjourn")
            await at_desk.fact("Adjourned")
    return planned


async def write_and_correct(page: Page, meeting: str) -> None:
    """Item 2, of which nothing was recorded in the room, gets its conclusion in the minutes; item 1's is corrected."""
    await page.goto(f"{meeting}/minutes")
    await page.click(mark("make-minutes"))
    conclusion = page.locator(mark("conclusion")).nth(1)
    await conclusion.wait_for()
    async with page.expect_response(lambda answer: answer.request.method == "PUT" and answer.ok):
        await conclusion.fill(WRITTEN)
    await page.wait_for_selector(mark("save-state", state="saved"))
    await page.click(mark("correct"))
    choice = page.locator(f"{mark('correction-what')} option", has_text=RECORDED).first
    await choice.wait_for(state="attached")
    await page.select_option(mark("correction-what"), await choice.get_attribute("value"))
    await page.fill(mark("correction-new"), CORRECTED)
    await page.fill(mark("correction-reason"), "Ghi nhầm ngày")
    await page.click(mark("correction-save"))
    await page.wait_for_selector(f"{mark('corrections')} >> text=Ghi nhầm ngày")


async def make_the_next(page: Page, meeting: str, held: Planned) -> list[str]:
    """Item 1 of the draft holds all three, in the form, once it is saved, and on the page of the plan."""
    unit = held.sites[0]["unit_title"]
    expected = f"- {CORRECTED}\n- {WRITTEN}\n- {unit}: Rà soát chuồng trại – hạn 30/11/2026"
    await page.goto(meeting)
    await page.click(mark("clone"))
    await page.wait_for_selector(mark("cloned"))
    items = page.locator(mark("edit-item"))
    assert await items.count() == len(ITEMS) + 1
    first = items.first.locator(mark("item-title"))
    assert (await first.input_value()).startswith("Kiểm điểm việc thực hiện kết luận của cuộc họp ngày")
    assert await items.first.locator(mark("item-note")).input_value() == expected
    problems = await look(page, "clone-of-a-held-meeting")
    await page.fill(mark("plan-title"), "Giao ban kỳ sau")
    await page.click(mark("save-plan"))
    await page.wait_for_selector(mark("meeting-stage", stage="draft"))
    shown = await page.inner_text("main")
    for line in expected.split("\n"):
        assert line in shown
    assert RECORDED not in shown
    return problems


async def give_number(page: Page, minutes: str, number: str) -> None:
    await page.goto(minutes)
    await page.click(mark("give-number"))
    await page.fill(mark("number"), number)
    await page.click(mark("number-confirm"))


async def the_same_number(page: Page, minutes: str) -> list[str]:
    """ "7" is the "007" of the other minutes; the warning goes when another one is typed, and decides nothing."""
    warning = f"{mark('use-anyway')}"
    await give_number(page, minutes, "7")
    await page.wait_for_selector(f"[role=dialog] >> text=Số 007/BB-UBND đã cấp cho biên bản “{TITLE}”")
    problems = await look(page, "number-duplicate", "[role=dialog]")
    await page.fill(mark("number"), "7A")
    await page.wait_for_selector(warning, state="detached")
    await page.click(mark("number-confirm"))
    await page.wait_for_selector(f"{mark('minutes-number')} >> text=7A/BB-UBND")
    await give_number(page, minutes, "07")
    await page.click(warning)
    await page.wait_for_selector(f"{mark('minutes-number')} >> text=07/BB-UBND")
    return problems
