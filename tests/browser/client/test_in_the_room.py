"""The room in real Chromium, from the link to the end: a commune on a phone, the chair on an old PC, the secretary.

axe looks at every page, tool and dialog of every role; the chair reads English from the middle on.
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from tests.browser.client.visit import PHONE, at, look, mark, speak_english, width_at, window
from tests.installation import Installation
from tests.media.chromium import chromium
from tests.media.samples import write_camera
from tests.story import TITLE, Planned, a_pdf, log_in, plan_and_send
from web.visiting.visitor import Visitor


@dataclass
class People:
    """Who sits where; ``desk`` is the secretary's hands on the API, for what others do meanwhile."""

    browser: Browser
    installation: Installation
    planned: Planned
    desk: Visitor
    chair: Page
    secretary: Page
    site: Page

    @property
    def room(self) -> str:
        return f"{self.installation.url}/rooms/{self.planned.id}"

    @property
    def link(self) -> str:
        return self.planned.links[self.site_id]

    @property
    def site_id(self) -> str:
        site_id: str = self.planned.sites[0]["site_id"]
        return site_id

    @property
    def host_site_id(self) -> str:
        return self.planned.host_site_id


@pytest.mark.installation
async def test_a_meeting_at_the_screen(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        installation = await stack.enter_async_context(Installation(tmp_path / "data"))
        desk = await stack.enter_async_context(await log_in(installation, "thuky.quanba"))
        planned = await plan_and_send(desk)
        change = {"title": TITLE, "record": False, "version": planned.meeting["version"]}
        await desk.put(f"/api/meetings/{planned.id}", change)
        # the built-in one costs a core; a larger one still is padded to what its layers are expected to take
        camera = write_camera(tmp_path / "camera.y4m", 1, 320, 180, fps=5)
        browser = await stack.enter_async_context(chromium(camera))
        chair = await at(browser, installation.url, "chutich.quanba", installation.password)
        secretary = await at(browser, installation.url, "thuky.quanba", installation.password)
        site = await window(browser, PHONE)
        people = People(browser, installation, planned, desk, chair, secretary, site)
        problems = await reply_and_try_devices(people)
        problems += await come_in(people)
        problems += await begin_and_record(people)
        problems += await floor_by_keyboard(people)
        problems += await a_break_takes_off_air(people)
        await modes(people)
        problems += await tasks(people)
        problems += await a_paper_more(people)
        problems += await desks(people)
        problems += await statistics(people)
        problems += await hall(people)
        problems += await hand_over_and_back(people)
        problems += await second_machine(people)
        problems += await the_end(people)
        assert problems == []


async def reply_and_try_devices(people: People) -> list[str]:
    """By the link, before the room is open: the reply, and a device check that the secretary hears of."""
    page = people.site
    await page.goto(people.link)
    await page.wait_for_selector(f"{mark('site-join')}:disabled")
    problems = await look(page, "link-early")
    assert await width_at(page, 320) <= 320
    await page.check(mark("reply-accepted"))
    await page.click(mark("send-reply"))
    await page.wait_for_selector(mark("reply-saved"))
    await page.click(mark("link-check-open"))
    await page.wait_for_selector(f"{mark('link-check-done')}:enabled")
    await page.wait_for_selector("text=✓ Có hình.")
    problems += await look(page, "link-check")
    await page.click(mark("link-check-done"))
    await page.wait_for_selector(f"{mark('link-checked')} >> text=có hình và có tiếng")
    sites = (await people.desk.get(f"/api/meetings/{people.planned.id}"))["sites"]
    mine = next(site for site in sites if site["site_id"] == people.site_id)
    assert mine["reply"] == "accepted"
    assert mine["tested_at"]
    return problems


async def come_in(people: People) -> list[str]:
    """The secretary opens the room; by link and by log in, through the device check, into it."""
    await people.secretary.goto(f"{people.installation.url}/meetings/{people.planned.id}")
    await people.secretary.click(mark("open-room"))
    await people.secretary.click(mark("open-testing"))
    await people.site.click(f"{mark('site-join')}:enabled")  # the page notices by itself
    await people.chair.goto(people.room)
    problems: list[str] = []
    for page, name in ((people.site, "site"), (people.chair, "chair")):
        await page.wait_for_selector(f"{mark('enter-room')}:enabled")
        problems += await look(page, f"check-{name}")
        await page.click(mark("enter-room"))
        await page.wait_for_selector(mark("room", role=name))
    problems += await look(people.site, "room-site-people")
    await people.site.fill(mark("head-count"), "2")
    await people.site.fill(mark("person-name"), "Giàng Mí Sính")
    await people.site.fill(mark("person-post"), "Chủ tịch UBND thị trấn")
    await people.site.click(mark("save-people"))
    await people.site.click(mark("tool-people"))  # closes the panel
    await people.secretary.wait_for_selector(mark("room", role="secretary"))
    return problems


async def begin_and_record(people: People) -> list[str]:
    """The plan left the recording off: it is begun, held and gone on with by hand, and everybody sees it."""
    chair = people.chair
    await open_tool(chair, "course")
    await chair.locator(mark("convene")).first.click()
    await people.site.wait_for_selector(mark("recording", state="off"))
    problems = await look(chair, "chair-course")
    for button, state in (("start-recording", "on"), ("pause-recording", "paused"), ("resume-recording", "on")):
        await chair.click(mark(button))
        for page in (chair, people.secretary, people.site):
            await page.wait_for_selector(mark("recording", state=state))
    return problems


async def floor_by_keyboard(people: People) -> list[str]:
    """The chair gives the floor by keyboard alone: on air at once, and what the banner says is so."""
    site, chair = people.site, people.chair
    await site.wait_for_selector(mark("mic-state", heard="false"))
    await site.click(mark("request-floor"))
    await site.wait_for_selector(mark("my-request"))
    await site.wait_for_selector(mark("next-up"))
    problems = await look(site, "site-asked")
    await chair.keyboard.press("Alt+Shift+D")
    await chair.wait_for_selector(mark("queue-row"))
    for _ in range(40):
        await chair.keyboard.press("Tab")
        if await chair.evaluate("document.activeElement.dataset.testid") == "grant-floor":
            break
    await chair.keyboard.press("Enter")
    await site.wait_for_selector(mark("on-air-now"))
    await site.wait_for_selector(mark("on-air-text", sent="both"))
    await site.wait_for_selector(mark("mic-state", heard="true"))
    for page in (chair, people.secretary):
        await page.wait_for_selector(mark("program-video", site_id=people.site_id, seen="true"))
    problems += await look(site, "on-air") + await look(chair, "room-chair")
    problems += await notes(people)
    await site.click(mark("toggle-mic"))
    await site.wait_for_selector(mark("on-air-text", sent="picture"))
    problems += await look(site, "on-air-muted")
    await site.click(mark("on-air-mic"))
    await site.wait_for_selector(mark("mic-state", heard="true"))
    return problems


async def notes(people: People) -> list[str]:
    """One key notes the time and who speaks."""
    await people.secretary.keyboard.press("Alt+Shift+G")
    await people.secretary.wait_for_function(
        "name => document.querySelector('[data-testid=notes]')?.value.includes(name)",
        arg=people.planned.sites[0]["unit_title"],
    )
    assert await people.secretary.evaluate("document.activeElement.dataset.testid") == "notes"
    return await look(people.secretary, "room-secretary")


async def a_break_takes_off_air(people: People) -> list[str]:
    """In a break the site keeps the floor and is not on air; then it is again, until it says it has finished."""
    await open_tool(people.chair, "course")
    await people.chair.click(mark("suspend"))
    await people.site.wait_for_selector(mark("floor-kept"))
    await people.site.wait_for_selector(mark("mic-state", heard="false"))
    problems = await look(people.site, "site-break")
    await people.chair.locator(mark("resume")).first.click()
    await people.site.wait_for_selector(mark("on-air"))
    await people.site.keyboard.press("Alt+Shift+X")
    await people.site.wait_for_selector(mark("on-air"), state="detached")
    return problems


async def modes(people: People) -> None:
    """Who is heard without the floor: everybody in a discussion, nobody but the chair otherwise."""
    await open_tool(people.chair, "course")
    for mode, is_heard in (
        ("discussion", "true"),
        ("chair_only", "false"),
        ("discussion", "true"),
        ("one_speaker", "false"),
    ):
        await people.chair.select_option(mark("mode"), mode)
        await people.site.wait_for_selector(mark("mic-state", heard=is_heard))


async def tasks(people: People) -> list[str]:
    """A task says what, who leads, with whom and by when; what is missing or no date is named at once."""
    page, sites = people.secretary, people.planned.sites
    await open_tool(page, "outcome")
    await page.click(mark("assign-task"))
    await page.get_by_text("Ghi việc phải làm và đơn vị chủ trì.").wait_for()
    await page.fill(mark("task-what"), "Che chắn chuồng trại, dự trữ rơm cỏ cho gia súc")
    await page.select_option(mark("task-lead"), label=sites[0]["unit_title"])
    await page.click(f"{mark('panel-outcome')} summary")
    await page.get_by_label(sites[1]["unit_title"], exact=True).check()
    await page.fill(mark("task-due"), "31/11/2026")
    await page.click(mark("assign-task"))
    await page.get_by_text("Ghi thời hạn theo dạng 30/11/2026.").wait_for()
    problems = await look(page, "task-form", "#tool-panel")
    await page.fill(mark("task-due"), "30/11/2026")
    await page.click(mark("assign-task"))
    for words in ("Che chắn chuồng trại", sites[0]["unit_title"], sites[1]["unit_title"], "30/11/2026"):
        await page.locator(mark("task")).get_by_text(words).first.wait_for()
    assert await page.input_value(mark("task-what")) == ""
    await open_tool(people.chair, "outcome")
    await people.chair.locator(mark("task")).get_by_text("Che chắn chuồng trại").wait_for()
    return problems


async def a_paper_more(people: People) -> list[str]:
    """The plan changes during the meeting: a paper handed in is there at once, shown to all, turned, and withdrawn."""
    site, secretary = people.site, people.secretary
    await open_tool(site, "papers")
    await open_tool(secretary, "papers")
    papers = f"/api/meetings/{people.planned.id}/papers"
    paper = await people.desk.upload(papers, "so-lieu.pdf", a_pdf(2), title="Số liệu bổ sung", not_secret="true")
    for page in (site, secretary):
        await page.wait_for_selector(f"{mark('paper-row', paper_id=paper['id'])} >> text=Số liệu bổ sung")
    await secretary.click(f"{mark('paper-row', paper_id=paper['id'])} {mark('show-paper')}")
    await secretary.click(mark("turn-next"))
    await site.wait_for_selector(f"{mark('shown-paper', paper_id=paper['id'])} img[src*='/pages/2.png']")
    problems = await look(site, "room-site-paper")
    (await people.desk.http.delete(f"/api/papers/{paper['id']}")).raise_for_status()
    for page in (site, secretary):
        await page.wait_for_selector(mark("paper-row", paper_id=paper["id"]), state="detached")
    await site.wait_for_selector("text=Tài liệu này đã được rút khỏi cuộc họp.")
    await secretary.click(mark("hide-paper"))
    await site.wait_for_selector(mark("shown-paper"), state="detached")
    return problems


async def desks(people: People) -> list[str]:
    """Every tool and dialog of every role, the chair's in English; a message reaches all."""
    problems: list[str] = []
    await open_tool(people.secretary, "chat")
    await people.secretary.fill(mark("chat-text"), "Đề nghị các xã gửi số liệu trước 11 giờ.")
    await people.secretary.click(mark("chat-send"))
    await open_tool(people.site, "chat")
    await people.site.wait_for_selector(f"{mark('chat')} >> text=Đề nghị các xã")
    problems += await tools(people.secretary, "secretary")
    problems += await tools(people.site, "site")
    await speak_english(people.chair)
    await people.chair.wait_for_selector(mark("room", role="chair"))
    problems += await tools(people.chair, "chair-english")
    return problems


async def tools(page: Page, name: str) -> list[str]:
    """Each panel of the rail, then each dialog."""
    problems: list[str] = []
    for tool in await page.locator("[data-testid^=tool-]:not(#tool-panel)").all():
        if await tool.get_attribute("aria-pressed") == "false":
            await tool.click()
        problems += await look(page, f"{name}-{await tool.get_attribute('data-testid')}", "#tool-panel")
    for button in ("shortcuts", "leave-room"):
        problems += await dialog(page, button, name)
    if await page.locator(mark("tool-course")).count():
        await open_tool(page, "course")
        problems += await dialog(page, "hand-over", name) + await dialog(page, "adjourn", name)
    return problems


async def open_tool(page: Page, tool: str) -> None:
    if not await page.locator(mark(f"panel-{tool}")).count():
        await page.click(mark(f"tool-{tool}"))
        await page.wait_for_selector(mark(f"panel-{tool}"))


async def dialog(page: Page, button: str, name: str) -> list[str]:
    await page.click(mark(button))
    await page.wait_for_selector("[role=dialog]")
    problems = await look(page, f"{name}-{button}", "[role=dialog]")
    await page.press("[role=dialog]", "Escape")
    await page.wait_for_selector("[role=dialog]", state="detached")
    return problems


async def statistics(people: People) -> list[str]:
    """The administrator's page of lines and layers, while people are in the room."""
    page = await at(people.browser, people.installation.url, "quantri", people.installation.password)
    await page.goto(f"{people.installation.url}/api/rooms/{people.planned.id}/stats.html")
    await page.get_by_text(people.planned.sites[0]["unit_title"]).first.wait_for()
    problems = await look(page, "statistics")
    await page.context.close()
    return problems


async def hall(people: People) -> list[str]:
    problems: list[str] = []
    page = await people.secretary.context.new_page()
    for screen in ("program", "floor", "agenda"):
        await page.goto(f"{people.room}?view=hall&screen={screen}")
        await page.wait_for_selector(mark("hall", screen=screen))
        problems += await look(page, f"hall-{screen}")
    await page.close()
    return problems


async def hand_over(page: Page, site_id: str, post: str) -> list[str]:
    await open_tool(page, "course")
    await page.click(mark("hand-over"))
    await page.select_option(mark("hand-over-site"), site_id)
    option = page.locator(f"{mark('hand-over-person')} option", has_text=post).first
    await option.wait_for(state="attached")
    await page.select_option(mark("hand-over-person"), await option.get_attribute("value"))
    problems = await look(page, "hand-over", "[role=dialog]")
    await page.click(mark("hand-over-confirm"))
    await page.wait_for_selector(mark("chair-handed", to="from_me"))
    return problems


async def hand_over_and_back(people: People) -> list[str]:
    """Both sides are told: the site logs in as the new chair, leads, and gives the chair back."""
    chair, site = people.chair, people.site
    problems = await hand_over(chair, people.site_id, "Chủ tịch UBND")
    await chair.wait_for_selector(mark("room", role="site"))
    problems += await look(chair, "handed-from-me")
    await people.secretary.wait_for_selector(mark("chair-handed", to="other"))
    await site.wait_for_selector(mark("handed-here"))
    problems += await look(site, "handed-here")
    await site.click(mark("handed-log-in"))
    await site.fill(mark("login-name"), "chutich.tamson.quanba")
    await site.fill(mark("login-password"), people.installation.password)
    await site.click(mark("login-submit"))
    await site.wait_for_selector(mark("room", role="chair"))
    problems += await look(site, "new-chair")
    problems += await hand_over(site, people.host_site_id, "– Chủ tịch UBND huyện")
    await chair.wait_for_selector(mark("handed-me"))
    problems += await look(chair, "handed-me")
    await chair.click(mark("handed-understood"))
    await chair.wait_for_selector(mark("room", role="chair"))
    await site.wait_for_selector(mark("room", role="site"))
    return problems


async def second_machine(people: People) -> list[str]:
    """The same link on another computer is asked first, takes over by one click; the first is told, and takes back."""
    other = await window(people.browser)
    await other.goto(people.link)
    await other.click(f"{mark('site-join')}:enabled")
    await other.click(f"{mark('enter-room')}:enabled")
    await other.wait_for_selector(mark("occupied"))
    problems = await look(other, "occupied")
    await other.click(mark("take-over"))
    await other.wait_for_selector(mark("room", role="site"))
    await people.site.wait_for_selector(f"{mark('taken_over')} >> text=Điểm cầu đã chuyển sang máy khác.")
    problems += await look(people.site, "taken-over")
    await people.site.click(mark("take-over"))
    await people.site.wait_for_selector(mark("room", role="site"))
    await other.wait_for_selector(mark("taken_over"))
    await other.close()
    return problems


async def the_end(people: People) -> list[str]:
    """A site is removed and told; the chair ends the meeting, and everybody is thanked."""
    await open_tool(people.secretary, "roll")
    row = people.secretary.locator(mark("site-row", site_id=people.site_id))
    await row.locator("summary").click()
    await row.locator(mark("remove-site")).click()
    await people.secretary.wait_for_selector("[role=dialog]")
    problems = await look(people.secretary, "remove-site", "[role=dialog]")
    await people.secretary.click(mark("remove-site-confirm"))
    await people.site.wait_for_selector("[role=alert]")
    problems += await look(people.site, "removed")
    await open_tool(people.chair, "course")
    await people.chair.click(mark("adjourn"))
    await people.chair.click(mark("adjourn-confirm"))
    for page in (people.chair, people.secretary):
        await page.wait_for_selector(mark("room-ended"))
    return problems + await look(people.chair, "ended")
