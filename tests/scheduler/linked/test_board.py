"""The site board and the check before a meeting: how far a site has come, what is wrong, and who signs off."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from scheduler.errors import Invalid, NotAllowed, WrongStage
from scheduler.linked.board import BoardRow, Live, read_board
from scheduler.linked.readiness import Check, problems_of, readiness_of, report_readiness
from scheduler.linked.rows import below
from scheduler.meetings.attendee import Attendee
from scheduler.meetings.meeting import Meeting
from scheduler.proceedings.facts import Somebody
from tests.scheduler.linked.test_plan_tree import plant, root, send
from tests.scheduler.world import NOW, World, briefing, site_of

FINE = Check(True, True, 8000, 4000, 30, 0.0, 15, 3, (Somebody("Vàng A Sính", "Chủ tịch"),))
SOON = NOW + timedelta(days=1, minutes=-50)  # the briefing starts in fifty minutes


def test_what_keeps_a_check_from_being_signed_off() -> None:
    assert problems_of(FINE) == ()
    bad = Check(False, False, 100, 100, 900, 0.2, -90_000)
    assert problems_of(bad) == ("microphone", "camera", "down", "up", "loss", "clock")


async def report(world: World, meeting: Meeting, check: Check = FINE, by: str = "site.tamson", at=SOON):  # type: ignore[no-untyped-def]
    async with world.database.transaction() as session:
        actor = await world.actor(by)
        return await report_readiness(session, actor, meeting.id, site_of("tamson"), check, at)


async def test_from_sixty_minutes_before_the_site_signs_off(world: World) -> None:
    meeting = await world.sent()
    with pytest.raises(WrongStage):
        await report(world, meeting, at=SOON - timedelta(minutes=11))
    first = await report(world, meeting, replace(FINE, camera=False))
    assert (first.is_ready, first.problems) == (False, "camera")
    again = await report(world, meeting)
    assert again.is_ready
    alone = await report(world, meeting, replace(FINE, head_count=None, people=()))
    assert (alone.head_count, alone.people) == (3, again.people), "run again by itself it forgets nobody"
    assert again.people == (Somebody("Vàng A Sính", "Chủ tịch"),)
    async with world.database.reading() as session:
        kept = await readiness_of(session, meeting.id, site_of("tamson"))
        assert kept is not None and kept.head_count == 3
        query = select(Attendee.tested_at).where(
            Attendee.meeting_id == meeting.id, Attendee.site_id == site_of("tamson")
        )
        assert await session.scalar(query) == SOON


async def test_nobody_reports_for_another_site_or_nonsense(world: World) -> None:
    meeting = await world.sent()
    with pytest.raises(NotAllowed):
        await report(world, meeting, by="site.thanhvan")
    for wrong in (replace(FINE, loss=2.0), replace(FINE, down_kbps=-1), replace(FINE, head_count=9999)):
        with pytest.raises(Invalid):
            await report(world, meeting, wrong)
    with pytest.raises(Invalid):
        await report(world, meeting, replace(FINE, people=(Somebody("x" * 201, ""),)))


async def board(world: World, meeting: Meeting, live: dict[str, Live] | None = None) -> dict[str, BoardRow]:
    async with world.database.reading() as session:
        fresh = await session.get_one(Meeting, meeting.id)
        rooms = [fresh, *await below(session, meeting.id)]
        rows = await read_board(session, rooms, {room.id: live or {} for room in rooms}, SOON + timedelta(minutes=40))
    return {row.site_id: row for row in rows}


async def test_all_rooms_stand_on_one_board_in_order(world: World) -> None:
    meeting = await root(world)
    quanba, dongvan = await plant(world, meeting)
    await send(world, meeting)
    rows = await board(world, meeting)
    assert list(rows) == [site_of(key) for key in
                          ("province", "quanba", "tamson", "thanhvan", "dongvan", "lungcu", "phobang")]  # fmt: skip
    assert rows[site_of("lungcu")].room_id == dongvan.id
    assert rows[site_of("lungcu")].problems == ("not_tested",)
    assert rows[site_of("tamson")].room_id == quanba.id


async def test_a_site_goes_from_invited_to_tested_to_joined(world: World) -> None:
    meeting = await world.sent(briefing())
    site = site_of("tamson")
    assert (await board(world, meeting))[site].state == "invited"
    await report(world, meeting, replace(FINE, up_kbps=50))
    assert (await board(world, meeting))[site].problems == ("check_up",)
    await report(world, meeting)
    row = (await board(world, meeting))[site]
    assert (row.state, row.problems) == ("tested", ())
    here = Live(joined=True, audio=True, video=True)
    assert (await board(world, meeting, {site: here}))[site].problems == ()
    weak = replace(here, video=False, step="audio", loss=0.08)
    row = (await board(world, meeting, {site: weak}))[site]
    assert (row.state, row.problems) == ("joined", ("no_picture", "sound_only", "weak_line"))


async def test_a_clock_that_is_wrong_is_a_problem_before_and_in_the_room(world: World) -> None:
    meeting = await world.sent(briefing())
    site = site_of("tamson")
    await report(world, meeting, replace(FINE, clock_ms=-90_000))
    row = (await board(world, meeting))[site]
    assert row.problems == ("check_clock",) and row.check is not None and row.check.clock_ms == -90_000
    here = Live(joined=True, audio=True, video=True, clock_s=-90)
    assert (await board(world, meeting, {site: here}))[site].problems == ("clock",)
    mended = replace(here, clock_s=0)
    assert (await board(world, meeting, {site: mended}))[site].problems == (), "whatever the check said"


async def test_who_begged_off_is_no_problem_and_who_stays_away_is_the_first(world: World) -> None:
    meeting = await world.sent()
    async with world.database.transaction() as session:
        mine = Attendee.meeting_id == meeting.id
        await session.execute(
            update(Attendee).where(mine, Attendee.site_id == site_of("tamson")).values(reply="declined")
        )
        await session.execute(
            update(Attendee).where(mine, Attendee.site_id == site_of("thanhvan")).values(delivery="failed")
        )
        await session.execute(update(Meeting).where(Meeting.id == meeting.id).values(stage="convened"))
    rows = await board(world, meeting)
    assert (rows[site_of("tamson")].state, rows[site_of("tamson")].problems) == ("declined", ())
    assert rows[site_of("thanhvan")].problems == ("not_joined", "not_delivered", "not_tested")
