"""Rooms held by another installation: asked for when the invitations go out, in step with the plan, told of back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from sqlalchemy import delete, insert, select, update

from scheduler.linked.asking import told_of, waiting_rows
from scheduler.linked.parent import read_told
from scheduler.linked.plan_tree import TreePlan, plan_tree
from scheduler.linked.remote_child import RemoteChild
from scheduler.linked.view import read_tree
from scheduler.meetings.attendee import Attendee
from scheduler.meetings.cancel import cancel_meeting
from scheduler.meetings.meeting import Meeting
from scheduler.meetings.plan import edit_meeting
from scheduler.meetings.plan_input import Plan, PlannedItem
from scheduler.meetings.postpone import postpone_meeting
from scheduler.nodes.registry import revoke_node
from scheduler.nodes.tables import LinkedNode
from scheduler.organization.person import Person
from scheduler.organization.unit import Unit
from tests.scheduler.world import NOW, person_of, site_of, unit_of
from tests.web.link import holding
from tests.web.link.holding import Opening, Side, below, planned, send
from tests.web.link.nodes import until_up
from web.errors import Unreachable
from web.link.errors import RefusedThere

side, small_organisation = holding.side, holding.small_organisation  # fixtures
BY = "secretary.province"


class Two(NamedTuple):
    province: Side
    district: Side
    meeting: Meeting

    @property
    def link_url(self) -> str:
        return self.province.node.url


@pytest.fixture
async def two(side: Opening) -> AsyncIterator[Two]:
    """A province has planned a meeting with a room at a district's installation, and sent it."""
    province, district = await side("province"), await side("district")
    await below(province, district, "quanba")
    await district.belongs_to(province, "province")
    meeting = await planned(province, district)
    assert await province.carry_out() == 0  # nobody is told of a draft
    await send(province, meeting)
    yield Two(province, district, meeting)


async def test_a_room_is_held_and_told_of(two: Two) -> None:
    (asked,) = await two.province.children()
    assert (asked.state, asked.meeting_id) == ("asked", None)
    assert await two.province.carry_out() == 1
    (room,) = await two.district.held()
    assert (room.stage, room.title, room.starts_at) == ("sent", two.meeting.title, two.meeting.starts_at)
    assert (room.remote_parent_id, room.remote_parent_node_id) == (two.meeting.id, two.province.node.id)
    assert room.chair_person_id == person_of("chair.quanba")
    above = read_told(room.parent_plan_json)
    assert above is not None and above.items[0] == "Kinh tế – xã hội" and above.node_id == two.province.node.id
    (child,) = await two.province.children()
    told = told_of(child)
    assert (child.state, child.meeting_id) == ("accepted", room.id) and told is not None
    assert told.chair.endswith("Quản Bạ") and told.stage == "sent"
    assert {site.id for site in told.sites} == {site_of("quanba"), site_of("tamson"), site_of("thanhvan")}
    assert {site.room_title for site in told.sites} == {"huyện Quản Bạ"}
    async with two.district.database.reading() as session:
        letters = await session.scalars(select(Attendee.delivery).where(Attendee.meeting_id == room.id))
    assert set(letters.all()) == {"queued"}
    async with two.province.database.reading() as session:
        tree = await read_tree(session, await two.province.world.actor(BY), two.meeting.id)
    (shown,) = [one for one in tree.rooms if one.node_id]
    assert (shown.chair_name, shown.state, shown.far_sites) == (told.chair, "accepted", 3)


async def test_asked_again_it_is_the_same_room(two: Two) -> None:
    await two.province.carry_out()
    (child,) = await two.province.children()
    payload = {"node_id": child.node_id, "meeting_id": child.parent_id, "unit_id": child.unit_id}
    async with two.province.database.transaction() as session:  # killed before the answer was written down
        await session.execute(update(RemoteChild).values(meeting_id=None, told_json="", state="asked"))
    await two.province.meetings.ask(payload)
    await two.province.meetings.ask(payload)
    (room,) = await two.district.held()
    (again,) = await two.province.children()
    assert (again.meeting_id, again.state) == (room.id, "accepted")


async def test_its_facts_cross_without_a_new_connection(two: Two) -> None:
    await two.province.carry_out()
    (room,) = await two.district.held()
    await two.province.node.chat(two.meeting.id, "Xin chào")
    await two.district.node.chat(room.id, "Chào tỉnh")
    await two.district.node.has(two.meeting.id, 1)
    await two.province.node.has(room.id, 1)


async def test_the_plan_goes_down(two: Two) -> None:
    await two.province.carry_out()
    async with two.province.database.transaction() as session:
        items = (PlannedItem("Phòng chống rét", 30),)
        plan = Plan("Giao ban tháng 12", starts_at=two.meeting.starts_at + timedelta(hours=1), items=items)
        await edit_meeting(session, await two.province.world.actor(BY), two.meeting.id, plan, None, NOW)
    assert await two.province.carry_out() == 1
    (room,) = await two.district.held()
    assert (room.title, room.starts_at) == ("Giao ban tháng 12", two.meeting.starts_at + timedelta(hours=1))
    above = read_told(room.parent_plan_json)
    assert above is not None and above.items == ("Phòng chống rét",)
    for starts_at, stage in ((None, "postponed"), (NOW + timedelta(days=9), "sent")):
        async with two.province.database.transaction() as session:
            actor = await two.province.world.actor(BY)
            await postpone_meeting(session, actor, two.meeting.id, starts_at, None, "Bão số 3", NOW)
        await two.province.carry_out()
        (room,) = await two.district.held()
        assert room.stage == stage
    assert room.starts_at == NOW + timedelta(days=9)
    async with two.province.database.transaction() as session:
        await cancel_meeting(session, await two.province.world.actor(BY), two.meeting.id, "Bão", NOW)
    await two.province.carry_out()
    (room,) = await two.district.held()
    (child,) = await two.province.children()
    assert (room.stage, room.reason, child.state) == ("cancelled", "Bão", "accepted")


async def test_its_own_people_change_and_decline_it(two: Two) -> None:
    await two.province.carry_out()
    (room,) = await two.district.held()
    actor = await two.district.world.actor("secretary.quanba")
    await two.district.tells(two.province)
    async with two.district.database.transaction() as session:
        earlier = Plan(room.title, starts_at=room.starts_at - timedelta(hours=1), site_ids=(site_of("tamson"),))
        await edit_meeting(session, actor, room.id, earlier, None, NOW)
    await two.district.tells(two.province)
    (child,) = await two.province.children()
    told = told_of(child)
    assert told is not None and len(told.sites) == 2 and told.starts_at != two.meeting.starts_at.isoformat()
    assert two.meeting.id in two.province.plans
    async with two.district.database.transaction() as session:
        await cancel_meeting(session, actor, room.id, "Mất điện toàn huyện", NOW)
    await two.district.tells(two.province)
    (child,) = await two.province.children()
    assert (child.state, child.error) == ("declined", "Mất điện toàn huyện")
    await send(two.province, two.meeting)  # whoever could not is asked again: it stays declined
    await two.province.carry_out()
    (child,) = await two.province.children()
    assert child.state == "declined" and len(await two.district.held()) == 1


async def test_who_cannot_be_reached_is_asked_when_the_link_is_back(two: Two) -> None:
    net = two.province.node.net
    await net.cut(two.link_url)
    with pytest.raises(Unreachable):
        await two.province.carry_out()
    async with two.province.database.reading() as session:
        (row,) = await waiting_rows(session, two.district.node.id)
    net.restore(two.link_url)
    await until_up(two.province.node, two.district.node)
    for task in list(two.province.meetings._tasks):
        if "_hurry" in repr(task.get_coro()):
            await task
    assert two.province.retried == [row]
    assert await two.province.carry_out() == 1
    assert len(await two.district.held()) == 1


async def test_a_room_that_is_not_wanted_any_more_is_called_off(two: Two) -> None:
    await two.province.carry_out()
    async with two.province.database.transaction() as session:
        plan = TreePlan((), (site_of("tamson"),))
        await plan_tree(session, await two.province.world.actor(BY), two.meeting.id, plan, None, NOW)
    assert await two.province.carry_out() == 1
    (room,) = await two.district.held()
    assert (room.stage, await two.province.children()) == ("cancelled", [])


async def test_a_wish_goes_on_to_the_next_level(side: Opening) -> None:
    central, province, district = await side("central"), await side("province"), await side("district")
    await below(central, province, "province")
    await below(province, district, "quanba")
    meeting = await planned(central, province, "province", by="central")
    await send(central, meeting, "central")
    await central.carry_out()
    await province.carry_out()
    (middle,) = await province.held()
    (lowest,) = await district.held()
    assert lowest.remote_parent_id == middle.id
    await province.tells(central)
    (child,) = await central.children()
    told = told_of(child)
    assert told is not None
    rooms = {site.id: site.room_title for site in told.sites}
    assert rooms[site_of("tamson")] == "huyện Quản Bạ" and rooms[site_of("lungcu")] == "tỉnh Hà Giang"
    await central.node.chat(meeting.id, "Chào các tỉnh")
    await district.node.has(meeting.id, 1)


# -- who may not ----------------------------------------------------------------------------------------------------


async def note_of(asked: Side, other: Side) -> str:
    async with asked.database.reading() as session:
        return (await session.get_one(LinkedNode, other.node.id)).error


async def refused(two: Two) -> str:
    """Asked (again) by hand, no room is held: the reason on the plan page above, which the administrator below sees."""
    await send(two.province, two.meeting)
    await two.province.carry_out()
    (child,) = await two.province.children()
    assert (child.state, child.meeting_id) == ("failed", None)
    assert [room for room in await two.district.held() if room.stage == "sent"] == []
    code = child.error.split()[0]
    assert code == "not_linked" or await note_of(two.district, two.province) == f"asked_{code}"
    return code


async def change(side: Side, what: Any) -> None:
    async with side.database.transaction() as session:
        await session.execute(what)


async def test_what_is_not_held(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    above, below, own = two.province, two.district, Unit.id == unit_of("quanba")
    await change(below, update(Unit).where(own).values(code="another"))
    assert await refused(two) == "unknown_unit"
    await change(below, update(Unit).where(own).values(code="quanba"))
    await below.belongs_to(above, "dongvan")
    assert await refused(two) == "not_below"
    await below.belongs_to(above, "province")
    node = {
        "id": "0199",
        "role": "lower",
        "name": "x",
        "unit_id": unit_of("quanba"),
        "public_key": "00",
        "added_at": NOW,
    }
    await change(below, insert(LinkedNode).values(node))
    assert await refused(two) == "held_elsewhere"
    await change(below, delete(LinkedNode).where(LinkedNode.id == "0199"))
    await change(below, update(Person).values(active=False))
    assert await refused(two) == "not_possible"
    await change(below, update(Person).values(active=True))
    await change(above, update(Meeting).values(security_marking="mat"))
    assert await refused(two) == "secret_refused"
    await change(above, update(Meeting).values(security_marking="none"))
    with monkeypatch.context() as patch:
        patch.setattr("scheduler.linked.holding.MOST_HELD", 0)
        assert await refused(two) == "too_many"
    await change(below, update(LinkedNode).values(role="lower"))
    assert await refused(two) == "not_allowed"
    await change(below, update(LinkedNode).values(role="upper"))
    await send(above, two.meeting)
    await above.carry_out()
    assert len(await below.held()) == 1


async def test_a_revoked_installation_is_not_asked(two: Two) -> None:
    async with two.province.database.transaction() as session:
        await revoke_node(session, None, two.district.node.id, NOW)
    assert await refused(two) == "not_linked"


async def test_those_beside_or_below_may_not_ask(two: Two) -> None:
    await two.province.carry_out()
    (child,) = await two.province.children()
    body: dict[str, Any] = {
        "meeting": "0199", "unit": {"level": "district", "code": "dongvan", "title": ""}, "stage": "sent", "reason": "",
        "kind": "giao_ban", "mode": "one_speaker", "speech_limit_s": 0, "security_marking": "none", "record": True,
        "child": None, "wish": [],
        "plan": {"title": "Giả", "host_title": "", "chair_name": "", "contact_phone": "", "items": [],
                 "starts_at": "2026-11-24T01:00:00+00:00", "ends_at": "2026-11-24T02:00:00+00:00"},
    }  # fmt: skip
    ask = two.district.node.channel.request
    with pytest.raises(RefusedThere, match="not_allowed"):
        await ask(two.province.node.id, "meeting.hold", body)
    with pytest.raises(RefusedThere, match="bad_request plan"):
        await ask(two.province.node.id, "meeting.hold", {**body, "plan": []})
    for other in ({"meeting": two.meeting.id, "child": "0199"}, {"meeting": "0199", "child": child.meeting_id}):
        with pytest.raises(RefusedThere, match="not_allowed"):
            await ask(two.province.node.id, "meeting.changed", other)
        with pytest.raises(RefusedThere, match="not_allowed"):
            await two.province.node.channel.request(two.district.node.id, "meeting.state", {**other, "after": 0})
    with pytest.raises(RefusedThere, match="unknown_kind"):
        await ask(two.province.node.id, "meeting.nothing", {})


async def test_a_room_is_read_at_most_once_a_second(two: Two) -> None:
    await two.province.carry_out()
    (child,) = await two.province.children()
    body = {"meeting": two.meeting.id, "child": child.meeting_id}
    await two.district.node.channel.request(two.province.node.id, "meeting.changed", body)
    with pytest.raises(RefusedThere, match="busy"):
        await two.district.node.channel.request(two.province.node.id, "meeting.changed", body)


NONSENSE: list[tuple[Any, Any, str]] = [
    ({"child": "ours"}, {}, "room_of_another"),
    ({"child": 7}, {}, "not_understood"),
    ({}, {}, "not_understood"),
    ({"child": "0199-room"}, {"stage": "sent"}, "not_understood"),
    ({"child": "0199-room"}, {"stage": "ruled"}, "not_understood"),
    ({"child": "0199-room"}, {"stage": "sent", "sites": [["a", "b"]]}, "not_understood"),
]


async def test_an_installation_below_that_answers_nonsense(two: Two) -> None:
    for held, stands, code in NONSENSE:
        room = {"child": two.meeting.id} if held.get("child") == "ours" else held

        async def hold(node: str, body: Any, said: Any = room) -> Any:
            return said

        async def state(node: str, body: Any, said: Any = stands) -> Any:
            return said

        two.district.meetings._answers |= {"meeting.hold": hold, "meeting.state": state}
        await send(two.province, two.meeting)
        await two.province.carry_out()
        (child,) = await two.province.children()
        assert (child.state, child.error.split()[0]) == ("failed", code)
        assert await note_of(two.province, two.district) == code
