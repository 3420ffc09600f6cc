"""Before a meeting, in the browser: the secretary plans it and sends it out, a site reads its letter and replies."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

from icalendar import Calendar

from scheduler.meetings.local_time import ZONE_NAME, local
from tests.at_browser import AtBrowser
from tests.installation import Installation
from tests.story import ITEMS, TITLE, Planned, a_pdf, mails, until
from web.visiting.visitor import Visitor

ROOM = "Phòng họp UBND huyện Quản Bạ"
CHAIR = "– Chủ tịch UBND huyện"
PRESENTERS = ("Chánh Văn phòng HĐND và UBND huyện", "Phòng Nông nghiệp và Phát triển nông thôn", "")


async def plan_and_send_in_browser(secretary: AtBrowser, reader: Visitor) -> Planned:
    """The form, the paper, "Gửi giấy mời"; ``reader`` (the same person) reads how the plan stands then."""
    starts = soon()
    await secretary.click("new-meeting")
    await secretary.fill("plan-title", TITLE)
    await secretary.fill("plan-date", f"{starts:%d/%m/%Y}")
    await secretary.fill("plan-from", f"{starts:%H:%M}")
    await secretary.fill("plan-to", f"{starts + timedelta(hours=1):%H:%M}")
    await secretary.choose("plan-issuing", "huyện Quản Bạ")
    await secretary.choose("plan-chair", CHAIR)
    await secretary.choose("chair-site", ROOM)
    await secretary.click("take-all")
    await secretary.at("site-count").get_by_text("13").wait_for()
    for number, ((title, minutes), presenter) in enumerate(zip(ITEMS, PRESENTERS, strict=True)):
        if number:
            await secretary.click("add-item")
        await secretary.fill("item-title", title, number)
        await secretary.fill("item-minutes", str(minutes), number)
        await secretary.fill("item-presenter", presenter, number)
    await secretary.at("agenda-sum").get_by_text(str(sum(minutes for _, minutes in ITEMS))).wait_for()
    await secretary.click("save-plan")
    await secretary.at("meeting-stage", stage="draft").wait_for()
    await add_paper(secretary)
    await secretary.click("send-invitations")
    await secretary.click("send-invitations-confirm")
    await secretary.at("meeting-stage", stage="sent").wait_for()
    meeting = await reader.get(f"/api/meetings/{secretary.page.url.rsplit('/', 1)[1]}")
    assert [(item["title"], item["minutes"]) for item in meeting["items"]] == list(ITEMS)
    links = {site["site_id"]: site["link"] for site in meeting["sites"]}
    return Planned(meeting, links, meeting["chair_site_id"])


def soon() -> datetime:
    """In ten minutes, by the clocks in Vietnam; the hour before midnight is not one for meetings."""
    starts = local(datetime.now(UTC) + timedelta(minutes=10)).replace(second=0, microsecond=0)
    return starts if starts.hour < 23 else starts.replace(hour=0, minute=5) + timedelta(days=1)


async def add_paper(secretary: AtBrowser) -> None:
    file = {"name": "bao-cao.pdf", "mimeType": "application/pdf", "buffer": a_pdf(3)}
    await secretary.at("paper-file").set_input_files(file)  # type: ignore[arg-type]
    await secretary.fill("paper-title", "Báo cáo tháng 10")
    await secretary.at("not-secret").check()
    await secretary.click("upload-paper")
    await secretary.at("paper").get_by_text("Báo cáo tháng 10").wait_for()


async def invitation(installation: Installation, planned: Planned, address: str) -> str:
    """The link in the letter to this address, which carries the meeting for calendars."""

    def to_address(letters: list[EmailMessage]) -> list[EmailMessage]:
        return [letter for letter in letters if address in letter["To"] and TITLE in letter["Subject"]]

    letters = to_address(await until(lambda: mails(installation), lambda found: bool(to_address(found)), "the letter"))
    assert len(letters) == 1
    parts = {part.get_content_type(): part for part in letters[0].walk()}
    assert parts["text/calendar"]["Content-Type"].params["method"] == "REQUEST"
    calendar = Calendar.from_ical(parts["text/calendar"].get_content())
    event: Any = calendar.walk("VEVENT")[0]
    assert (str(calendar["METHOD"]), str(event["UID"]), int(event["SEQUENCE"])) == ("REQUEST", planned.id, 0)
    assert event["DTSTART"].params["TZID"] == ZONE_NAME
    assert event["DTSTART"].dt == datetime.fromisoformat(planned.meeting["starts_at"])
    assert f"mailto:{address}" in str(event["ATTENDEE"])
    found = re.search(r"^https?://\S+/j/\S+", parts["text/plain"].get_content(), re.MULTILINE)
    assert found
    return found[0]


async def accepts(site: AtBrowser, link: str) -> None:
    """Opening the link says nothing yet; "Sẽ dự" is a click and a button."""
    await _opens(site, link)
    assert not await site.at("reply-saved").count()
    await site.click("reply-accepted")
    await site.click("send-reply")
    await site.at("reply-saved").wait_for()


async def _opens(site: AtBrowser, link: str) -> None:
    """All parts of the page have come: a click while one pushes the others down goes nowhere."""
    await site.opens(link)
    await site.at("send-reply").wait_for()
    await site.page.wait_for_load_state("networkidle")


async def declines(site: AtBrowser, link: str, reason: str) -> None:
    await _opens(site, link)
    await site.click("reply-declined")
    await site.fill("reply-reason", reason)
    await site.click("send-reply")
    await site.at("reply-saved").wait_for()


async def replies_show(secretary: AtBrowser, planned: Planned, replies: dict[str, str]) -> None:
    """On the plan's page, without a reload."""
    for site_id, reply in replies.items():
        await secretary.at("attendee", site_id=site_id, reply=reply).wait_for()
