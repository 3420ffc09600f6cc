"""People of a unit, kept in a real Chromium: put right by keyboard, out of use and back, a new password, the roles."""

from __future__ import annotations

import re
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page

from tests.browser.client.visit import at, look, mark
from tests.installation import Installation
from tests.media.chromium import chromium

CLERK = "Văn thư"
CHAIRMAN = re.compile("(?<!Phó )Chủ tịch UBND huyện")
FRESH = "sông Nho Quế mùa thu"
LAST = "Đây là quản trị hệ thống cuối cùng còn dùng."


@pytest.mark.installation
async def test_people_at_the_screen(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        installation = await stack.enter_async_context(Installation(tmp_path / "data"))
        browser = await stack.enter_async_context(chromium())

        async def person(login: str) -> Page:
            return await at(browser, installation.url, login, installation.password)

        administrator, keeper = await person("quantri"), await person("quantri.quanba")
        clerk, chair = await person("vanthu.quanba"), await person("chutich.quanba")
        for page in (administrator, keeper, chair):
            await open_district(page)
        assert await chair.locator(mark("edit-person")).count() == 0
        problems = await by_keyboard(keeper)
        problems += await out_of_use(keeper, clerk)
        problems += await back_in_use(keeper, installation)
        problems += await an_administrator_more(administrator, keeper, chair)
        problems += await a_forgotten_password(keeper, clerk, installation)
        problems += await the_last_one(administrator)
        assert problems == []


async def open_district(page: Page) -> None:
    """The page of huyện Quản Bạ."""
    await page.click("nav >> text=Đơn vị")
    await page.fill(mark("org-search"), "huyen quan ba")
    await page.click(f"{mark('unit')} >> text=huyện Quản Bạ")
    await page.wait_for_selector(f"{mark('unit-title')} >> text=huyện Quản Bạ")


def row(page: Page, words: str | re.Pattern[str]) -> Locator:
    return page.locator(mark("person"), has_text=words)


async def tab_to(page: Page, name: str) -> None:
    """Where the Tab key leads, sooner or later."""
    for _ in range(60):
        if await page.evaluate("document.activeElement.dataset.testid") == name:
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"Tab never leads to {name}")


async def keyboard_at(page: Page, words: str) -> None:
    """The focus is in this person's row."""
    await page.wait_for_function(
        "words => document.activeElement.closest('[data-testid=person]')?.innerText.includes(words)", arg=words
    )


async def by_keyboard(page: Page) -> list[str]:
    """Name, address and telephone are put right without a mouse; what cannot be is said, and nothing is lost."""
    await row(page, CLERK).locator(mark("edit-person")).focus()
    await page.keyboard.press("Enter")
    await page.wait_for_selector(mark("person-dialog"))
    problems = await look(page, "person-dialog", "[role=dialog]")
    await tab_to(page, "person-entry-name")
    await page.keyboard.press("Control+A")
    await page.keyboard.type(" ")
    await tab_to(page, "save-person-entry")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("[role=dialog] [role=alert] >> text=Tên: Còn thiếu.")
    problems += await look(page, "person-dialog-wrong", "[role=dialog]")
    await page.locator(mark("person-entry-name")).focus()
    await page.keyboard.press("Control+A")
    await page.keyboard.type("Vàng Thị Mỷ")
    await tab_to(page, "person-entry-post")
    await page.keyboard.press("Control+A")
    await page.keyboard.type("Văn thư, lưu trữ")
    await tab_to(page, "person-entry-email")
    await page.keyboard.press("Control+A")
    await page.keyboard.type("vanthu@quanba.example")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("[role=dialog]", state="detached")
    await row(page, "Vàng Thị Mỷ").get_by_text("vanthu@quanba.example").wait_for()
    await row(page, "Vàng Thị Mỷ").get_by_text("Văn thư, lưu trữ").wait_for()
    await keyboard_at(page, "Vàng Thị Mỷ")  # also where the row moved by its new name
    return problems


async def out_of_use(page: Page, clerk: Page) -> list[str]:
    """Asked first; then the person is out at once, on whatever page."""
    await row(page, "Vàng Thị Mỷ").locator(mark("deactivate-person")).focus()
    await page.keyboard.press("Enter")
    await page.wait_for_selector("[role=dialog] >> text=Ngừng sử dụng tài khoản của Vàng Thị Mỷ?")
    problems = await look(page, "person-deactivate", "[role=dialog]")
    await tab_to(page, "deactivate-person-confirm")
    await page.keyboard.press("Enter")
    await page.wait_for_selector(f"{mark('person', active='false')} >> text=Vàng Thị Mỷ")
    await keyboard_at(page, "Vàng Thị Mỷ")
    problems += await look(page, "person-inactive")
    await clerk.reload()
    await clerk.wait_for_selector(mark("login-submit"))
    return problems


async def back_in_use(page: Page, installation: Installation) -> list[str]:
    """Out of use one does not log in; taken back one does."""
    browser = page.context.browser
    assert browser is not None
    other = await (await browser.new_context(locale="vi-VN")).new_page()
    await other.goto(f"{installation.url}/login")
    await log_in(other, "vanthu.quanba", installation.password)
    await other.wait_for_selector("text=Tên đăng nhập hoặc mật khẩu không đúng.")
    await tab_to(page, "reactivate-person")
    await page.keyboard.press("Enter")
    await page.wait_for_selector(f"{mark('person', active='true')} >> text=Vàng Thị Mỷ")
    await other.fill(mark("login-password"), installation.password)
    await other.keyboard.press("Enter")
    await other.wait_for_url(f"{installation.url}/")
    return []


async def an_administrator_more(administrator: Page, keeper: Page, chair: Page) -> list[str]:
    """Given and taken at the screen by an administrator; a unit's administrator is not even asked."""
    await row(keeper, CLERK).locator(mark("person-roles")).click()
    await keeper.wait_for_selector(mark("role-clerk"))
    assert await keeper.is_checked(mark("role-clerk"))
    assert await keeper.locator(mark("role-administrator")).count() == 0
    await keeper.check(mark("role-technician"))
    await keeper.click(mark("save-roles"))
    await row(keeper, CLERK).get_by_text("Cán bộ kỹ thuật trực").wait_for()

    await set_administrator(administrator, CHAIRMAN, True)
    await row(administrator, CHAIRMAN).get_by_text("Quản trị hệ thống").wait_for()
    await chair.reload()
    await chair.wait_for_selector("nav >> text=Cài đặt")
    await keeper.reload()
    await open_district(keeper)
    assert await row(keeper, CHAIRMAN).locator(mark("edit-person")).count() == 0  # above him now
    problems = await look(administrator, "person-administrator")
    await set_administrator(administrator, CHAIRMAN, False)
    await row(administrator, CHAIRMAN).get_by_text("Quản trị hệ thống").wait_for(state="detached")
    await chair.reload()
    await chair.wait_for_selector("nav >> text=Đơn vị")
    assert await chair.locator("nav >> text=Cài đặt").count() == 0
    return problems


async def set_administrator(page: Page, words: str | re.Pattern[str], is_one: bool) -> None:
    """By the keyboard: the box is ticked with the space bar."""
    await row(page, words).locator(mark("person-roles")).focus()
    await page.keyboard.press("Enter")
    await page.wait_for_selector(mark("roles-dialog"))
    assert await page.is_checked(mark("role-administrator")) is not is_one
    await tab_to(page, "role-administrator")
    await page.keyboard.press("Space")
    await tab_to(page, "save-roles")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("[role=dialog]", state="detached")


async def a_forgotten_password(keeper: Page, clerk: Page, installation: Installation) -> list[str]:
    """The unit's administrator hands over a link; it opens once, ends what was open, and the old password is over."""
    await row(keeper, CLERK).locator(mark("reset-password")).click()
    link = await keeper.inner_text(mark("one-time-link"))
    problems = await look(keeper, "reset-link", "[role=dialog]")
    await keeper.keyboard.press("Escape")

    browser = keeper.context.browser
    assert browser is not None
    other = await (await browser.new_context(locale="vi-VN")).new_page()
    await other.goto(link)
    problems += await look(other, "new-password")
    await new_password(other, "ngắn", "ngắn")
    await other.wait_for_selector("text=Mật khẩu cần ít nhất 10 ký tự.")
    await new_password(other, FRESH, f"{FRESH}!")
    await other.wait_for_selector("text=Hai lần nhập không giống nhau.")
    await new_password(other, FRESH, FRESH)
    await other.wait_for_selector(mark("password-changed"))
    await other.wait_for_url(f"{installation.url}/login")
    await log_in(other, "vanthu.quanba", installation.password)
    await other.wait_for_selector("text=Tên đăng nhập hoặc mật khẩu không đúng.")
    await log_in(other, "vanthu.quanba", FRESH)
    await other.wait_for_url(f"{installation.url}/")
    await clerk.reload()
    await clerk.wait_for_selector(mark("login-submit"))  # elsewhere the session with the old one is over

    await other.goto(link)
    await new_password(other, f"{FRESH} nữa", f"{FRESH} nữa")
    await other.wait_for_selector("[role=alert] >> text=Đường dẫn đặt lại mật khẩu đã dùng hoặc đã hết hạn.")
    return problems


async def new_password(page: Page, first: str, again: str) -> None:
    await page.fill(mark("new-password"), first)
    await page.fill(mark("repeat-password"), again)
    await page.click(mark("change-password"))


async def log_in(page: Page, name: str, password: str) -> None:
    await page.fill(mark("login-name"), name)
    await page.fill(mark("login-password"), password)
    await page.keyboard.press("Enter")


async def the_last_one(page: Page) -> list[str]:
    """Neither deactivates himself nor gives up the role while there is no other; both are said in both languages."""
    await page.fill(mark("org-search"), "")
    await page.locator(mark("unit")).first.click()
    me = row(page, "Quản trị hệ thống")
    await me.locator(mark("deactivate-person")).click()
    await page.click(mark("deactivate-person-confirm"))
    await me.get_by_text(LAST).wait_for()
    problems = await look(page, "last-administrator")
    await me.locator(mark("person-roles")).click()
    await page.wait_for_selector(mark("roles-dialog"))
    problems += await look(page, "roles-dialog", "[role=dialog]")
    await page.uncheck(mark("role-administrator"))
    await page.click(mark("save-roles"))
    await page.wait_for_selector(f"[role=dialog] >> text={LAST}")
    problems += await look(page, "last-administrator-roles", "[role=dialog]")
    await page.keyboard.press("Escape")
    await page.click(mark("language"))
    await me.or_(row(page, "Administrator")).locator(mark("deactivate-person")).click()
    await page.click(mark("deactivate-person-confirm"))
    await page.wait_for_selector(f"{mark('person')} >> text=This is the last administrator in use.")
    return problems
