"""Rooms below open for tests and convene with the root; one that began its own agenda earlier goes on as it is."""

from __future__ import annotations

from typing import Any

from scheduler.database import new_id
from scheduler.meetings.meeting import Meeting
from scheduler.organization.demonstration import demo_id
from scheduler.proceedings import commands as c
from scheduler.proceedings import facts as f
from scheduler.proceedings.chain import Head, head_after, instant, seal
from scheduler.proceedings.log import append_foreign
from tests.web.conftest import World

QUANBA, DONGVAN = demo_id("unit:quanba"), demo_id("unit:dongvan")


async def a_linked_meeting(world: World) -> dict[str, str]:
    """Sent: tỉnh Hà Giang with rooms at two districts; meeting ids by unit."""
    desk = await world.person("thuky.tinh")
    plan = {"title": "Toàn tỉnh", "host_unit_id": demo_id("unit:tinh"), "items": [{"title": "Kinh tế", "minutes": 60}]}
    made: dict[str, Any] = (await desk.post("/api/meetings", json=plan)).json()
    wanted = {"version": made["version"], "hosts": [{"unit_id": QUANBA}, {"unit_id": DONGVAN}]}
    tree = (await desk.put(f"/api/meetings/{made['id']}/tree", json=wanted)).json()
    sent = await desk.post(f"/api/meetings/{made['id']}/send", json={})
    assert sent.status_code == 200, sent.text
    return {room["unit"]["id"]: room["meeting_id"] for room in tree["rooms"]}


async def test_rooms_below_open_and_convene_with_the_root(small_world: World) -> None:
    hub, rooms = small_world.services.hub, await a_linked_meeting(small_world)
    root, quanba, dongvan = rooms[demo_id("unit:tinh")], rooms[QUANBA], rooms[DONGVAN]
    await hub.open_testing(dongvan, demo_id("person:thuky.dongvan"))
    await hub._lead(dongvan, c.Convene())
    own = hub.rooms[dongvan].state
    await hub.open_testing(root, demo_id("person:thuky.tinh"))
    await hub.opening.settle()
    assert hub.rooms[quanba].state.stage == "testing"
    assert hub.rooms[quanba].state.chair_person_id == demo_id("person:chutich.quanba")
    await hub._lead(root, c.Convene())
    await hub.opening.settle()
    assert hub.rooms[quanba].state.stage == "convened"
    assert hub.rooms[dongvan].state.convened_at == own.convened_at


async def test_a_room_held_for_another_installation_follows_its_facts(small_world: World) -> None:
    """What is said above is told by replication; a restart in between misses nothing."""
    hub, rooms = small_world.services.hub, await a_linked_meeting(small_world)
    held, above = rooms[QUANBA], f.LogId("node-above", "meeting-above", 1)
    async with small_world.database.transaction() as session:
        room = await session.get_one(Meeting, held)
        room.parent_id, room.remote_parent_id, room.remote_parent_node_id = None, above.meeting_id, above.origin
    opened = f.TestingOpened(("x",), "person-above", "site-above", "person-above", "one_speaker", ())
    first = await say(small_world, Head(above), opened)
    hub.opening.heard("node-above", [first])
    await hub.opening.settle()
    assert hub.rooms[held].state.stage == "testing"
    await say(small_world, head_after(first), f.Convened())  # nobody here was told
    hub.opening.start()
    await hub.opening.settle()
    assert hub.rooms[held].state.stage == "convened"


async def say(world: World, head: Head, body: f.Body) -> f.Fact:
    """A fact of the installation above, as replication stores it."""
    fact = seal(head, body, f.By(), instant(world.clock.now), new_id(), bytes(16))
    async with world.database.transaction() as session:
        await append_foreign(session, head, [fact])
    return fact
