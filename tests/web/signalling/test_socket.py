"""The socket of a room with the real app: who gets in, what is said, how it ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from scheduler.organization.demonstration import demo_id
from scheduler.proceedings.chain import verify
from scheduler.proceedings.wire import fact_from_json
from tests.web.signalling.conftest import Page, Served, closing
from web.signalling import socket as module

HELLO = json.dumps({"type": "hello", "version": 1})
CHAIR, SECRETARY = "chutich.quanba", "thuky.quanba"
KEEPER = "quantri.quanba"
SITE = "tamson.quanba"


async def open_room(served: Served) -> tuple[Page, Page]:
    """The secretary opens the room for tests; the chair is there."""
    secretary = await served.enter(await served.world.person(SECRETARY))
    assert "ok" in await secretary.command("open_testing")
    return await served.enter(await served.world.person(CHAIR)), secretary


# -- a meeting over sockets ---------------------------------------------------------------------------------------


async def test_a_meeting_is_opened_convened_and_its_floor_given(served: Served) -> None:
    chair, secretary = await open_room(served)
    commune = await served.enter(await served.world.site(SITE))
    welcome = await commune.hears("welcome")
    assert welcome["role"] == "site" and welcome["snapshot"]["stage"] == "testing"
    assert len(welcome["roster"]) == 14
    assert "ok" in await chair.command("convene")
    asked = await commune.command("request_floor", kind="question", speaker={"name": "Vàng Thị Mỷ", "post": ""})
    assert "ok" in asked
    granted = await secretary.command("grant_floor", site_id=welcome["site_id"])
    assert "ok" in granted
    async with commune.changed:
        await commune.changed.wait_for(lambda: told(commune)[-1:] and told(commune)[-1]["type"] == "FloorGranted")
    facts = [fact_from_json(fact) for fact in told(secretary)]
    assert facts[-1].seq == granted["ok"]["seq"]
    assert [defect.kind for defect in verify(facts) if defect.kind not in ("missing", "replaced")] == []
    assert told(commune)[-1]["by"]["on_behalf_of"] is not None


def told(page: Page) -> list[dict[str, Any]]:
    return [fact for message in page.heard if message["type"] == "facts" for fact in message["facts"]]


async def test_a_refusal_says_who_may_in_the_persons_language(served: Served) -> None:
    await open_room(served)
    commune = await served.enter(await served.world.site(SITE))
    reply = await commune.command("grant_floor", site_id="x")
    assert reply["error"] == {
        "code": "not_allowed",
        "message": "Chỉ chủ tọa hoặc thư ký được mời phát biểu.",
        "who": ["chair", "secretary"],
    }
    assert (await commune.command("fly"))["error"]["code"] == "bad_arguments"
    assert (await commune.ask("offer", sdp="v=0"))["error"]["code"] == "no_media"


async def test_ping_view_and_stats(served: Served) -> None:
    chair, secretary = await open_room(served)
    await chair.say({"type": "ping", "t": 42})
    assert (await chair.hears("pong", t=42))["now"].endswith("Z")
    await chair.say({"type": "view", "pinned": [], "max_video": 9, "paused": False})
    await chair.say({"type": "stats", "loss": 0.5, "rtt_ms": 12.5, "frozen_ms": None})
    site_id = (await chair.hears("welcome"))["site_id"]

    def is_reported() -> bool:
        lines = [message["sites"] for message in secretary.heard if message["type"] == "connections"]
        return any(sites.get(site_id, {}).get("loss") == 0.5 for sites in lines)

    async with asyncio.timeout(30), secretary.changed:
        await secretary.changed.wait_for(is_reported)


async def test_taking_a_site_over(served: Served) -> None:
    await open_room(served)
    visitor = await served.world.site(SITE)
    first = await served.enter(visitor)
    async with served.dial(visitor) as second:
        await second.send(HELLO)
        assert json.loads(await second.recv()) == {"type": "occupied"}
        assert await closing(second) == 4409
    moved = await served.enter(visitor, take_over=True)
    await first.hears("taken_over")
    assert await first.closed() == 4410
    assert (await moved.hears("welcome"))["site_id"] == (await first.hears("welcome"))["site_id"]


async def test_a_page_comes_back_under_its_id(served: Served) -> None:
    await open_room(served)
    visitor = await served.world.site(SITE)
    first = await served.enter(visitor)
    connection_id = (await first.hears("welcome"))["connection_id"]
    first.socket.transport.abort()
    back = await served.enter(visitor, previous=connection_id)
    assert (await back.hears("welcome"))["connection_id"] == connection_id


async def test_at_the_end_the_socket_closes_in_good_order(served: Served) -> None:
    chair, secretary = await open_room(served)
    await chair.command("convene")
    await chair.command("adjourn")
    await secretary.hears("goodbye", reason="ended")
    assert await secretary.closed() == 1000
    async with served.dial(await served.world.person(SECRETARY)) as late:
        assert await closing(late, HELLO) == 1000


async def test_a_server_that_stops_says_restarting(served: Served) -> None:
    _, secretary = await open_room(served)
    await served.world.services.hub.stop()
    await secretary.hears("goodbye", reason="restarting")
    assert await secretary.closed() == 1012


async def test_who_is_out_of_use_is_out_of_the_room(served: Served) -> None:
    """At once, whatever the page does; whoever else is in the room stays."""
    chair, secretary = await open_room(served)
    keeper = await served.world.person(KEEPER)
    person_id = (await secretary.hears("welcome"))["person_id"]
    gone = await keeper.put(f"/api/persons/{person_id}", json={"name": "Lò Mí Thắm", "active": False})
    assert gone.status_code == 200, gone.text
    assert await secretary.closed() == 4001
    async with served.dial(await served.world.person(SECRETARY)) as again:
        assert await closing(again, HELLO) == 4401
    assert "ok" in await chair.command("convene")


async def test_a_new_link_puts_out_who_came_by_the_old_one(served: Served) -> None:
    await open_room(served)
    keeper, by_link = await served.world.person(KEEPER), await served.world.site(SITE)
    page = await served.enter(by_link)
    welcome = await page.hears("welcome")
    assert (await keeper.post(f"/api/sites/{welcome['site_id']}/new-link")).status_code == 200
    assert await page.closed() == 4001
    async with served.dial(by_link) as again:
        assert await closing(again, HELLO) == 4401


async def test_whose_session_stands_comes_back_under_its_id(served: Served) -> None:
    """The roles changed, the session did not."""
    _, secretary = await open_room(served)
    keeper, welcome = await served.world.person(KEEPER), await secretary.hears("welcome")
    roles = [{"role": role, "unit_id": demo_id("unit:quanba")} for role in ("secretary", "technician")]
    given = await keeper.put(f"/api/persons/{welcome['person_id']}/roles", json={"roles": roles})
    assert given.status_code == 200, given.text
    assert await secretary.closed() == 4001
    back = await served.enter(await served.world.person(SECRETARY), previous=welcome["connection_id"])
    assert (await back.hears("welcome"))["connection_id"] == welcome["connection_id"]


# -- who gets in --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null", None])
async def test_another_origin_is_refused_before_anything_is_said(served: Served, origin: str | None) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with served.dial(await served.world.person(CHAIR), origin=origin):
            pass
    assert refused.value.response.status_code == 403


async def test_without_a_session_4401(served: Served) -> None:
    async with served.dial(None) as socket:
        assert await closing(socket, HELLO) == 4401


async def test_not_invited_or_not_there_4404_and_too_early_4403(served: Served) -> None:
    stranger = await served.world.person("vanthu.yenminh")
    async with served.dial(stranger) as socket:
        assert await closing(socket, HELLO) == 4403
    async with served.dial(stranger, path=f"{served.url}/api/rooms/none/socket") as socket:
        assert await closing(socket, HELLO) == 4404
    async with served.dial(await served.world.site(SITE)) as socket:
        assert await closing(socket, HELLO) == 4403


# -- bad input ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("", 4400),
        ("garbage", 4400),
        ("[]", 4400),
        ("[" * 50_000, 4400),
        (b"\x00\x01", 4400),
        ('{"type":"command","id":1,"name":"convene"}', 4400),
        ('{"type":"hello","version":1,"role":"king"}', 4400),
        ('{"type":"hello","version":1,"take_over":1}', 4400),
        ('{"type":"hello","version":2}', 4426),
        ('{"type":"hello"}', 4426),
        ('{"type":"hello","version":1,"previous":"' + "x" * 70_000 + '"}', 4400),
    ],
)
async def test_a_malformed_hello_closes(served: Served, said: str | bytes, code: int) -> None:
    async with served.dial(await served.world.person(SECRETARY)) as socket:
        assert await closing(socket, said) == code


@pytest.mark.parametrize(
    "said",
    ["x", "{}", '{"type":"dance"}', '{"type":"command","name":"convene"}', '{"type":"offer","id":1,"sdp":7}', b"x"],
)
async def test_a_malformed_message_closes(served: Served, said: str | bytes) -> None:
    async with served.dial(await served.world.person(SECRETARY)) as socket:
        assert await closing(socket, HELLO, said) == 4400


async def test_silence_before_hello_and_afterwards_closes(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HELLO_S", 0.05)
    async with served.dial(await served.world.person(SECRETARY)) as socket:
        assert await closing(socket) == 4400
    monkeypatch.setattr(module, "HELLO_S", 10.0)
    monkeypatch.setattr(module, "SILENT_S", 0.05)
    async with served.dial(await served.world.person(SECRETARY)) as socket:
        assert await closing(socket, HELLO) == 4408


async def test_too_many_messages_close(served: Served) -> None:
    secretary = await served.enter(await served.world.person(SECRETARY))
    with suppress(ConnectionClosed):
        for number in range(300):
            await secretary.say({"type": "ping", "t": number})
    assert await secretary.closed() == 4429


async def until(condition: Callable[[], bool]) -> None:
    """Let the server's tasks run until it is so."""
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - what is waited for is in the server, which has no event for it
            await asyncio.sleep(0.01)


async def test_a_reader_that_does_not_read_is_cut_off(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its socket's buffers fill, then its queue, then it is let go; the others hear everything."""
    monkeypatch.setattr(module, "SEND_S", 0.5)
    chair, _ = await open_room(served)
    # Without deflate: it would shrink the filler to nothing and no buffer would ever fill.
    async with served.dial(await served.world.site(SITE), compression=None) as lazy:
        await lazy.send(HELLO)
        lazy.transport.pause_reading()
        room = served.world.services.hub.rooms[served.world.meeting.id]
        await until(lambda: any(c.participant.role == "site" for c in room.connections.values()))
        (slow,) = [c for c in room.connections.values() if c.participant.role == "site"]
        for number in range(40):
            slow.outgoing.send({"type": "filler", "n": number, "text": "x" * 400_000})
            await asyncio.sleep(0)
        await until(lambda: not slow.is_open)
        assert "ok" in await chair.command("post_chat", text="Nghe rõ")
        lazy.transport.abort()
