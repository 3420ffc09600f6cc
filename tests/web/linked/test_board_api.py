"""The board over the API, and the check that a site reports; with a real room whose site answers for its camera."""

from __future__ import annotations

import asyncio
import base64
from datetime import timedelta

import pytest

from scheduler.organization.demonstration import demo_id
from scheduler.permissions import Actor
from tests.web.conftest import World
from web.live.board import machine_of
from web.live.presence import Hello

CHECK = {"microphone": True, "camera": True, "down_kbps": 9000, "up_kbps": 4000, "rtt_ms": 20, "clock_ms": 5,
         "head_count": 4, "people": [{"name": "Vàng A Sính", "post": "Chủ tịch UBND xã"}]}  # fmt: skip
SITE = demo_id("site:quanba.quanba")
JPEG = b"\xff\xd8\xff\xe0picture\xff\xd9"


@pytest.fixture
def board(small_world: World) -> str:
    return f"/api/meetings/{small_world.meeting.id}/board"


async def test_a_site_measures_reports_and_stands_on_the_board(small_world: World, board: str) -> None:
    site = await small_world.site("quanba.quanba")
    assert len((await site.get("/api/readiness/bytes?n=100000")).content) == 100_000
    assert (await site.get("/api/readiness/bytes?n=99999999")).status_code == 422
    assert (await site.post("/api/readiness/bytes", content=bytes(70_000))).json()["bytes"] == 70_000
    small_world.clock.pass_(minutes=-20)
    told = await site.post(f"/api/meetings/{small_world.meeting.id}/readiness", json=CHECK)
    assert told.json()["check"]["is_ready"] is True, told.text
    secretary = await small_world.person("thuky.quanba")
    rows = {row["site_id"]: row for row in (await secretary.get(board)).json()["rows"]}
    assert len(rows) == 14
    assert (rows[SITE]["state"], rows[SITE]["head_count"]) == ("tested", 4)
    assert rows[SITE]["phone"] == "0219 000 " + rows[SITE]["phone"][-4:]
    assert (await secretary.post(f"{board}/{SITE}/message", json={"text": "Bật micro"})).status_code == 409
    assert (
        await secretary.post(f"{board}/{demo_id('site:lungcu.dongvan')}/message", json={"text": "x"})
    ).status_code == 409


async def test_too_many_measurements_at_once_are_told_to_come_again(small_world: World) -> None:
    site = await small_world.site("quanba.quanba")
    for _ in range(6):
        await small_world.services.measuring.acquire()
    busy = await site.get("/api/readiness/bytes?n=1000")
    assert (busy.status_code, busy.headers["retry-after"]) == (429, "3")


async def test_the_operator_sees_messages_and_gives_the_floor(small_world: World, board: str) -> None:
    hub, meeting_id = small_world.services.hub, small_world.meeting.id
    reporting = await small_world.site("quanba.quanba")
    assert (await reporting.post(f"/api/meetings/{meeting_id}/readiness", json=CHECK)).status_code == 200
    await hub.open_testing(meeting_id, demo_id("person:thuky.quanba"))
    site_actor = Actor(site_id=SITE, bound_meeting_id=meeting_id)
    room, machine = await hub.enter(meeting_id, site_actor, "vi", Hello())
    assert machine_of(room, SITE) is machine and machine is not None
    assert room.state.sites[SITE].head_count == 4, "the roll call fills itself"
    secretary = await small_world.person("thuky.quanba")
    assert (await secretary.post(f"{board}/{SITE}/message", json={"text": "Bật micro"})).json() == {"delivered": True}
    looked = asyncio.create_task(secretary.get(f"{board}/{SITE}/picture.jpg"))
    said = [str(await machine.outgoing.next())]
    while '"stills"' not in said[-1]:
        said.append(str(await machine.outgoing.next()))
    assert any('"notice"' in text and "Bật micro" in text for text in said)
    room.media.still(machine, base64.b64encode(JPEG).decode())
    answer = await looked
    assert (answer.content, answer.headers["content-type"]) == (JPEG, "image/jpeg")
    refused = await secretary.post(f"{board}/{SITE}/air")
    assert refused.json()["error"]["code"] == "leads_not_here", "whoever gives the floor is in the room"
    actor = await _person(small_world, "thuky.quanba")
    await hub.enter(meeting_id, actor, "vi", Hello())
    assert (await secretary.post(f"{board}/{SITE}/air")).status_code == 200
    row = next(row for row in (await secretary.get(board)).json()["rows"] if row["site_id"] == SITE)
    assert (row["state"], row["on_air"]) == ("joined", True)


async def _person(world: World, login: str) -> Actor:
    from scheduler.actor import load_actor

    async with world.database.reading() as session:
        today = (world.clock.now + timedelta(hours=7)).date()
        return await load_actor(session, today=today, person_id=demo_id(f"person:{login}"))
