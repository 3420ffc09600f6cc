"""A site's link: the same wherever it is shown, good through a postponement, dead after the meeting or a renewal."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from scheduler.audit import read_audit
from scheduler.errors import LinkRefused, NotAllowed, NotFound
from scheduler.meetings.calendar_feed import calendar_address, calendar_feed, renew_calendar_address
from scheduler.meetings.meeting import Meeting
from scheduler.meetings.plan import edit_meeting
from scheduler.meetings.postpone import postpone_meeting
from scheduler.meetings.reply import reply_to_invitation
from scheduler.meetings.site_link import OpenedLink, SiteLinks, Token, open_site_link, renew_site_link
from scheduler.organization.site import Site
from tests.scheduler.world import LINKS, NOW, World, briefing, id_of, site_of

SITE = Token("site", "0191d5f4-7a2e-7cc1-8a6d-2f0f3a3b1c11", 7, "0191d5f4-7a2e-7cc1-8a6d-2f0f3a3b1c12")


def test_a_token_is_always_the_same_text() -> None:
    assert LINKS.write(SITE) == "AAGR1fR6LnzBim0vDzo7HBEAAAAHAZHV9HoufMGKbS8POjscEh0Jgyp5HkcIFL1bNtKKnao"
    assert LINKS.read(LINKS.write(SITE)) == SITE
    assert LINKS.read(LINKS.write(replace(SITE, meeting_id=None))).meeting_id is None


def test_no_changed_letter_and_no_other_key_passes() -> None:
    text = LINKS.write(SITE)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for place in range(len(text)):
        others = [letter for letter in alphabet if letter != text[place]]
        forged = text[:place] + random.Random(place).choice(others) + text[place + 1 :]
        with pytest.raises(LinkRefused):
            LINKS.read(forged)
    with pytest.raises(LinkRefused):
        SiteLinks(b"another key", LINKS.public_url).read(text)


def test_garbage_is_refused_as_unknown() -> None:
    generator = random.Random(7)
    garbage = ["", "a", "A" * 71, "A" * 5000, "đường dẫn", "../../etc/passwd", LINKS.write(SITE) + "A", "=" * 10, "\0"]
    garbage += [
        "".join(chr(generator.randrange(1, 0x3000)) for _ in range(generator.randrange(90))) for _ in range(500)
    ]
    for text in garbage:
        with pytest.raises(LinkRefused) as refused:
            LINKS.read(text)
        assert refused.value.state == "unknown"


async def opened(world: World, text: str, later: timedelta = timedelta()) -> OpenedLink:
    async with world.database.reading() as session:
        return await open_site_link(session, LINKS, text, NOW + later)


async def link_of(world: World, unit: str, meeting: Meeting | None) -> str:
    async with world.database.reading() as session:
        site = await session.get_one(Site, site_of(unit))
        url = LINKS.url_of(site, meeting.id if meeting else None)
    assert url.startswith("https://giaoban.example/j/")
    return url.rpartition("/")[2]


async def test_from_the_letter_to_the_reply(world: World) -> None:
    meeting = await world.sent()
    text = await link_of(world, "tamson", meeting)
    link = await opened(world, text)
    assert (link.state, link.site.id, link.meeting and link.meeting.id) == ("valid", site_of("tamson"), meeting.id)
    async with world.database.transaction() as session:
        await reply_to_invitation(session, link.actor, meeting.id, site_of("tamson"), "accepted", NOW)
    again = await opened(world, text)
    assert again.attendee is not None
    assert again.attendee.reply == "accepted"


async def test_it_survives_a_postponement_and_ends_a_day_after_the_meeting(world: World) -> None:
    meeting = await world.sent()
    text = await link_of(world, "tamson", meeting)
    assert (await opened(world, text, timedelta(days=2, hours=1))).state == "valid"
    over = await opened(world, text, timedelta(days=2, hours=3))
    assert over.state == "expired"
    with pytest.raises(LinkRefused) as refused:
        _ = over.actor
    assert refused.value.values == {"state": "expired", "contact_phone": "0219 000 1002"}
    secretary = await world.actor("secretary.quanba")
    async with world.database.transaction() as session:
        await postpone_meeting(session, secretary, meeting.id, NOW + timedelta(days=9), None, "", NOW)
    moved = await opened(world, text, timedelta(days=9))
    assert moved.state == "valid"
    assert moved.meeting is not None
    assert moved.meeting.moved_from == NOW + timedelta(days=1)


async def test_a_meeting_that_runs_long_keeps_its_links(world: World) -> None:
    meeting = await world.sent()
    text = await link_of(world, "tamson", meeting)
    async with world.database.transaction() as session:
        (await session.get_one(Meeting, meeting.id)).stage = "suspended"
    assert (await opened(world, text, timedelta(days=5))).state == "valid"


async def test_a_new_link_kills_all_older_ones(world: World) -> None:
    meeting = await world.sent()
    old = [await link_of(world, "tamson", meeting), await link_of(world, "tamson", None)]
    for key in ("secretary.quanba", "clerk.tamson", "keeper.dongvan", "site.tamson"):
        with pytest.raises(NotAllowed):
            async with world.database.transaction() as session:
                await renew_site_link(session, await world.actor(key), site_of("tamson"), NOW)
    with pytest.raises(NotFound):
        async with world.database.transaction() as session:
            await renew_site_link(session, await world.actor("keeper.quanba"), id_of("nowhere"), NOW)
    async with world.database.transaction() as session:
        await renew_site_link(session, await world.actor("keeper.quanba"), site_of("tamson"), NOW)
    assert [(await opened(world, text)).state for text in old] == ["revoked", "revoked"]
    assert (await opened(world, await link_of(world, "tamson", meeting))).state == "valid"
    assert (await opened(world, await link_of(world, "thanhvan", meeting))).state == "valid"
    async with world.database.reading() as session:
        assert [entry.kind for entry in (await read_audit(session)).entries] == ["site_link_renewed"]


async def test_links_that_open_nothing(world: World) -> None:
    draft, meeting = await world.draft(), await world.sent()
    stranger = await link_of(world, "lungcu", meeting)
    assert (await opened(world, stranger)).state == "revoked"
    assert (await opened(world, await link_of(world, "tamson", draft))).state == "revoked"
    uninvited = await link_of(world, "tamson", meeting)
    without = briefing(site_ids=(site_of("thanhvan"),))
    async with world.database.transaction() as session:
        await edit_meeting(session, await world.actor("secretary.quanba"), meeting.id, without, None, NOW)
    assert (await opened(world, uninvited)).state == "revoked"
    closed = await link_of(world, "thanhvan", meeting)
    async with world.database.transaction() as session:
        (await session.get_one(Site, site_of("thanhvan"))).active = False
    assert (await opened(world, closed)).state == "revoked"
    with pytest.raises(LinkRefused):
        await opened(world, LINKS.write(Token("site", id_of("nowhere"), 1)))


async def test_calendar_addresses_are_no_site_links_and_can_be_renewed(world: World) -> None:
    meeting = await world.sent()
    chairman = await world.actor("chair.tamson")
    async with world.database.reading() as session:
        address = await calendar_address(session, chairman, LINKS)
        site_address = await calendar_address(session, await world.actor("site.tamson"), LINKS)
        secret = address.removeprefix("https://giaoban.example/api/calendar/").removesuffix(".ics")
        assert f"UID:{meeting.id}" in (await calendar_feed(session, LINKS, secret, NOW)).decode()
        with pytest.raises(LinkRefused):
            await open_site_link(session, LINKS, secret, NOW)
        with pytest.raises(LinkRefused):
            await calendar_feed(session, LINKS, await link_of(world, "tamson", meeting), NOW)
    async with world.database.transaction() as session:
        await renew_calendar_address(session, chairman, NOW)
        (await session.get_one(Site, site_of("tamson"))).link_epoch += 1
    async with world.database.reading() as session:
        for old in (address, site_address):
            with pytest.raises(LinkRefused) as refused:
                await calendar_feed(session, LINKS, old.rpartition("/")[2].removesuffix(".ics"), NOW)
            assert refused.value.state == "revoked"
