"""A round of comments asks every site of the meeting by mail, once, and only while it is open."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_string
from email.policy import default
from pathlib import Path

import pytest
from sqlalchemy import select

from recordings.minutes.ask import ASK_COMMENTS, deliver_ask
from recordings.minutes.rounds import close_round, open_round
from scheduler.mail import FolderTransport
from scheduler.meetings.invitation import Post
from scheduler.meetings.meeting import Meeting
from scheduler.meetings.site_link import SiteLinks
from scheduler.organization.site import Site
from scheduler.outbox import OutboxRow
from scheduler.settings import MailSettings
from tests.recordings.minutes.acts import draft
from tests.recordings.world import NOW, World

DEADLINE = NOW + timedelta(days=2)


async def ask(world: World, folder: Path) -> Post:
    """A round is open; all sites but one have an address."""
    await draft(world)
    async with world.database.transaction() as session:
        for site in await session.scalars(select(Site).where(Site.id != "site-2")):
            site.email = f"{site.id}@hagiang.example"
        await open_round(session, world.secretary, "m1", deadline=DEADLINE, note="Xem kỹ mục 1", now=NOW)
    mail = MailSettings(folder=folder, sender="giaoban@hagiang.example")
    return Post(FolderTransport(folder), mail, SiteLinks(b"k" * 32, "https://hop.hagiang.example/"))


async def carry_out(world: World, post: Post) -> list[str]:
    """Every ask; the addresses of all letters so far."""
    async with world.database.reading() as session:
        ids = (await session.scalars(select(OutboxRow.id).where(OutboxRow.kind == ASK_COMMENTS))).all()
    for id in ids:
        await deliver_ask(world.database, post, id, NOW + timedelta(minutes=1))
    letters = await post.transport.list()  # type: ignore[attr-defined]
    return sorted(letter.to.split("<")[-1].rstrip(">") for letter in letters)


async def test_each_site_with_an_address_is_asked_once(world: World, tmp_path: Path) -> None:
    post = await ask(world, tmp_path / "mail")
    asked = await carry_out(world, post)
    assert asked == [f"site-{number}@hagiang.example" for number in (0, 1, 3)]
    assert await carry_out(world, post) == asked


async def test_what_the_letter_says(world: World, tmp_path: Path) -> None:
    post = await ask(world, tmp_path / "mail")
    await carry_out(world, post)
    (first, *_) = await post.transport.list()  # type: ignore[attr-defined]
    assert first.subject == "Lấy ý kiến dự thảo biên bản: Giao ban trực tuyến công tác tháng 10 năm 2026"
    text = (await post.transport.read(first.id)).decode()  # type: ignore[attr-defined]
    assert "text/calendar" not in text
    body = first_part(text)
    assert "đang được lấy ý kiến đến 13:00" in body and "07/11/2026" in body
    assert "https://hop.hagiang.example/meetings/m1/minutes" in body
    assert "Ghi chú: Xem kỹ mục 1" in body
    assert "Vào họp" not in body


def first_part(letter: str) -> str:
    body = message_from_string(letter, policy=default).get_body(("plain",))
    assert body is not None
    return str(body.get_content())


@pytest.mark.parametrize("why", ["closed", "secret"])
async def test_no_letter_of_a_round_that_is_over_or_of_a_secret(world: World, tmp_path: Path, why: str) -> None:
    post = await ask(world, tmp_path / "mail")
    async with world.database.transaction() as session:
        if why == "closed":
            await close_round(session, world.secretary, "m1", NOW + timedelta(seconds=30))
        else:
            (await session.get_one(Meeting, "m1")).security_marking = "mat"
    assert await carry_out(world, post) == []
