"""Sending, postponing, cancelling, cloning, the urgent meeting and the sites' replies, as a secretary lives them."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from scheduler.audit import read_audit
from scheduler.errors import Invalid, NotAllowed, NotFound, WrongStage
from scheduler.meetings.agenda import items_of
from scheduler.meetings.attendee import Attendee
from scheduler.meetings.cancel import cancel_meeting
from scheduler.meetings.clone import NOTE_CHARACTERS, Concluded, GivenTask, clone_meeting
from scheduler.meetings.detail import read_meeting
from scheduler.meetings.meeting import Meeting
from scheduler.meetings.plan import edit_meeting
from scheduler.meetings.plan_input import Plan, PlannedItem
from scheduler.meetings.postpone import postpone_meeting
from scheduler.meetings.reply import reply_to_invitation, report_device_check
from scheduler.meetings.roster import agenda_item_ids, expected_site_ids
from scheduler.meetings.send import send_invitations
from scheduler.meetings.urgent import call_urgent_meeting
from scheduler.outbox import OutboxRow
from tests.scheduler.world import LINKS, NOW, World, briefing, site_of, unit_of

TOMORROW = NOW + timedelta(days=1)


async def orders(world: World) -> list[tuple[str, int]]:
    async with world.database.reading() as session:
        rows = await session.scalars(select(OutboxRow).order_by(OutboxRow.id))
        payloads = [json.loads(row.payload_json) for row in rows]
    return [(payload["method"], payload["sequence"]) for payload in payloads]


async def test_sending_needs_sites_items_and_a_time_to_come(world: World) -> None:
    secretary = await world.actor("secretary.quanba")
    for plan, fields in (
        (Plan("Chưa có gì"), {"site_ids": "required", "items": "required"}),
        (briefing(items=(PlannedItem("Dài", 121),)), {"items": "longer_than_slot"}),
        (briefing(starts_at=NOW - timedelta(days=2), ends_at=NOW - timedelta(days=1, hours=22)), {"ends_at": "past"}),
    ):
        draft = await world.draft(plan)
        with pytest.raises(Invalid) as refused:
            async with world.database.transaction() as session:
                await send_invitations(session, secretary, draft.id, NOW)
        assert refused.value.fields == fields
    assert await orders(world) == []


async def test_sending_again_goes_only_to_those_who_got_nothing(world: World) -> None:
    meeting = await world.sent()
    assert (meeting.stage, meeting.sequence, meeting.sent_at) == ("sent", 0, NOW)
    async with world.database.transaction() as session:
        for attendee in await session.scalars(select(Attendee)):
            assert attendee.delivery == "queued"
            attendee.delivery = "failed" if attendee.site_id == site_of("tamson") else "sent"
    async with world.database.transaction() as session:
        await send_invitations(session, await world.actor("secretary.quanba"), meeting.id, NOW)
    assert await orders(world) == [("REQUEST", 0)] * 4


async def test_an_invited_site_does_not_send(world: World) -> None:
    meeting = await world.sent()
    with pytest.raises(NotAllowed) as refused:
        async with world.database.transaction() as session:
            await send_invitations(session, await world.actor("site.tamson"), meeting.id, NOW)
    assert refused.value.who == ("secretary", "chair")


async def test_postponed_to_a_new_time_everybody_hears_of_it(world: World) -> None:
    meeting = await world.sent()
    secretary, site = await world.actor("secretary.quanba"), await world.actor("site.tamson")
    later = TOMORROW + timedelta(days=3)
    async with world.database.transaction() as session:
        await reply_to_invitation(session, site, meeting.id, site_of("tamson"), "accepted", NOW)
    async with world.database.transaction() as session:
        moved = await postpone_meeting(session, secretary, meeting.id, later, None, "Mưa lũ", NOW)
        assert (moved.stage, moved.starts_at, moved.ends_at) == ("sent", later, later + timedelta(hours=2))
        assert (moved.moved_from, moved.reason, moved.sequence) == (TOMORROW, "Mưa lũ", 1)
    assert await orders(world) == [("REQUEST", 0)] * 3 + [("REQUEST", 1)] * 3
    async with world.database.reading() as session:  # another time: everybody is asked again
        replies = {attendee.reply for attendee in await session.scalars(select(Attendee))}
    assert replies == {"needs_action"}


async def test_postponed_without_a_time_then_sent_with_one(world: World) -> None:
    meeting = await world.sent()
    secretary = await world.actor("secretary.quanba")
    async with world.database.transaction() as session:
        assert (await postpone_meeting(session, secretary, meeting.id, None, None, "", NOW)).stage == "postponed"
    async with world.database.transaction() as session:
        again = await send_invitations(session, secretary, meeting.id, NOW)
        assert (again.stage, again.sequence) == ("sent", 2)


async def test_what_cannot_be_postponed(world: World) -> None:
    draft, sent = await world.draft(), await world.sent()
    secretary = await world.actor("secretary.quanba")
    for meeting, key, starts_at, error in (
        (draft, "secretary.quanba", TOMORROW, WrongStage),
        (sent, "secretary.quanba", NOW - timedelta(days=1), Invalid),
        (sent, "chair.tamson", TOMORROW, NotAllowed),
        (sent, "chair.lungcu", TOMORROW, NotFound),
    ):
        with pytest.raises(error):
            async with world.database.transaction() as session:
                await postpone_meeting(session, await world.actor(key), meeting.id, starts_at, None, "", NOW)
    async with world.database.transaction() as session:
        (await session.get_one(Meeting, sent.id)).stage = "convened"
    with pytest.raises(WrongStage):
        async with world.database.transaction() as session:
            await postpone_meeting(session, secretary, sent.id, TOMORROW, None, "", NOW)


async def test_a_cancelled_meeting_says_why(world: World) -> None:
    meeting = await world.sent()
    secretary = await world.actor("secretary.quanba")
    with pytest.raises(Invalid):
        async with world.database.transaction() as session:
            await cancel_meeting(session, secretary, meeting.id, " ", NOW)
    async with world.database.transaction() as session:
        cancelled = await cancel_meeting(session, secretary, meeting.id, "Trùng lịch", NOW)
        assert (cancelled.stage, cancelled.reason, cancelled.sequence) == ("cancelled", "Trùng lịch", 1)
    assert await orders(world) == [("REQUEST", 0)] * 3 + [("CANCEL", 1)] * 3
    with pytest.raises(WrongStage):
        async with world.database.transaction() as session:
            await send_invitations(session, secretary, meeting.id, NOW)
    async with world.database.reading() as session:
        page = await read_audit(session)
        assert [(entry.kind, entry.subject_id) for entry in page.entries] == [("meeting_cancelled", meeting.id)]
        assert (await read_meeting(session, await world.actor("site.tamson"), meeting.id, NOW)).main_action is None


async def test_a_draft_is_cancelled_quietly(world: World) -> None:
    meeting = await world.draft()
    async with world.database.transaction() as session:
        await cancel_meeting(session, await world.actor("secretary.quanba"), meeting.id, "", NOW)
    assert await orders(world) == []


def last_meeting() -> Concluded:
    return Concluded(
        ("Giữ thông tin liên lạc thông suốt.", "- Giữ thông tin liên lạc thông suốt."),
        (
            GivenTask("Báo cáo số hộ thiếu đói", "thị trấn Tam Sơn", "xã Thanh Vân", "20/11/2026"),
            GivenTask("Kiểm tra đường truyền", "huyện Quản Bạ"),
        ),
    )


async def test_the_next_meeting_begins_with_the_last_conclusions(world: World) -> None:
    meeting = await world.sent()
    secretary = await world.actor("secretary.quanba")
    now = NOW + timedelta(days=9)
    async with world.database.transaction() as session:
        clone = await clone_meeting(session, secretary, meeting.id, now, last_meeting())
        assert (clone.stage, clone.cloned_from_id, clone.sequence) == ("draft", meeting.id, 0)
        assert clone.starts_at == TOMORROW + timedelta(days=14)
        assert clone.ends_at - clone.starts_at == timedelta(minutes=135)  # the slot grew by the review
        first, second, *_ = await items_of(session, clone.id)
        assert first.title == "Kiểm điểm việc thực hiện kết luận của cuộc họp ngày 06/11/2026"
        assert first.note == (
            "- Giữ thông tin liên lạc thông suốt.\n"
            "- thị trấn Tam Sơn: Báo cáo số hộ thiếu đói (phối hợp: xã Thanh Vân) – hạn 20/11/2026\n"
            "- huyện Quản Bạ: Kiểm tra đường truyền"
        )
        assert second.title == "Kinh tế – xã hội"
        assert set(await expected_site_ids(session, clone.id)) == {site_of("tamson"), site_of("thanhvan")}
        kept = tuple(PlannedItem(one.title, one.minutes, id=one.id) for one in await items_of(session, clone.id))
        await edit_meeting(session, secretary, clone.id, Plan(title=clone.title, items=kept), None, now)
        edited = (await items_of(session, clone.id))[0]
        assert edited.note.startswith("- Giữ thông tin") and edited.presenter_unit_id == unit_of("quanba")
        again = await clone_meeting(session, secretary, clone.id, now)
        assert (await items_of(session, again.id))[0].title == "Kinh tế – xã hội"
        much = Concluded(tuple(f"{number}. {'việc ' * 100}" for number in range(100)))
        full = await clone_meeting(session, secretary, meeting.id, now, much)
        note = (await items_of(session, full.id))[0].note
        assert len(note) < NOTE_CHARACTERS + 100
        assert note.endswith("\n- … (xem tiếp trong biên bản)")
    with pytest.raises(NotAllowed):
        async with world.database.transaction() as session:
            await clone_meeting(session, await world.actor("site.tamson"), meeting.id, now)


async def test_an_urgent_meeting_begins_now_with_all_below(world: World) -> None:
    secretary = await world.actor("secretary.quanba")
    async with world.database.transaction() as session:
        meeting = await call_urgent_meeting(session, secretary, "Họp khẩn: sạt lở", NOW)
        assert (meeting.stage, meeting.kind, meeting.starts_at) == ("sent", "hop_khan", NOW)
        assert await expected_site_ids(session, meeting.id) == (site_of("tamson"), site_of("thanhvan"))
        assert len(await agenda_item_ids(session, meeting.id)) == 1
    assert await orders(world) == [("REQUEST", 0)] * 3
    async with world.database.reading() as session:
        assert (await read_meeting(session, secretary, meeting.id, NOW)).main_action == "test"
    with pytest.raises(Invalid):
        async with world.database.transaction() as session:
            commune = await world.actor("secretary.tamson")
            await call_urgent_meeting(session, commune, "Không có ai ở dưới", NOW)


async def test_replies_are_kept_and_shown_on_the_plan(world: World) -> None:
    meeting = await world.sent()
    site, chairman = await world.actor("site.tamson"), await world.actor("chair.thanhvan")
    async with world.database.transaction() as session:
        await reply_to_invitation(
            session, site, meeting.id, site_of("tamson"), "delegated", NOW, deputy_name="Ly A Páo", deputy_post="PCT"
        )
        await reply_to_invitation(
            session, chairman, meeting.id, site_of("thanhvan"), "declined", NOW, reason="Đi cơ sở"
        )
        await report_device_check(session, site, meeting.id, site_of("tamson"), True, NOW)
    async with world.database.reading() as session:
        seen = await read_meeting(session, await world.actor("secretary.quanba"), meeting.id, NOW, LINKS)
        chair, tamson, thanhvan = seen.sites
        assert (chair.role, chair.site_id) == ("chair", site_of("quanba"))
        assert tamson.reply == "delegated"
        assert tamson.deputy is not None
        assert (tamson.deputy.name, tamson.tested_at) == ("Ly A Páo", NOW)
        assert (thanhvan.reply, thanhvan.reply_reason, thanhvan.replied_at) == ("declined", "Đi cơ sở", NOW)
        assert (seen.minutes_sum, seen.slot_minutes) == (120, 120)
        assert all(site.link for site in seen.sites)
        # another site sees who comes, not why somebody does not
        other = await read_meeting(session, site, meeting.id, NOW, LINKS)
        assert [(s.reply, s.reply_reason, s.phone, s.link) for s in other.sites][2] == ("declined", "", "", None)
        assert other.sites[1].phone == "0219 000 0001"
        assert other.sites[1].link is None


async def test_replies_that_are_refused(world: World) -> None:
    meeting = await world.sent()
    site = await world.actor("site.tamson")
    for reply, fields in (
        ("perhaps", {"reply": "unknown"}),
        ("needs_action", {"reply": "unknown"}),
        ("declined", {"reason": "required"}),
        ("delegated", {"deputy.name": "required"}),
    ):
        with pytest.raises(Invalid) as refused:
            async with world.database.transaction() as session:
                await reply_to_invitation(session, site, meeting.id, site_of("tamson"), reply, NOW)
        assert refused.value.fields == fields
    with pytest.raises(NotAllowed):
        async with world.database.transaction() as session:
            await reply_to_invitation(session, site, meeting.id, site_of("thanhvan"), "accepted", NOW)
    async with world.database.transaction() as session:
        (await session.get_one(Meeting, meeting.id)).stage = "convened"
    with pytest.raises(WrongStage):
        async with world.database.transaction() as session:
            await reply_to_invitation(session, site, meeting.id, site_of("tamson"), "accepted", NOW)
