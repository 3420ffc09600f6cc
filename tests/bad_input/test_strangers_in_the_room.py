"""What strangers, broken pages and people out of turn send to a room that is going on: each is answered in its place,
in words where a person reads them, and the meeting notices nothing."""

from __future__ import annotations

import asyncio
import json
import random
import socket
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from aioice import stun
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from sfu.errors import HandshakeFailed
from sfu.light_peer import LightPeer
from sfu.sdp import parse
from tests.gathering import Gathering, gather, site_of
from tests.installation import Installation
from web.visiting.seat import Refused, Seat
from web.visiting.visitor import Visitor


@pytest.mark.installation
async def test_a_meeting_stands_what_strangers_send(tmp_path: Path) -> None:
    async with Installation(tmp_path / "data") as installation, AsyncExitStack() as stack:
        room = await gather(installation, stack)
        pids = [installation.pid_of(name) for name in ("web", "media-1")]
        await before_its_time(room)
        await room.convene()
        before = room.secretary.state
        await out_of_turn(room)
        await garbage_at_the_media_port(room)
        await stun_without_integrity(room)
        await nonsense_at_the_socket(room)
        await floods_at_the_socket(room)
        await offers_that_cannot_be(room)
        await a_forged_fingerprint(room)
        await room.speaker_is_on_air()
        await room.recording_goes_on()
        assert [installation.pid_of(name) for name in ("web", "media-1")] == pids
        after = room.secretary.state
        assert (after.floor, after.queue, after.items, after.stage) == (
            before.floor,
            before.queue,
            before.items,
            before.stage,
        )
        await room.whole_log()


# -- people ---------------------------------------------------------------------------------------------------------


async def before_its_time(room: Gathering) -> None:
    item = room.planned.items[0]
    await refused(room.secretary, "open_item", "wrong_stage", "phòng họp đang kiểm tra", item_id=item)
    await refused(room.chair, "adjourn", "wrong_stage", "Không thể kết thúc cuộc họp")
    await refused(room.speaker, "convene", "not_allowed", "Chỉ chủ tọa")


async def out_of_turn(room: Gathering) -> None:
    await refused(room.chair, "convene", "wrong_stage", "đang họp")
    await refused(room.waiting, "grant_next", "not_allowed", "Chỉ chủ tọa")
    await refused(room.waiting, "return_floor", "not_allowed", "đang phát biểu")
    await refused(room.speaker, "remove_participant", "not_allowed", "Chỉ", site_id=site_of(room.waiting))
    other = room.planned.sites[5]["site_id"]
    await refused(room.secretary, "grant_floor", "not_present", "chưa có mặt", site_id=other)
    await refused(room.secretary, "grant_floor", "unknown_site", "không có trong cuộc họp", site_id="nobody")
    await refused(room.secretary, "open_item", "unknown_item", "không có trong chương trình", item_id="nothing")
    await refused(room.secretary, "post_chat", "bad_arguments", "không hợp lệ", text="x" * 2001)
    await refused(room.secretary, "drop_table", "bad_arguments", "không hợp lệ")


async def refused(somebody: Any, command: str, code: str, words: str, **args: Any) -> None:
    with pytest.raises(Refused, match=words) as refusal:
        await somebody.command(command, **args)
    assert refusal.value.code == code


# -- packets --------------------------------------------------------------------------------------------------------


def media_address(room: Gathering) -> tuple[str, int]:
    for candidate in parse(room.speaker.signalled[1]).candidates:
        _, _, _, _, host, port, *_ = candidate.split()
        if "udp" in candidate.lower() and ":" not in host:
            return host, int(port)
    raise AssertionError("no UDP candidate")


async def garbage_at_the_media_port(room: Gathering) -> None:
    """First bytes that look like STUN, DTLS, SRTP, TURN channels or nothing at all."""
    noise, address = random.Random(6), media_address(room)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for first in (0, 1, 20, 22, 63, 64, 79, 128, 144, 191, 200, 255) * 100:
            stranger.sendto(bytes([first]) + noise.randbytes(noise.randint(0, 1400)), address)
            if noise.random() < 0.05:
                await asyncio.sleep(0)
    await room.speaker_is_on_air()


async def stun_without_integrity(room: Gathering) -> None:
    """A check with the right user name but no key is not answered, and moves nobody's path."""
    offer, answer = map(parse, room.speaker.signalled)
    user = f"{answer.sections[0].transport.ice_ufrag}:{offer.sections[0].transport.ice_ufrag}"
    check = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    check.attributes.update({"USERNAME": user, "PRIORITY": 1, "USE-CANDIDATE": None})
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.setblocking(False)
        stranger.bind(("", 0))
        for _ in range(20):
            stranger.sendto(bytes(check), media_address(room))
        await room.speaker_is_on_air()
        with pytest.raises(BlockingIOError):
            stranger.recv(2000)


# -- the socket -----------------------------------------------------------------------------------------------------


async def open_socket(room: Gathering, stack: AsyncExitStack, *, hello: bool = True) -> ClientConnection:
    """The socket of a commune that is not in the room yet."""
    visitor = await stack.enter_async_context(Visitor(room.installation.url))
    await visitor.enter_by_link(room.planned.links[room.planned.sites[3]["site_id"]])
    made = await connect(
        f"ws{visitor.url.removeprefix('http')}/api/rooms/{room.planned.id}/socket",
        origin=visitor.url,  # type: ignore[arg-type]
        additional_headers={"Cookie": visitor.cookie},
        max_size=None,
    )
    stack.push_async_callback(made.close)
    if hello:
        await made.send(json.dumps({"type": "hello", "version": 1, "take_over": True}))
        assert json.loads(await made.recv())["type"] == "welcome"
    return made


async def closes_with(made: ClientConnection) -> int | None:
    try:
        async with asyncio.timeout(60):
            async for _ in made:
                pass
    except ConnectionClosed:
        pass
    return made.close_code


NONSENSE: tuple[tuple[bytes | str, bool, int], ...] = (
    (b"\x00\xff" * 50, True, 4400),
    ("", True, 4400),
    ("{", True, 4400),
    ("[" * 60_000, True, 4400),
    ('{"type": "command", "id": NaN}', True, 4400),
    ('{"type": "hello", "version": 1}', True, 4400),
    ('{"type": "view", "pinned": [' + '"x",' * 1000 + '"x"], "max_video": 1}', True, 4400),
    ('{"type": "ping", "t": "' + "x" * 70_000 + '"}', True, 4400),
    ("x" * 300_000, True, 1009),
    ('{"type": "ping"}', False, 4400),
    ('{"type": "hello", "version": 2}', False, 4426),
)


async def nonsense_at_the_socket(room: Gathering) -> None:
    for text, hello, code in NONSENSE:
        async with AsyncExitStack() as stack:
            made = await open_socket(room, stack, hello=hello)
            await made.send(text)
            assert await closes_with(made) == code, text[:60]


async def floods_at_the_socket(room: Gathering) -> None:
    async with AsyncExitStack() as stack:
        made = await open_socket(room, stack)
        try:
            for number in range(5000):
                await made.send(json.dumps({"type": "ping", "t": number}))
        except ConnectionClosed:
            pass
        assert await closes_with(made) == 4429


# -- media ----------------------------------------------------------------------------------------------------------

OFFERS = (
    "",
    "v=0",
    "\x00" * 1000,
    "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n" + "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n" * 100,
    "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n",
    "v=0\r\n" + "a=x\r\n" * 30_000,
)


async def offers_that_cannot_be(room: Gathering) -> None:
    async with stranger(room) as seat:
        for sdp in OFFERS:
            with pytest.raises(Refused, match="không kết nối được hình và tiếng") as refusal:
                await seat.negotiate(sdp)
            assert refusal.value.code == "bad_offer"
    async with stranger(room) as seat:
        await seat.socket.send(json.dumps({"type": "offer", "id": 1, "sdp": "v" * 300_000}))
        await seat.wait(lambda: seat.close_code is not None)
        assert seat.close_code == 1009


class stranger:
    """A commune that joins for a moment."""

    def __init__(self, room: Gathering) -> None:
        self._room = room
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Seat:
        room = self._room
        visitor = await self._stack.enter_async_context(Visitor(room.installation.url))
        await visitor.enter_by_link(room.planned.links[room.planned.sites[3]["site_id"]])
        return await self._stack.enter_async_context(Seat(visitor, room.planned.id, take_over=True))

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()


async def a_forged_fingerprint(room: Gathering) -> None:
    """Whoever does not hold the certificate that was signalled gets no keys; with the right one he comes in."""
    async with stranger(room) as seat:

        async def forge(offer: str) -> str:
            digest = offer.partition("a=fingerprint:sha-256 ")[2][:95]
            return await seat.negotiate(offer.replace(digest, ":".join(["00"] * 32)))

        forger = LightPeer()
        with pytest.raises(HandshakeFailed):
            await forger.connect(forge, 60)
        await forger.close()
        honest = LightPeer()
        await honest.connect(seat.negotiate, 60)
        await honest.close()
