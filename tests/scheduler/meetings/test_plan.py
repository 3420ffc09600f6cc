"""A plan is a draft until it is sent; it may be incomplete, never wrong, and never secret."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from scheduler.audit import AuditEntry
from scheduler.errors import Invalid, NotAllowed, NotFound, SecretRefused, Stale, WrongStage
from scheduler.meetings.agenda import items_of
from scheduler.meetings.attendee import Attendee
from scheduler.meetings.meeting import Meeting
from scheduler.meetings.plan import edit_meeting, plan_meeting
from scheduler.meetings.plan_input import Plan, PlannedItem
from scheduler.organization.unit import Unit
from scheduler.outbox import OutboxRow
from scheduler.search import SearchEntry
from scheduler.secrecy import auditing_refused_secrets
from tests.scheduler.world import NOW, World, briefing, person_of, site_of, unit_of


async def test_a_title_is_enough_for_a_draft(world: World) -> None:
    meeting = await world.draft(Plan("Giao ban tuần"))
    assert meeting.stage == "draft"
    assert meeting.host_unit_id == meeting.issuing_unit_id == unit_of("quanba")
    assert meeting.chair_person_id == person_of("chair.quanba")
    assert meeting.secretary_person_id == person_of("secretary.quanba")
    assert meeting.chair_site_id == site_of("quanba")
    assert meeting.starts_at.isoformat() == "2026-11-06T08:00:00+07:00"
    assert meeting.contact_phone == "0219 000 1002"
    assert meeting.place == "Phòng họp huyện Quản Bạ và các điểm cầu"


async def test_the_chairs_site_is_always_invited(world: World) -> None:
    meeting = await world.draft()
    async with world.database.reading() as session:
        rows = await session.execute(select(Attendee.site_id, Attendee.role).where(Attendee.meeting_id == meeting.id))
        assert {tuple(row) for row in rows} == {
            (site_of("quanba"), "chair"),
            (site_of("tamson"), "required"),
            (site_of("thanhvan"), "required"),
        }
        assert [item.title for item in await items_of(session, meeting.id)] == [
            "Kinh tế – xã hội",
            "Văn bản điện tử",
            "Phòng, chống rét",
        ]


WRONG = [
    (briefing(title="  "), {"title": "required"}),
    (briefing(title="x" * 501), {"title": "too_long"}),
    (briefing(ends_at=NOW), {"ends_at": "before_start"}),
    (briefing(ends_at=NOW + timedelta(days=3)), {"ends_at": "too_long"}),
    (briefing(starts_at=datetime(2026, 11, 6, 8)), {"starts_at": "without_zone"}),
    (briefing(kind="party"), {"kind": "unknown"}),
    (briefing(mode="loud"), {"mode": "unknown"}),
    (briefing(speech_limit_s=-1), {"speech_limit_s": "out_of_range"}),
    (briefing(security_marking="mật"), {"security_marking": "unknown"}),
    (briefing(items=(PlannedItem("", 10),)), {"items.0.title": "required"}),
    (briefing(items=(PlannedItem("A", 10), PlannedItem("B", 0))), {"items.1.minutes": "out_of_range"}),
    (briefing(items=(PlannedItem("A", 10, "nowhere"),)), {"items.0.presenter_unit_id": "unknown"}),
    (briefing(items=tuple(PlannedItem("A", 1) for _ in range(101))), {"items": "too_many"}),
    (briefing(site_ids=("nowhere",)), {"site_ids": "unknown"}),
    (briefing(chair_person_id="nobody"), {"chair_person_id": "unknown"}),
    (briefing(chair_person_id=person_of("chair.dongvan")), {"chair_person_id": "not_of_host"}),
    (briefing(chair_site_id="nowhere"), {"chair_site_id": "unknown"}),
    (briefing(chair_site_id=site_of("dongvan")), {"chair_site_id": "not_of_host"}),
    (briefing(secretary_person_id=person_of("secretary.dongvan")), {"secretary_person_id": "not_of_host"}),
    (briefing(secretary_person_id="nobody"), {"secretary_person_id": "unknown"}),
    (briefing(issuing_unit_id=unit_of("dongvan")), {"issuing_unit_id": "not_of_host"}),
    (briefing(issuing_unit_id="nowhere"), {"issuing_unit_id": "unknown"}),
]


async def test_what_is_wrong_is_named(world: World) -> None:
    for plan, fields in WRONG:
        with pytest.raises(Invalid) as refused:
            await world.draft(plan)
        assert refused.value.fields == fields
    async with world.database.reading() as session:
        assert await session.scalar(select(func.count(Meeting.id))) == 0


async def test_the_chair_may_come_from_above(world: World) -> None:
    plan = briefing(chair_person_id=person_of("chair.province"), chair_site_id=site_of("province"))
    meeting = await world.draft(plan)
    assert meeting.chair_person_id == person_of("chair.province")


async def test_a_unit_that_has_ended_is_not_invited(world: World) -> None:
    async with world.database.transaction() as session:
        (await session.get_one(Unit, unit_of("tamson"))).valid_to = date(2025, 6, 30)
    with pytest.raises(Invalid) as refused:
        await world.draft()
    assert refused.value.fields == {"site_ids": "not_valid_then"}
    async with world.database.transaction() as session:
        (await session.get_one(Unit, unit_of("quanba"))).valid_to = date(2025, 6, 30)
    with pytest.raises(Invalid) as refused:
        await world.draft()
    assert refused.value.fields == {"host_unit_id": "not_valid_then"}


async def test_only_planners_of_the_unit_plan(world: World) -> None:
    for key in ("chair.quanba", "clerk.quanba", "secretary.dongvan", "administrator", "site.quanba"):
        with pytest.raises(NotAllowed):
            await world.draft(by=key)


async def test_somebody_without_a_unit_cannot_plan(world: World) -> None:
    with pytest.raises(NotAllowed):
        await world.draft(Plan("Giao ban"), by="clerk.quanba")


async def test_secrets_are_refused_and_nothing_is_stored(world: World) -> None:
    actor = await world.actor("secretary.quanba")
    title = "Kế hoạch diễn tập khu vực phòng thủ"
    markings = ["mat", "toi_mat", "tuyet_mat"]
    for marking in markings:
        plan = briefing(title, security_marking=marking)
        with pytest.raises(SecretRefused):
            async with (
                auditing_refused_secrets(world.database, actor, NOW, "10.0.0.7"),
                world.database.transaction() as session,
            ):
                await plan_meeting(session, actor, plan, NOW)
    async with world.database.reading() as session:
        assert await session.scalar(select(func.count(Meeting.id))) == 0
        assert await session.scalar(select(func.count(SearchEntry.id))) == 0
        entries = (await session.scalars(select(AuditEntry).order_by(AuditEntry.id))).all()
    assert [json.loads(entry.detail_json) for entry in entries] == [{"marking": marking} for marking in markings]
    for entry in entries:
        assert (entry.kind, entry.person_id, entry.address) == ("secret_refused", actor.person_id, "10.0.0.7")


async def test_an_edit_to_secret_is_refused_and_the_plan_stays(world: World) -> None:
    meeting = await world.sent()
    actor = await world.actor("secretary.quanba")
    with pytest.raises(SecretRefused):
        async with world.database.transaction() as session:
            await edit_meeting(session, actor, meeting.id, briefing("Khác", security_marking="mat"), None, NOW)
    async with world.database.reading() as session:
        assert (await session.get_one(Meeting, meeting.id)).title == "Giao ban tháng 11"


async def test_a_draft_is_edited_without_letters(world: World) -> None:
    meeting = await world.draft()
    async with world.database.reading() as session:
        first, second, _third = await items_of(session, meeting.id)
    items = (PlannedItem("Mới", 10), PlannedItem(second.title, 20, id=second.id), PlannedItem("Lạ", 5, id="not ours"))
    async with world.database.transaction() as session:
        actor = await world.actor("secretary.quanba")
        edited = await edit_meeting(session, actor, meeting.id, briefing("Tên mới", items=items), meeting.version, NOW)
        assert edited.version > meeting.version
    async with world.database.reading() as session:
        after = await items_of(session, meeting.id)
        assert [(item.position, item.title) for item in after] == [(1, "Mới"), (2, "Văn bản điện tử"), (3, "Lạ")]
        assert after[1].id == second.id
        assert first.id not in {item.id for item in after}
        assert await session.scalar(select(func.count(OutboxRow.id))) == 0


async def test_a_stale_version_is_refused(world: World) -> None:
    meeting = await world.draft()
    actor = await world.actor("secretary.quanba")
    async with world.database.transaction() as session:
        await edit_meeting(session, actor, meeting.id, briefing("Một"), 1, NOW)
    with pytest.raises(Stale) as refused:
        async with world.database.transaction() as session:
            await edit_meeting(session, actor, meeting.id, briefing("Hai"), 1, NOW)
    assert refused.value.values["yours"] == 1


async def test_two_edits_at_once_one_is_stale(world: World) -> None:
    meeting = await world.draft()
    actor = await world.actor("secretary.quanba")
    with pytest.raises(Stale):
        async with world.database.transaction() as slow:
            seen = await slow.get_one(Meeting, meeting.id)
            await slow.rollback()
            async with world.database.transaction() as quick:
                await edit_meeting(quick, actor, meeting.id, briefing("Nhanh"), 1, NOW)
            assert seen is not None
            await edit_meeting(slow, actor, meeting.id, briefing("Chậm"), 1, NOW)


async def test_a_change_people_see_goes_out_as_an_update(world: World) -> None:
    meeting = await world.sent()
    actor = await world.actor("secretary.quanba")
    later = briefing(starts_at=NOW + timedelta(days=2), ends_at=NOW + timedelta(days=2, hours=2))
    async with world.database.transaction() as session:
        edited = await edit_meeting(session, actor, meeting.id, later, None, NOW)
        assert (edited.sequence, edited.moved_from) == (1, NOW + timedelta(days=1))
    assert await letters(world) == {"REQUEST 0": 3, "REQUEST 1": 3}


async def test_a_change_nobody_sees_stays_quiet(world: World) -> None:
    meeting = await world.sent()
    actor = await world.actor("secretary.quanba")
    async with world.database.transaction() as session:
        edited = await edit_meeting(session, actor, meeting.id, briefing(speech_limit_s=120, record=False), None, NOW)
        assert (edited.sequence, edited.speech_limit_s, edited.record) == (0, 120, False)
    assert await letters(world) == {"REQUEST 0": 3}


async def test_sites_that_come_and_go_are_told(world: World) -> None:
    meeting = await world.sent()
    actor = await world.actor("secretary.quanba")
    sites = (site_of("thanhvan"), site_of("lungcu"))
    async with world.database.transaction() as session:
        await edit_meeting(session, actor, meeting.id, briefing(site_ids=sites), None, NOW)
    assert await letters(world) == {"REQUEST 0": 4, "CANCEL 0": 1}


async def test_after_sending_the_plan_must_stay_sendable(world: World) -> None:
    meeting = await world.sent()
    actor = await world.actor("secretary.quanba")
    with pytest.raises(Invalid) as refused:
        async with world.database.transaction() as session:
            await edit_meeting(session, actor, meeting.id, briefing(items=(PlannedItem("Dài", 121),)), None, NOW)
    assert refused.value.fields == {"items": "longer_than_slot"}


async def test_nobody_else_edits_and_those_outside_see_nothing(world: World) -> None:
    meeting = await world.sent()
    for key, error in (("chair.tamson", NotAllowed), ("site.tamson", NotAllowed), ("chair.lungcu", NotFound)):
        with pytest.raises(error):
            async with world.database.transaction() as session:
                await edit_meeting(session, await world.actor(key), meeting.id, briefing("X"), None, NOW)


async def test_a_live_meeting_is_changed_by_facts_only(world: World) -> None:
    meeting = await world.sent()
    async with world.database.transaction() as session:
        (await session.get_one(Meeting, meeting.id)).stage = "convened"
    with pytest.raises(WrongStage):
        async with world.database.transaction() as session:
            await edit_meeting(session, await world.actor("secretary.quanba"), meeting.id, briefing(), None, NOW)


async def letters(world: World) -> dict[str, int]:
    async with world.database.reading() as session:
        rows = [json.loads(row.payload_json) for row in await session.scalars(select(OutboxRow))]
    return dict(Counter(f"{row['method']} {row['sequence']}" for row in rows))
