"""The administrator's letters in a real Chromium: of a demonstration all open, of real meetings the envelopes stand."""

from __future__ import annotations

import sqlite3
from contextlib import AsyncExitStack, closing
from pathlib import Path

import pytest

from tests.browser.client.visit import at, look, mark, width_at
from tests.installation import Installation
from tests.media.chromium import chromium
from tests.story import TITLE, log_in, mails, plan_and_send, until


@pytest.mark.installation
async def test_letters_at_the_screen(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        installation = await stack.enter_async_context(Installation(tmp_path / "data"))
        secretary = await stack.enter_async_context(await log_in(installation, "thuky.quanba"))
        await plan_and_send(secretary)
        await until(lambda: len(mails(installation)), lambda count: count >= 14, "invitations in the mail folder")
        browser = await stack.enter_async_context(chromium())
        page = await at(browser, installation.url, "quantri", installation.password)

        await page.goto(f"{installation.url}/settings/mail")
        opened = page.locator(mark("mail-row", open="true"), has_text=TITLE)
        await opened.first.wait_for()
        assert await opened.count() >= 14
        async with page.expect_download() as download:
            await opened.first.locator("a").click()
        assert b"text/calendar" in Path(await (await download.value).path()).read_bytes()
        problems = await look(page, "mail-demo")

        with closing(sqlite3.connect(installation.data / "giaoban.sqlite", timeout=60)) as database, database:
            database.execute("UPDATE installation_setting SET value_json = 'false' WHERE key = 'demo'")
        await page.reload()
        await page.wait_for_selector(mark("mail-row", open="false"))
        assert await page.locator(mark("mail-row", open="true")).count() == 0
        row = page.locator(mark("mail-row")).first
        assert "Giấy mời" in await row.inner_text()  # what kind of letter it is
        assert "– Phòng họp UBND" in await row.inner_text()  # and to whom
        assert "x ã" not in await page.inner_text("main")
        assert TITLE not in await page.inner_text("main")
        assert await page.locator(f"{mark('mail-row')} a").count() == 0
        problems += await look(page, "mail-real")
        assert await width_at(page, 320) <= 320
        assert problems == []
