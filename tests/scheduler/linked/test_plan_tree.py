"""The tree of a linked meeting: rooms of hosting units, who gets which invitation, and what follows the root."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from scheduler.errors import Invalid, NotAllowed, NotFound, Stale
from scheduler.linked.plan_tree import PlannedHost, TreePlan, plan_tree
from scheduler.linked.rows import below, path_up, remote_children
from scheduler.linked.view import read_tree
from scheduler.meetings.access import find_meeting
from scheduler.meetings.attendee import Attendee
from scheduler.meetings.cancel import cancel_meeting
from scheduler.meetings.clone import clone_meeting
from scheduler.meetings.meeting import Meeting
from scheduler.meetings.plan import edit_meeting
from scheduler.meetings.plan_input import Plan
from scheduler.meetings.postpone import postpone_meeting
from scheduler.meetings.reply import reply_to_invitation
from scheduler.meetings.send import send_invitations
from scheduler.nodes.tables import LinkedNode
from scheduler.organization.site import Site
from scheduler.organization.unit import Unit
from scheduler.outbox import OutboxRow
from scheduler.search import SearchEntry
from tests.scheduler.world import NOW, UNITS, World, briefing, person_of, site_of, unit_of

ALL = tuple(site_of(unit) for unit in UNITS if unit != "central")
BOTH = TreePlan((PlannedHost(unit_of("dongvan")), PlannedHost(unit_of("quanba"))), ALL)
BY = "secretary.province"


async def root(world: World) -> Meeting:
    return await world.draft(briefing("Giao ban toàn tỉnh", "province", site_ids=()), BY)


async def plant(world: World, meeting: Meeting, plan: TreePlan = BOTH, by: str = BY) -> list[Meeting]:
    async with world.database.transaction() as session:
        await plan_tree(session, await world.actor(by), meeting.id, plan, None, NOW)
    return await rooms_of(world, meeting)


async def rooms_of(world: World, meeting: Meeting) -> list[Meeting]:
    async with world.database.reading() as session:
        return await below(session, meeting.id)


async def sites_in(world: World, meeting: Meeting) -> dict[str, str]:
    async with world.database.reading() as session:
        rows = await session.execute(select(Attendee.site_id, Attendee.role).where(Attendee.meeting_id == meeting.id))
        return {row.site_id: row.role for row in rows}


async def send(world: World, meeting: Meeting) -> None:
    async with world.database.transaction() as session:
        await send_invitations(session, await world.actor(BY), meeting.id, NOW)


async def letters(world: World) -> Counter[tuple[str, str, str]]:
    async with world.database.reading() as session:
        rows = await session.scalars(select(OutboxRow.payload_json).where(OutboxRow.kind == "send_invitation"))
        told = [json.loads(row) for row in rows]
    return Counter((one["meeting_id"], one["site_id"], one["method"]) for one in told)


async def test_districts_get_rooms_and_communes_attach_to_theirs(world: World) -> None:
    meeting = await root(world)
    quanba, dongvan = await plant(world, meeting)
    assert (quanba.host_unit_id, dongvan.host_unit_id) == (unit_of("quanba"), unit_of("dongvan"))
    assert {quanba.parent_id, dongvan.parent_id} == {meeting.id}
    assert quanba.title == meeting.title
    assert quanba.chair_person_id == person_of("chair.quanba")
    assert quanba.secretary_person_id == person_of("secretary.quanba")
    assert await sites_in(world, quanba) == {
        site_of("quanba"): "chair",
        site_of("tamson"): "required",
        site_of("thanhvan"): "required",
    }
    assert await sites_in(world, meeting) == {site_of("province"): "chair"}
    async with world.database.reading() as session:
        assert await path_up(session, quanba.id) == (meeting.id, quanba.id)


async def test_three_levels_from_data(world: World) -> None:
    meeting = await world.draft(briefing("Trung ương", "central", site_ids=()), "secretary.central")
    plan = TreePlan((PlannedHost(unit_of("quanba")), PlannedHost(unit_of("province"))), ALL)
    province, quanba = await plant(world, meeting, plan, "secretary.central")
    assert (province.parent_id, quanba.parent_id) == (meeting.id, province.id)
    assert site_of("lungcu") in await sites_in(world, province)
    without = replace(plan, hosts=(PlannedHost(unit_of("quanba")),))
    (kept,) = await plant(world, meeting, without, "secretary.central")
    assert (kept.id, kept.parent_id) == (quanba.id, meeting.id)


async def test_who_was_picked_chairs(world: World) -> None:
    meeting = await root(world)
    host = PlannedHost(
        unit_of("quanba"),
        chair_person_id=person_of("clerk.quanba"),
        deputy_person_id=person_of("keeper.quanba"),
        secretary_person_id=person_of("technician.quanba"),
    )
    (room,) = await plant(world, meeting, TreePlan((host,), ALL))
    assert room.chair_person_id == person_of("clerk.quanba")
    assert room.deputy_person_id == person_of("keeper.quanba")
    assert room.secretary_person_id == person_of("technician.quanba")
    async with world.database.transaction() as session:
        plan = Plan("Tên khác", deputy_person_id=person_of("chair.quanba"))
        await send_invitations(session, await world.actor(BY), meeting.id, NOW)
        await edit_meeting(session, await world.actor("secretary.quanba"), room.id, plan, None, NOW)


REFUSED = [
    (TreePlan((PlannedHost(unit_of("central")),)), {"hosts.0.unit_id": "not_below_host"}),
    (TreePlan((PlannedHost(unit_of("province")),)), {"hosts.0.unit_id": "not_below_host"}),
    (TreePlan((PlannedHost("nowhere"),)), {"hosts.0.unit_id": "not_below_host"}),
    (TreePlan((PlannedHost(unit_of("quanba")),) * 2), {"hosts": "twice"}),
    (TreePlan(site_ids=("nowhere",)), {"site_ids": "unknown"}),
    (TreePlan(tuple(PlannedHost(str(n)) for n in range(1001))), {"hosts": "too_many"}),
    (TreePlan(site_ids=tuple(str(n) for n in range(5001))), {"site_ids": "too_many"}),
    (
        TreePlan((PlannedHost(unit_of("dongvan")), PlannedHost(unit_of("quanba"), person_of("chair.dongvan")))),
        {"hosts.1.chair_person_id": "not_of_host"},
    ),
    (
        TreePlan((PlannedHost(unit_of("quanba"), deputy_person_id=person_of("chair.dongvan")),)),
        {"hosts.0.deputy_person_id": "not_of_host"},
    ),
    (
        TreePlan((PlannedHost(unit_of("quanba"), deputy_person_id=person_of("chair.quanba")),)),
        {"hosts.0.deputy_person_id": "is_the_chair"},
    ),
    (
        TreePlan((PlannedHost(unit_of("quanba"), deputy_person_id="nobody"),)),
        {"hosts.0.deputy_person_id": "unknown"},
    ),
]


async def test_what_is_wrong_in_a_tree_is_named(world: World) -> None:
    meeting = await root(world)
    for plan, fields in REFUSED:
        with pytest.raises(Invalid) as refused:
            await plant(world, meeting, plan)
        assert refused.value.fields == fields
    assert await rooms_of(world, meeting) == []


async def test_only_who_may_change_the_plan_plants_a_tree(world: World) -> None:
    meeting = await root(world)
    await plant(world, meeting)
    await send(world, meeting)
    for key, error in (("clerk.province", NotAllowed), ("secretary.quanba", NotFound), ("site.province", NotAllowed)):
        with pytest.raises(error):
            await plant(world, meeting, BOTH, key)
    async with world.database.transaction() as session:
        with pytest.raises(Stale):
            await plan_tree(session, await world.actor(BY), meeting.id, BOTH, 1, NOW)


async def test_a_room_is_its_own_peoples_once_the_invitations_went_out(world: World) -> None:
    meeting = await root(world)
    quanba, _ = await plant(world, meeting)

    async def sees(key: str) -> bool:
        async with world.database.reading() as session:
            try:
                await find_meeting(session, await world.actor(key), quanba.id)
            except NotFound:
                return False
            return True

    assert not any([await sees(key) for key in ("secretary.quanba", "chair.quanba", BY, "chair.tamson")])
    await send(world, meeting)
    assert all([await sees(key) for key in ("secretary.quanba", "chair.quanba", "site.tamson", "chair.tamson")])
    assert not await sees(BY), "whoever planned the tree looks into no district's own meeting"
    assert not await sees("site.lungcu")


async def test_each_site_is_invited_once_and_into_its_own_room(world: World) -> None:
    meeting = await root(world)
    quanba, dongvan = await plant(world, meeting)
    await send(world, meeting)
    assert await letters(world) == {
        (meeting.id, site_of("province"), "REQUEST"): 1,
        **{(quanba.id, site_of(unit), "REQUEST"): 1 for unit in ("quanba", "tamson", "thanhvan")},
        **{(dongvan.id, site_of(unit), "REQUEST"): 1 for unit in ("dongvan", "lungcu", "phobang")},
    }
    assert {room.stage for room in await rooms_of(world, meeting)} == {"sent"}


async def test_a_tree_changed_after_sending_moves_sites_and_calls_rooms_off(world: World) -> None:
    meeting = await root(world)
    quanba, dongvan = await plant(world, meeting)
    await send(world, meeting)
    await plant(world, meeting, TreePlan((PlannedHost(unit_of("quanba")),), ALL))
    told = await letters(world)
    assert told[(dongvan.id, site_of("lungcu"), "CANCEL")] == 1
    assert told[(meeting.id, site_of("lungcu"), "REQUEST")] == 1
    stages = {room.id: room.stage for room in await rooms_of(world, meeting)}
    assert stages == {quanba.id: "sent", dongvan.id: "cancelled"}
    again = await plant(world, meeting, BOTH)
    assert [room.stage for room in again if room.host_unit_id == unit_of("dongvan")].count("sent") == 1


async def test_a_draft_room_goes_without_a_trace(world: World) -> None:
    meeting = await root(world)
    rooms = await plant(world, meeting)
    assert await plant(world, meeting, TreePlan()) == []
    async with world.database.reading() as session:
        found = await session.scalars(select(SearchEntry.meeting_id))
        assert not {room.id for room in rooms} & set(found)
    assert await letters(world) == {}


async def test_rooms_follow_title_and_time_but_keep_an_own_beginning(world: World) -> None:
    meeting = await root(world)
    quanba, dongvan = await plant(world, meeting)
    await send(world, meeting)
    earlier = Plan(quanba.title, starts_at=quanba.starts_at - timedelta(minutes=30))
    async with world.database.transaction() as session:
        await edit_meeting(session, await world.actor("secretary.quanba"), quanba.id, earlier, None, NOW)
    async with world.database.transaction() as session:
        actor = await world.actor("site.tamson")
        await reply_to_invitation(session, actor, quanba.id, site_of("tamson"), "accepted", NOW)
    hour = timedelta(hours=1)
    moved = briefing("Tên mới", "province", starts_at=meeting.starts_at + hour, ends_at=meeting.ends_at + hour)
    async with world.database.transaction() as session:
        await edit_meeting(session, await world.actor(BY), meeting.id, replace(moved, site_ids=None), None, NOW)
    rooms = {room.id: room for room in await rooms_of(world, meeting)}
    assert rooms[quanba.id].title == "Tên mới"
    assert rooms[quanba.id].starts_at == meeting.starts_at + timedelta(minutes=30)
    assert rooms[dongvan.id].starts_at == meeting.starts_at + hour
    async with world.database.reading() as session:
        query = select(Attendee.reply).where(Attendee.meeting_id == quanba.id, Attendee.site_id == site_of("tamson"))
        assert await session.scalar(query) == "needs_action"


async def test_a_rooms_own_time_covers_the_roots(world: World) -> None:
    meeting = await root(world)
    quanba, _ = await plant(world, meeting)
    await send(world, meeting)
    later = Plan(quanba.title, starts_at=quanba.starts_at + timedelta(minutes=30))
    async with world.database.transaction() as session:
        with pytest.raises(Invalid) as refused:
            await edit_meeting(session, await world.actor("secretary.quanba"), quanba.id, later, None, NOW)
    assert refused.value.fields == {"starts_at": "after_parent"}


async def test_rooms_are_postponed_and_cancelled_with_the_root_and_not_alone(world: World) -> None:
    meeting = await root(world)
    quanba, _ = await plant(world, meeting)
    await send(world, meeting)
    async with world.database.transaction() as session:
        own = await world.actor("secretary.quanba")
        with pytest.raises(Invalid):
            await postpone_meeting(session, own, quanba.id, None, None, "", NOW)
        with pytest.raises(Invalid):
            await cancel_meeting(session, own, quanba.id, "Bận", NOW)
    async with world.database.transaction() as session:
        await postpone_meeting(session, await world.actor(BY), meeting.id, None, None, "Bão", NOW)
    assert {(room.stage, room.reason) for room in await rooms_of(world, meeting)} == {("postponed", "Bão")}
    await send(world, meeting)
    assert {room.stage for room in await rooms_of(world, meeting)} == {"sent"}
    async with world.database.transaction() as session:
        await cancel_meeting(session, await world.actor(BY), meeting.id, "Bão", NOW)
    assert {room.stage for room in await rooms_of(world, meeting)} == {"cancelled"}


async def linked(world: World, node: str, unit: str | None = None, role: str = "lower") -> None:
    """That installation stands beside ours, and its unit and those below have their codes."""
    async with world.database.transaction() as session:
        unit_id = unit_of(unit) if unit else None
        row = LinkedNode(id=node, role=role, name=node, unit_id=unit_id, public_key="00", added_at=NOW)
        session.add(row)
        for key in UNITS:
            (await session.get_one(Unit, unit_of(key))).code = key


async def test_a_room_elsewhere_is_a_wish(world: World) -> None:
    meeting = await root(world)
    node = "0199-node"
    await linked(world, node, unit="dongvan")
    plan = TreePlan((PlannedHost(unit_of("dongvan"), node_id=node), PlannedHost(unit_of("quanba"))), ALL)
    (quanba,) = await plant(world, meeting, plan)
    assert quanba.host_unit_id == unit_of("quanba")
    async with world.database.reading() as session:
        (child,) = await remote_children(session, [meeting.id])
    assert (child.unit_id, child.node_id, child.state) == (unit_of("dongvan"), node, "planned")
    assert {one["title"] for one in json.loads(child.wish_json)} == {
        "huyện Đồng Văn",
        "xã Lũng Cú",
        "thị trấn Phó Bảng",
    }
    assert not set(await sites_in(world, meeting)) & {site_of("lungcu"), site_of("dongvan")}
    await plant(world, meeting)
    async with world.database.reading() as session:
        assert await remote_children(session, [meeting.id]) == []


async def test_a_link_is_compared_with_the_line_of_the_unit_whose_server_it_leads_to(world: World) -> None:
    meeting = await root(world)
    await linked(world, "0199-node", unit="dongvan")
    await plant(world, meeting, TreePlan((PlannedHost(unit_of("dongvan"), node_id="0199-node"),), ALL))

    async def told(down_kbps: int | None, up_kbps: int | None) -> tuple[str, list[str]]:
        async with world.database.transaction() as session:
            site = await session.get_one(Site, site_of("dongvan"))
            site.line_down_kbps, site.line_up_kbps = down_kbps, up_kbps
        async with world.database.reading() as session:
            view = await read_tree(session, await world.actor(BY), meeting.id)
        (far,) = [room for room in view.rooms if room.node_id is not None]
        return far.strain, [one.code for one in view.warnings if one.code.startswith("link_")]

    assert await told(20_000, 20_000) == ("fits", [])
    assert await told(6_000, 20_000) == ("tight", ["link_tight"])
    assert await told(20_000, 3_000) == ("over", ["link_over"])
    assert await told(20_000, None) == ("unknown", ["link_unknown"])


async def test_failed_letters_of_every_room_go_out_again(world: World) -> None:
    meeting = await root(world)
    quanba, _ = await plant(world, meeting)
    await send(world, meeting)
    async with world.database.transaction() as session:
        query = select(Attendee).where(Attendee.meeting_id == quanba.id, Attendee.site_id == site_of("tamson"))
        (await session.scalars(query)).one().delivery = "failed"
    await send(world, meeting)
    assert (await letters(world))[(quanba.id, site_of("tamson"), "REQUEST")] == 2


async def test_the_next_meeting_like_it_has_the_same_rooms(world: World) -> None:
    meeting = await root(world)
    deputy = person_of("secretary.quanba")
    named = PlannedHost(unit_of("quanba"), deputy_person_id=deputy)
    before = await plant(world, meeting, TreePlan((PlannedHost(unit_of("dongvan")), named), ALL))
    async with world.database.transaction() as session:
        clone = await clone_meeting(session, await world.actor(BY), meeting.id, NOW)
    rooms = await rooms_of(world, clone)
    assert [room.host_unit_id for room in rooms] == [room.host_unit_id for room in before]
    assert not {room.id for room in rooms} & {room.id for room in before}
    assert {room.deputy_person_id for room in rooms} == {None, deputy}
    assert {(room.stage, room.starts_at) for room in rooms} == {("draft", clone.starts_at)}
    for old, new in zip([meeting, *before], [clone, *rooms], strict=True):
        assert await sites_in(world, new) == await sites_in(world, old)
