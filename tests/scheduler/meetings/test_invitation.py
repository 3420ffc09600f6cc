"""From the outbox to the letter: what each site gets, when the plan changes, and when the mail server is away."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from icalendar import Calendar
from sqlalchemy import select

from scheduler.errors import MailFailed, NotFound
from scheduler.mail import FolderTransport
from scheduler.meetings.attendee import Attendee
from scheduler.meetings.cancel import cancel_meeting
from scheduler.meetings.invitation import NO_ADDRESS, Post, deliver
from scheduler.meetings.plan import edit_meeting
from scheduler.meetings.postpone import postpone_meeting
from scheduler.organization.site import Site
from scheduler.outbox import OutboxRow
from scheduler.settings import MailSettings
from tests.scheduler.world import LINKS, NOW, World, briefing, site_of
from tests.small_disk import small_disk


def post_of(tmp_path: Path) -> Post:
    folder = tmp_path / "mail"
    return Post(FolderTransport(folder), MailSettings(folder=folder, sender="giaoban@hagiang.example"), LINKS)


async def deliver_all(world: World, post: Post) -> list[EmailMessage]:
    """Carry out every open row; returns the letters that came new into the folder."""
    folder = post.transport
    assert isinstance(folder, FolderTransport)
    before = {letter.id for letter in await folder.list()}
    async with world.database.reading() as session:
        ids = (await session.scalars(select(OutboxRow.id).where(OutboxRow.done_at.is_(None)))).all()
    for id in ids:
        await deliver(world.database, post, id, NOW)
    new = sorted({letter.id for letter in await folder.list()} - before)
    return [message_from_bytes(await folder.read(id), policy=policy.default) for id in new]


def kinds(letters: list[EmailMessage]) -> dict[str, int]:
    return dict(Counter(str(letter["X-Giaoban-Kind"]) for letter in letters))


def to_tamson(letters: list[EmailMessage]) -> EmailMessage:
    return next(letter for letter in letters if "diemcau.tamson@" in str(letter["To"]))


def event_of(letter: EmailMessage) -> tuple[Calendar, object]:
    part = next(part for part in letter.walk() if part.get_content_type() == "text/calendar")
    read = Calendar.from_ical(part.get_content())
    assert part.get_param("method") == read["METHOD"]
    attached = next(part for part in letter.iter_attachments() if part.get_filename() == "cuoc-hop.ics")
    assert Calendar.from_ical(attached.get_content()) == read
    return read, read.walk("VEVENT")[0]


async def test_every_site_gets_its_own_link(world: World, tmp_path: Path) -> None:
    meeting = await world.sent()
    post = post_of(tmp_path)
    letters = await deliver_all(world, post)
    assert kinds(letters) == {"request": 3}
    letter = to_tamson(letters)
    assert letter["Subject"] == "Giấy mời họp trực tuyến: Giao ban tháng 11"
    assert letter["Reply-To"] == "secretary.quanba@hagiang.example"
    async with world.database.reading() as session:
        link = LINKS.url_of(await session.get_one(Site, site_of("tamson")), meeting.id)
        rows = (await session.scalars(select(Attendee))).all()
        assert {(row.delivery, row.delivered_at) for row in rows} == {("sent", NOW)}
        assert {row.done_at for row in await session.scalars(select(OutboxRow))} == {NOW}
    text, html = letter.get_body(("plain",)), letter.get_body(("html",))
    assert text is not None
    assert html is not None
    assert link in text.get_content()
    assert link in html.get_content()
    assert "UBND huyện Quản Bạ trân trọng kính mời thị trấn Tam Sơn" in text.get_content()
    assert "08:30 thứ Sáu, ngày 06/11/2026" in text.get_content()
    assert "1. Kinh tế – xã hội (60 phút, Chánh Văn phòng trình bày)" in text.get_content()
    calendar, event = event_of(letter)
    assert calendar["METHOD"] == "REQUEST"
    assert (event["UID"], event["SEQUENCE"]) == (meeting.id, 0)  # type: ignore[index]
    assert len({str(one["Message-ID"]) for one in letters}) == 3


async def test_an_envelope_says_to_whom_and_of_which_meeting(world: World, tmp_path: Path) -> None:
    """In clear, however a long name was folded into encoded words."""
    meeting = await world.sent(briefing("Giao ban tháng mười một với các xã, thị trấn trên địa bàn toàn huyện"))
    async with world.database.transaction() as session:
        site = await session.get_one(Site, site_of("tamson"))
        site.name = "Phòng họp trực tuyến tầng hai, trụ sở Ủy ban nhân dân thị trấn Tam Sơn"
    post = post_of(tmp_path)
    await deliver_all(world, post)
    assert isinstance(post.transport, FolderTransport)
    listed = await post.transport.list()
    envelope = next(one for one in listed if one.site_id == site.id)
    assert envelope.to == f"thị trấn Tam Sơn – {site.name} <{site.email}>"
    assert envelope.subject == f"Giấy mời họp trực tuyến: {meeting.title}"
    assert {one.meeting_id for one in listed} == {meeting.id}
    assert await post.transport.envelope(envelope.id) == envelope


async def test_delivering_a_row_again_changes_nothing(world: World, tmp_path: Path) -> None:
    await world.sent()
    post = post_of(tmp_path)
    await deliver_all(world, post)
    async with world.database.transaction() as session:  # as after a kill between handing over and noting it
        for row in await session.scalars(select(OutboxRow)):
            row.done_at = None
    assert await deliver_all(world, post) == []
    with pytest.raises(NotFound):
        await deliver(world.database, post, "no such row", NOW)


async def test_change_postponement_and_cancellation_each_send_the_right_letter(world: World, tmp_path: Path) -> None:
    meeting = await world.sent()
    post, secretary = post_of(tmp_path), await world.actor("secretary.quanba")
    await deliver_all(world, post)
    async with world.database.transaction() as session:
        await edit_meeting(session, secretary, meeting.id, briefing("Giao ban sửa"), None, NOW)
    letters = await deliver_all(world, post)
    assert kinds(letters) == {"update": 3}
    assert event_of(letters[0])[1]["SEQUENCE"] == 1  # type: ignore[index]
    async with world.database.transaction() as session:
        await postpone_meeting(session, secretary, meeting.id, NOW + timedelta(days=7), None, "Mưa lũ", NOW)
    letters = await deliver_all(world, post)
    assert kinds(letters) == {"moved": 3}
    body = to_tamson(letters).get_body(("plain",))
    assert body is not None
    assert "đã dời sang 08:30 thứ Năm, ngày 12/11/2026. Đường dẫn vào họp không thay đổi." in body.get_content()
    assert "Lý do: Mưa lũ" in body.get_content()
    async with world.database.transaction() as session:
        await cancel_meeting(session, secretary, meeting.id, "Trùng lịch", NOW)
    letters = await deliver_all(world, post)
    assert kinds(letters) == {"cancel": 3}
    calendar, event = event_of(to_tamson(letters))
    assert (calendar["METHOD"], event["STATUS"], event["SEQUENCE"]) == ("CANCEL", "CANCELLED", 3)  # type: ignore[index]
    body = to_tamson(letters).get_body(("plain",))
    assert body is not None
    assert "/j/" not in body.get_content()


async def test_overtaken_letters_are_not_sent(world: World, tmp_path: Path) -> None:
    meeting = await world.sent()
    secretary = await world.actor("secretary.quanba")
    async with world.database.transaction() as session:
        await edit_meeting(session, secretary, meeting.id, briefing("Giao ban sửa"), None, NOW)
    letters = await deliver_all(world, post_of(tmp_path))
    assert len(letters) == 3
    assert {str(letter["Subject"]) for letter in letters} == {"Giấy mời họp trực tuyến: Giao ban sửa"}


async def test_a_site_taken_out_gets_a_cancellation(world: World, tmp_path: Path) -> None:
    meeting = await world.sent()
    post, secretary = post_of(tmp_path), await world.actor("secretary.quanba")
    await deliver_all(world, post)
    async with world.database.transaction() as session:
        without = briefing(site_ids=(site_of("thanhvan"),))
        await edit_meeting(session, secretary, meeting.id, without, None, NOW)
    (letter,) = await deliver_all(world, post)
    assert (letter["X-Giaoban-Kind"], event_of(letter)[0]["METHOD"]) == ("removed", "CANCEL")
    assert "diemcau.tamson@" in str(letter["To"])


async def test_failures_stand_beside_the_site_and_are_tried_again(world: World, tmp_path: Path) -> None:
    await world.sent()
    with small_disk(tmp_path / "mail", 4) as disk:
        disk.take_nothing()
        await said_beside_each_site(world, tmp_path)
        disk.take_again()
        assert len(await deliver_all(world, post_of(tmp_path))) == 3
    async with world.database.reading() as session:
        assert {(row.delivery, row.delivery_error) for row in await session.scalars(select(Attendee))} == {("sent", "")}


async def said_beside_each_site(world: World, tmp_path: Path) -> None:
    post = post_of(tmp_path)
    async with world.database.reading() as session:
        ids = (await session.scalars(select(OutboxRow.id))).all()
    for id in ids:
        with pytest.raises(MailFailed):
            await deliver(world.database, post, id, NOW)
    async with world.database.reading() as session:
        for attendee in await session.scalars(select(Attendee)):
            assert attendee.delivery == "failed"
            assert attendee.delivery_error.startswith("Không ghi được thư")
        assert {row.done_at for row in await session.scalars(select(OutboxRow))} == {None}


async def test_a_site_without_address_is_named(world: World, tmp_path: Path) -> None:
    async with world.database.transaction() as session:
        for site in await session.scalars(select(Site)):
            site.email = None
    await world.sent()
    async with world.database.reading() as session:
        id = (await session.scalars(select(OutboxRow.id))).first()
    assert id is not None
    with pytest.raises(MailFailed, match=NO_ADDRESS) as failed:
        await deliver(world.database, post_of(tmp_path), id, NOW)
    assert failed.value.permanent


async def test_names_cannot_add_headers(world: World, tmp_path: Path) -> None:
    await world.sent(briefing("Họp\r\nBcc: evil@e.example"))
    letters = await deliver_all(world, post_of(tmp_path))
    assert all(letter["Bcc"] is None for letter in letters)
    body = letters[0].get_body(("html",))
    assert body is not None
