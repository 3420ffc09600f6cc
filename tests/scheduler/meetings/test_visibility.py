"""The SQL of visibility and the pure permission agree, for everybody and every meeting; nothing leaks anywhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from scheduler.errors import NotFound
from scheduler.linked.plan_tree import PlannedHost, TreePlan, plan_tree
from scheduler.mail import StoredLetter
from scheduler.meetings.access import find_meeting, load_access
from scheduler.meetings.archive_search import search_archive
from scheduler.meetings.calendar_feed import calendar_address, calendar_feed
from scheduler.meetings.detail import read_meeting
from scheduler.meetings.meeting import Meeting
from scheduler.meetings.plan import edit_meeting
from scheduler.meetings.queries import MeetingFilter, list_meetings, todays_meetings
from scheduler.meetings.seen_letters import seen_letters
from scheduler.meetings.send import send_invitations
from scheduler.meetings.visibility import read_in_full_by, run_by, visible_to
from scheduler.organization.post import Membership
from scheduler.permissions import Actor, may_see_meeting, may_see_proceedings, runs
from tests.scheduler.world import LINKS, NOW, STAFF, UNITS, World, briefing, person_of, site_of, unit_of


async def everybody(world: World) -> dict[str, Actor]:
    keys = ["administrator", *(f"{job}.{unit}" for unit in UNITS for job, _, _ in STAFF)]
    actors = {key: await world.actor(key) for key in [*keys, *(f"site.{unit}" for unit in UNITS)]}
    return {**actors, "nobody": Actor()}


async def four_meetings(world: World) -> dict[str, Meeting]:
    quanba = await world.sent(briefing("Giao ban Quản Bạ"))
    return {
        "quanba": quanba,
        "quanba draft": await world.draft(briefing("Dự thảo Quản Bạ")),
        "dongvan": await world.sent(briefing("Giao ban Đồng Văn", "dongvan"), "secretary.dongvan"),
        "issued above": await world.sent(briefing("Giao ban tỉnh ký", issuing_unit_id=unit_of("province"))),
    }


async def linked(world: World, *, send: bool) -> None:
    """A briefing of the province with a room for each district; one of them has a deputy chair from elsewhere."""
    root = await world.draft(briefing("Toàn tỉnh", "province", site_ids=()), "secretary.province")
    deputy = PlannedHost(unit_of("quanba"), deputy_person_id=person_of("clerk.province"))
    plan = TreePlan((deputy, PlannedHost(unit_of("dongvan"))), (site_of("tamson"), site_of("lungcu")))
    async with world.database.transaction() as session:
        actor = await world.actor("secretary.province")
        await plan_tree(session, actor, root.id, plan, None, NOW)
        if send:
            await send_invitations(session, actor, root.id, NOW)


async def test_sql_and_permissions_say_the_same(world: World) -> None:
    await four_meetings(world)
    await linked(world, send=False)
    await linked(world, send=True)
    actors = await everybody(world)
    bound = Actor(site_id=site_of("tamson"), bound_meeting_id="another")
    async with world.database.reading() as session:
        accesses = [await load_access(session, meeting) for meeting in await session.scalars(select(Meeting))]
        for name, actor in [*actors.items(), ("bound", bound)]:
            for condition, rule in (
                (visible_to(actor), may_see_meeting),
                (run_by(actor), runs),
                (read_in_full_by(actor), may_see_proceedings),
            ):
                found = set((await session.scalars(select(Meeting.id).where(condition))).all())
                assert found == {access.id for access in accesses if rule(actor, access)}, (name, rule)


SEES = {
    "secretary.quanba": {"quanba", "quanba draft", "issued above"},
    "chair.quanba": {"quanba", "quanba draft", "issued above"},
    "clerk.quanba": {"quanba", "issued above"},
    "clerk.province": {"issued above"},
    "chair.tamson": {"quanba", "issued above"},
    "site.tamson": {"quanba", "issued above"},
    "secretary.province": set(),
    "chair.dongvan": {"dongvan"},
    "site.lungcu": {"dongvan"},
    "chair.lungcu": {"dongvan"},
    "administrator": set(),
    "keeper.province": set(),
    "keeper.quanba": {"quanba", "quanba draft", "issued above"},
}


async def test_no_title_leaks_in_lists_search_files_or_pages(world: World) -> None:
    meetings = await four_meetings(world)
    for key, seen in SEES.items():
        actor = await world.actor(key)
        expected = {meetings[name].id for name in seen}
        async with world.database.reading() as session:
            listed = await list_meetings(session, actor, MeetingFilter(), NOW)
            assert {card.id for card in listed.items} == expected, key
            today = await todays_meetings(session, actor, NOW)
            assert {card.id for card in today} <= expected, key
            hits = await search_archive(session, actor, "ban", MeetingFilter(), NOW)
            assert {hit.meeting.id for hit in hits.items} <= expected, key
            address = await calendar_address(session, actor, LINKS)
            secret = address.rpartition("/")[2].removesuffix(".ics")
            feed = (await calendar_feed(session, LINKS, secret, NOW)).decode()
            for name, meeting in meetings.items():
                if name not in seen:
                    assert meeting.id not in feed
                    with pytest.raises(NotFound):
                        await find_meeting(session, actor, meeting.id)
                    with pytest.raises(NotFound):
                        await read_meeting(session, actor, meeting.id, NOW)
                elif name != "quanba draft":
                    assert f"UID:{meeting.id}" in feed


LETTERS = (
    ("quanba", "tamson"), ("quanba", "quanba"), ("dongvan", "lungcu"), ("issued above", "thanhvan"), ("", ""),
)  # fmt: skip
"""Meeting and site of each; the last one's meeting is gone."""

OPENS = {
    "administrator": ("",) * 5,  # envelopes alone: invited to none
    "keeper.province": ("",) * 5,
    "keeper.quanba": ("subject, text", "subject, text", "", "subject, text", ""),
    "secretary.quanba": ("subject, text", "subject, text", "", "subject, text", ""),
    "clerk.province": ("", "", "", "subject", ""),  # serves the organ that issues, hands no links out
    "chair.tamson": ("subject, text", "subject", "", "subject", ""),
    "site.tamson": ("subject", "subject", "", "subject", ""),
    "chair.dongvan": ("", "", "subject, text", "", ""),
    "chair.lungcu": ("", "", "subject, text", "", ""),
}


async def test_of_a_letter_the_envelope_is_seen_and_the_rest_as_far_as_the_meeting(world: World) -> None:
    meetings = await four_meetings(world)
    letters = [
        StoredLetter(f"l{n}", "to", f"Giấy mời {name}", NOW, "request", meetings[name].id if name else "gone",
                     site_of(unit) if unit else "")
        for n, (name, unit) in enumerate(LETTERS)
    ]  # fmt: skip
    letters.append(replace(letters[0], meeting_id="", site_id=""))  # written before letters named their meeting
    for key, expected in OPENS.items():
        async with world.database.reading() as session:
            seen = await seen_letters(session, await world.actor(key), letters)
        assert [one.letter for one in seen] == letters
        assert all(one.subject == (one.letter.subject if one.subject else None) for one in seen)
        shown = tuple(", ".join(["subject"] * bool(one.subject) + ["text"] * one.may_open) for one in seen)
        assert shown == (*expected, ""), key
    async with world.database.reading() as session:
        invented = await seen_letters(session, await world.actor("administrator"), letters, withhold=False)
    assert all(one.subject and one.may_open for one in invented)


async def test_a_withdrawn_invitation_takes_the_title_away(world: World) -> None:
    meeting = await world.sent()
    without = briefing(site_ids=(site_of("thanhvan"),))
    async with world.database.transaction() as session:
        await edit_meeting(session, await world.actor("secretary.quanba"), meeting.id, without, None, NOW)
    async with world.database.reading() as session:
        page = await list_meetings(session, await world.actor("site.tamson"), MeetingFilter(), NOW)
    assert page.items == []


async def test_a_past_membership_shows_nothing(world: World) -> None:
    await world.sent()
    async with world.database.transaction() as session:
        query = select(Membership).where(Membership.person_id == person_of("chair.tamson"))
        (await session.scalars(query)).one().valid_to = NOW.date() - timedelta(days=1)
    async with world.database.reading() as session:
        page = await list_meetings(session, await world.actor("chair.tamson"), MeetingFilter(), NOW)
    assert page.items == []
