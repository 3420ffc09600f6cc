"""The demonstration's meeting: Quản Bạ and its 13 communes, sent, ready to be opened, found in the archive."""

from __future__ import annotations

from scheduler.actor import load_actor
from scheduler.database import Database
from scheduler.meetings.archive_search import search_archive
from scheduler.meetings.demonstration import fill_demonstration
from scheduler.meetings.detail import read_meeting
from scheduler.meetings.queries import MeetingFilter, todays_meetings
from scheduler.meetings.roster import expected_site_ids
from scheduler.organization.demonstration import demo_id
from tests.scheduler.world import LINKS, NOW


async def test_the_example_can_start_now(database: Database) -> None:
    async with database.transaction() as session:
        made, meeting = await fill_demonstration(session, NOW)
    secretary_login = next(login for login in made.logins if login.login == "thuky.quanba")
    async with database.reading() as session:
        secretary = await load_actor(session, today=NOW.date(), person_id=secretary_login.person_id)
        detail = await read_meeting(session, secretary, meeting.id, NOW, LINKS)
        assert detail.host.title == "huyện Quản Bạ"
        assert detail.main_action == "test"
        assert "open_room" in detail.may
        assert (len(detail.items), detail.minutes_sum, detail.slot_minutes) == (3, 115, 120)
        assert (len(detail.sites), len(await expected_site_ids(session, meeting.id))) == (14, 13)
        assert [site.unit_title for site in detail.sites[:3]] == ["huyện Quản Bạ", "thị trấn Tam Sơn", "xã Bát Đại Sơn"]
        site = await load_actor(session, today=NOW.date(), site_id=demo_id("site:tamson.quanba"))
        assert [card.id for card in await todays_meetings(session, site, NOW)] == [meeting.id]
        for words in ("quan ba", "Quản Bạ"):
            hits = await search_archive(session, secretary, words, MeetingFilter(), NOW)
            assert hits.items[0].meeting.id == meeting.id
        elsewhere = await load_actor(session, today=NOW.date(), person_id=demo_id("person:chutich.dongvan"))
        assert await todays_meetings(session, elsewhere, NOW) == []
