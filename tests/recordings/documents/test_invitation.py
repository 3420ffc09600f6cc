"""The invitation in the dossier: what was sent, when, to whom; and no link that opens a room."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from icalendar import Calendar
from sqlalchemy import select

from recordings.documents.convened import INVITATION, INVITATION_CALENDAR, INVITED
from recordings.verify import verify_files
from scheduler.meetings.attendee import Attendee
from scheduler.meetings.meeting import Meeting
from scheduler.organization.site import Site
from tests.recordings.documents.filed import filed_files
from tests.recordings.documents.forgery import named, rehashed
from tests.recordings.minutes.pages import text_drawn
from tests.recordings.world import START, World


async def with_answers(world: World) -> None:
    async with world.database.transaction() as session:
        (await session.get_one(Site, "site-1")).email = "xa.quanba@hagiang.example"
        attendee = (await session.scalars(select(Attendee).where(Attendee.site_id == "site-1"))).one()
        attendee.delivery, attendee.delivered_at = "sent", START - timedelta(days=6)
        attendee.reply, attendee.replied_at = "accepted", START - timedelta(days=5)


async def test_it_stands_in_the_dossier_as_it_was_sent(world: World, tmp_path: Path) -> None:
    await with_answers(world)
    files = await filed_files(world, tmp_path)
    letter = " ".join(" ".join(text_drawn(files[INVITATION])).split())
    for part in ("GIẤY MỜI", "trân trọng kính mời", "Giao ban trực tuyến công tác tháng 10", "tháng 10 năm 2026"):
        assert part in letter
    event: Any = Calendar.from_ical(files[INVITATION_CALENDAR]).walk("VEVENT")[0]
    assert (event["UID"], event["SEQUENCE"], event["DTSTART"].dt) == ("m1", 0, START)
    assert str(event["ATTENDEE"]) == "mailto:xa.quanba@hagiang.example"
    sites = {site["site_id"]: site for site in json.loads(files[INVITED])["sites"]}
    assert len(sites) == 4
    assert sites["site-1"] | {"title": "", "site": ""} == {
        "site_id": "site-1", "title": "", "site": "", "delivery": "sent", "delivered_at": "2026-10-30T01:00:00.000Z",
        "reply": "accepted", "replied_at": "2026-10-31T01:00:00.000Z",
    }  # fmt: skip
    assert b"/j/" not in b"".join(content for name, content in files.items() if name.startswith("giay-moi/"))


async def test_another_meetings_invitation_is_named(world: World, tmp_path: Path) -> None:
    files = await filed_files(world, tmp_path)
    other = files[INVITATION_CALENDAR].replace(b"UID:m1\r\n", b"UID:m2\r\n")
    report = await verify_files(rehashed(files, {INVITATION_CALENDAR: other}), "hồ sơ")
    assert named(report, INVITATION_CALENDAR) == ["giấy mời của một cuộc họp khác"]


async def test_a_meeting_convened_without_one_has_none(world: World, tmp_path: Path) -> None:
    files = await filed_files(world, tmp_path, before_filing=_never_sent)
    assert not [name for name in files if name.startswith("giay-moi/")]
    assert (await verify_files(files, "hồ sơ")).is_whole


async def _never_sent(world: World) -> None:
    async with world.database.transaction() as session:
        (await session.get_one(Meeting, "m1")).sent_at = None
