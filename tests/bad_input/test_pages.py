"""What somebody reads in a real Chromium when his link, his browser, his address or his file cannot be used."""

from __future__ import annotations

import io
import sqlite3
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from tests.installation import Installation
from tests.media.chromium import chromium
from tests.namespace import namespace
from tests.story import Planned, a_pdf, plan_and_send
from web.visiting.seat import Seat
from web.visiting.visitor import Visitor

DIST = Path(__file__).parents[2] / "web" / "client" / "dist"
EVERYWHERE = {"GIAOBAN_HOST": "0.0.0.0"}  # noqa: S104 - what such an installation does
WAIT_MS = 60_000
PROGRAM = b"MZ\x90\x00" + bytes(500)
OLD_CHROME = "Mozilla/5.0 (Windows NT 6.1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/79.0.3945.88 Safari/537.36"
OLD_FIREFOX = "Mozilla/5.0 (Windows NT 6.1; rv:78.0) Gecko/20100101 Firefox/78.0"


@pytest.mark.installation
async def test_pages_say_what_is_wrong_and_what_to_do(tmp_path: Path) -> None:
    """Served without TLS under an address that is not localhost: everything works but the room."""
    assert (DIST / "index.html").is_file(), "build the client first: make setup"
    with namespace() as network:
        installation = Installation(tmp_path / "data", dict(EVERYWHERE, GIAOBAN_UPLOAD_LIMIT="100000"))
        installation.environment["GIAOBAN_PUBLIC_URL"] = f"http://{network.here}:{installation.port}"
        async with installation, chromium() as browser:
            secretary = await Visitor(installation.url).login("thuky.quanba", password_of(installation))
            planned = await plan_and_send(secretary)
            await papers_that_cannot_be(secretary, planned)
            await links_that_open_nothing(browser, installation, secretary, planned)
            await an_old_browser(browser, installation)
            await no_tls(browser, installation, secretary, planned)
            await secretary.http.aclose()


def password_of(installation: Installation) -> str:
    """Off localhost the demonstration's password is a random one."""
    return (installation.data / "keys" / "demonstration-password").read_text()


# -- links ----------------------------------------------------------------------------------------------------------


async def links_that_open_nothing(
    browser: Browser, installation: Installation, secretary: Visitor, planned: Planned
) -> None:
    good, other, third = (planned.links[site["site_id"]] for site in planned.sites[:3])
    async with opened(browser, good) as page:
        await shows(page, "[data-testid=site-join]", "Vào họp")
    for wrong in (good[:-2], good.rsplit("/", 1)[0] + "/xin-chao", good.rsplit("/", 1)[0] + "/" + "A" * 3000):
        async with opened(browser, wrong) as page:
            await shows(page, "[data-testid=link-unknown]", "Kiểm tra lại")

    await renewed(installation, planned.sites[1]["site_id"])
    async with opened(browser, other) as page:
        await shows(page, "[data-testid=link-refused]", "đã được thay bằng đường dẫn mới")
        assert await page.query_selector("[data-testid=site-join]") is None
    await refused(installation, other, 404, "Đường dẫn đã được thay bằng đường dẫn mới.")

    two_days_later(installation, planned.id)
    async with opened(browser, third) as page:
        await shows(page, "[data-testid=link-refused]", "Đường dẫn đã hết hạn.")
        assert await page.query_selector("[data-testid=site-join]") is None
    await refused(installation, third, 404, "Đường dẫn đã hết hạn.")


async def renewed(installation: Installation, site_id: str) -> None:
    """The unit's administrator gives the site a new link."""
    async with Visitor(installation.url) as administrator:
        await administrator.login("quantri.quanba", password_of(installation))
        await administrator.post(f"/api/sites/{site_id}/new-link")


async def refused(installation: Installation, link: str, status: int, words: str) -> None:
    """Not only the page: nobody enters by it."""
    async with Visitor(installation.url) as visitor:
        answer = await visitor.http.post("/api/session/site", json={"token": link.rsplit("/", 1)[-1]})
    assert answer.status_code == status
    assert answer.json()["error"]["message"].startswith(words)


def two_days_later(installation: Installation, meeting_id: str) -> None:
    """Time cannot be waited for: the plan is moved into the past, as days would."""
    with sqlite3.connect(installation.data / "giaoban.sqlite", timeout=60) as database:
        database.execute(
            "UPDATE meeting SET starts_at = datetime(starts_at, '-3 days'), ends_at = datetime(ends_at, '-3 days') "
            "WHERE id = ?",
            (meeting_id,),
        )
    database.close()


# -- browsers -------------------------------------------------------------------------------------------------------


async def an_old_browser(browser: Browser, installation: Installation) -> None:
    for agent in (OLD_CHROME, OLD_FIREFOX):
        async with opened(browser, installation.url, user_agent=agent) as page:
            await shows(page, "#old-browser", "Trình duyệt quá cũ")
            await shows(page, "#old-browser", "Chrome, Cốc Cốc hoặc Edge từ bản 109, hoặc Firefox từ bản 115")
    async with opened(browser, installation.url, javascript=False) as page:
        assert "Hãy bật JavaScript" in await page.inner_text("noscript")


async def no_tls(browser: Browser, installation: Installation, secretary: Visitor, planned: Planned) -> None:
    """The room is refused with its reason; planning goes on."""
    again = await plan_and_send(secretary)
    async with opened(browser, f"{installation.url}/login") as page:
        await page.fill("[data-testid=login-name]", "thuky.quanba")
        await page.fill("[data-testid=login-password]", password_of(installation))
        await page.click("[data-testid=login-submit]")
        await page.wait_for_url(f"{installation.url}/", timeout=WAIT_MS)
        await page.goto(f"{installation.url}/rooms/{again.id}")
        await shows(page, "[data-testid=room-refusal]", "Trình duyệt không cho dùng camera vì địa chỉ chưa bảo mật.")
    answer = await secretary.get(f"/api/rooms/{again.id}")
    assert (answer["may_enter"], answer["refusal"]["code"]) == (False, "tls_needed")
    async with Seat(secretary, again.id) as seat:
        assert (seat.close_code, seat.socket.close_reason) == (4403, "tls_needed")


@asynccontextmanager
async def opened(
    browser: Browser, address: str, *, user_agent: str | None = None, javascript: bool = True
) -> AsyncIterator[Page]:
    context = await browser.new_context(locale="vi-VN", user_agent=user_agent, java_script_enabled=javascript)
    try:
        page = await context.new_page()
        await page.goto(address, timeout=WAIT_MS)
        yield page
    finally:
        await context.close()


async def shows(page: Page, selector: str, words: str) -> None:
    element = await page.wait_for_selector(selector, timeout=WAIT_MS)
    assert element is not None
    assert words in await element.inner_text()


# -- files ----------------------------------------------------------------------------------------------------------


async def papers_that_cannot_be(secretary: Visitor, planned: Planned) -> None:
    """Too large, of a wrong type, or not what its name says: each is named, and nothing is kept."""
    path, before = f"/api/meetings/{planned.id}/papers", len(planned.meeting["papers"])
    await upload_refused(secretary, path, "lon.pdf", a_pdf(1) + b"%" * 200_000, 413, "quá lớn")
    for name, data in (("virus.exe", PROGRAM), ("bao-cao.pdf", PROGRAM)):
        await upload_refused(secretary, path, name, data, 415, "Tệp chương trình không được nhận.")
    await upload_refused(secretary, path, "bao-cao.docx", a_zip(), 415, "Tệp nén không được nhận")
    await upload_refused(secretary, path, "trong.pdf", b"", 415, "Tệp rỗng.")
    shown = await secretary.upload(path, "thuc-ra-la-pdf.docx", a_pdf(2), title="Đặt tên nhầm", not_secret="true")
    assert (shown["media_type"], shown["page_count"]) == ("application/pdf", 2)
    meeting = await secretary.get(f"/api/meetings/{planned.id}")
    assert len(meeting["papers"]) == before + 1


async def upload_refused(secretary: Visitor, path: str, name: str, data: bytes, status: int, words: str) -> None:
    form = {"title": "Tài liệu", "not_secret": "true"}
    answer = await secretary.http.post(path, files={"file": (name, data)}, data=form)
    assert answer.status_code == status, answer.text
    assert words in answer.json()["error"]["message"]


def a_zip() -> bytes:
    """An archive that is no office file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("chay.exe", b"MZ")
    return out.getvalue()
