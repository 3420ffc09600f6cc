"""What a meeting concluded: as its minutes say where there are any, else as the room recorded it; corrected in both."""

from __future__ import annotations

from recordings.minutes.concluded import concluded
from recordings.minutes.publish import recall_minutes
from recordings.minutes.revise import revise_minutes
from recordings.minutes.text import Section, Text
from scheduler.meetings.clone import Concluded, GivenTask
from scheduler.meetings.meeting import Meeting
from scheduler.proceedings import facts as f
from scheduler.proceedings.facts import Body
from scheduler.proceedings.log import facts_of
from tests.recordings.minutes import acts
from tests.recordings.world import NOW, World, add_meeting, log

RECORDED = "Các xã hoàn thành thu ngân sách trước ngày 20/12/2026."
TASK = GivenTask("Hoàn thành thu ngân sách", "xã Quản Bạ", "", "20/12/2026")


async def now_concluded(world: World, meeting_id: str = "m1") -> Concluded:
    async with world.database.reading() as session:
        return await concluded(session, await session.get_one(Meeting, meeting_id))


async def write(world: World, revision: int, *sections: Section) -> None:
    async with world.database.transaction() as session:
        await revise_minutes(session, world.secretary, "m1", revision=revision, text=Text(sections), now=NOW)


async def correct(world: World, kind: type[Body], field: str, new: str, minute: float) -> None:
    async with world.database.reading() as session:
        target = next(fact for fact in await facts_of(session, "m1") if isinstance(fact.body, kind))
    await log(world, (minute, f.Corrected(target.id, field, '""', f'"{new}"', "ghi nhầm")))


async def test_a_meeting_that_has_only_been_planned_concluded_nothing(world: World) -> None:
    await add_meeting(world, "m2", "Giao ban tháng 11")
    assert await now_concluded(world, "m2") == Concluded()


async def test_without_minutes_it_is_what_the_room_recorded_and_corrected(world: World) -> None:
    assert await now_concluded(world) == Concluded((RECORDED,), (TASK,))
    await correct(world, f.ConclusionRecorded, "text", "Hoàn thành trước ngày 25/12/2026.", 70)
    await correct(world, f.TaskAssigned, "due", "2026-12-25", 71)
    expected = Concluded(("Hoàn thành trước ngày 25/12/2026.",), (GivenTask(TASK.what, TASK.lead, "", "25/12/2026"),))
    assert await now_concluded(world) == expected


async def test_what_the_secretary_wrote_stands_beside_what_was_recorded(world: World) -> None:
    """Item by item, as on the page; the newest revision counts, also where nothing was recorded in the room."""
    await acts.draft(world)
    assert (await now_concluded(world)).conclusions == (RECORDED,)
    await write(world, 1, Section("m1-i1", conclusion="Giao Phòng Tài chính đôn đốc."), Section("m1-i2"))
    await write(
        world, 2,
        Section("m1-i1", conclusion="Giao Phòng Tài chính đôn đốc hằng tuần.\n\nXã nào chậm thì báo cáo."),
        Section("m1-i2", opinions="Các xã nhất trí.", conclusion="Dự trữ cỏ khô."),
    )  # fmt: skip
    assert (await now_concluded(world)).conclusions == (
        RECORDED, "Giao Phòng Tài chính đôn đốc hằng tuần.", "Xã nào chậm thì báo cáo.", "Dự trữ cỏ khô.",
    )  # fmt: skip


async def test_a_correction_counts_after_the_minutes_were_drawn_and_issued(world: World) -> None:
    await acts.draft(world)
    await write(world, 1, Section("m1-i1", conclusion="Giao Phòng Tài chính đôn đốc."))
    await correct(world, f.ConclusionRecorded, "text", "Hoàn thành trước ngày 25/12/2026.", 70)
    assert (await now_concluded(world)).conclusions[0] == "Hoàn thành trước ngày 25/12/2026."
    await acts.issue(world)
    await correct(world, f.TaskAssigned, "what", "Hoàn thành thu ngân sách và báo cáo", 71)
    assert await now_concluded(world) == Concluded(
        ("Hoàn thành trước ngày 25/12/2026.", "Giao Phòng Tài chính đôn đốc."),
        (GivenTask("Hoàn thành thu ngân sách và báo cáo", TASK.lead, "", TASK.due),),
    )


async def test_minutes_that_were_recalled_no_longer_hold(world: World) -> None:
    await acts.draft(world)
    await write(world, 1, Section("m1-i1", conclusion="Giao nhầm đơn vị."))
    await acts.issue(world)
    async with world.database.transaction() as session:
        await recall_minutes(session, world.clerk, "m1", "sai kết luận", NOW)
    assert await now_concluded(world) == Concluded((RECORDED,), (TASK,))
