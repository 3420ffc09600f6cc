"""The worker's control connection: answers, refusals, reconnection, kill -9, and who drives."""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sfu.light_peer import LightPeer
from sfu.plane.native.loop import LoopPlane
from sfu.settings import Limits, MediaSettings, Timeouts
from tests.web.media.conftest import Media, running_media
from web.media.client import MediaClient
from web.media.errors import MediaRefused, MediaUnavailable
from web.media.framing import encode_frame, read_frame
from web.media.messages import Load, MediaEvent, Program, SlotsChanged, WorkerDown, WorkerUp, event_from_json
from web.media.worker import Worker

JOIN = {"room": "r", "peer": "an", "label": "s", "offer": "v=0", "may_send": []}


async def test_hello_says_who_and_where(media: Media) -> None:
    hello = media.client.hello
    assert hello is not None and hello.version == 1 and hello.boot_id == media.worker.boot_id
    assert [kind for _, _, kind in hello.addresses] == ["udp", "tcp"] and len(hello.fingerprint) == 95


async def test_refusals_have_codes(media: Media) -> None:
    client = media.client
    cases = [
        ("unknown_room", client.join("nowhere", "an", "s", "v=0", [])),
        ("unknown_room", client.close_room("nowhere")),
        ("unknown_peer", client.leave("nobody")),
        ("unknown_peer", client.restart_ice("nobody", "v=0")),
        ("unknown_room", client.record("nowhere", "r", "start", "/nowhere")),
        ("bad_request", client.request("fly")),
        ("bad_request", client.request("open_room")),
        ("bad_request", client.request("join", **JOIN, start_bps="much")),
        ("bad_request", client.request("join", **JOIN, start_bps=0)),
        ("bad_request", client.request("hello", version=99)),
        ("bad_request", client.request("set_view", peer="a", pinned="b", max_video=1)),
        ("bad_request", client.request("set_program", room="r", program={"mode": "loud"}, audible=[])),
    ]
    for code, request in cases:
        with pytest.raises(MediaRefused) as refused:
            await request
        assert refused.value.code == code, refused.value.message


async def test_a_bad_offer_says_what_is_wrong(media: Media) -> None:
    await media.client.open_room("room")
    with pytest.raises(MediaRefused, match="bad_offer: no m-line"):
        await media.client.join("room", "an", "s", "v=0\r\n", [])
    with pytest.raises(MediaRefused, match=r"not_allowed.*no recording"):
        await media.client.record("room", "r", "stop", "/nowhere")


async def test_limits_and_draining() -> None:
    async with running_media(MediaSettings(host_addresses=("127.0.0.1",), limits=Limits(rooms=1, peers=1))) as media:
        await media.client.open_room("room")
        await media.client.open_room("room")
        with pytest.raises(MediaRefused, match="full"):
            await media.client.open_room("second")
        an = LightPeer()
        await an.connect(media.signal("room", "an"))
        with pytest.raises(MediaRefused, match="full"):
            await LightPeer().connect(media.signal("room", "binh"))
        await media.client.close_room("room")
        await an.wait_for(lambda: an.closed_by_server)
        an.vanish()


async def test_a_draining_worker_says_so_and_keeps_what_it_has(media: Media) -> None:
    await media.client.open_room("room")
    await media.wait_for(lambda: media.of(Load) != [])
    assert all(isinstance(load, Load) and load.takes_rooms for load in media.of(Load))
    await media.client.drain()
    await media.wait_for(lambda: [one for one in media.of(Load) if isinstance(one, Load)][-1].takes_rooms is False)
    with pytest.raises(MediaRefused, match="draining"):
        await media.client.open_room("second")
    an = LightPeer()
    await an.connect(media.signal("room", "an"))
    await an.close()


async def test_stats_and_state_tell_of_every_peer(media: Media) -> None:
    await media.client.open_room("room")
    an = LightPeer()
    await an.connect(media.signal("room", "an"))
    stats = await media.client.stats("room")
    assert stats.worker["peers"] == 1 and stats.worker["rss_bytes"] > 0 and set(stats.peers) == {"an"}
    assert (await media.client.state())["room"].recording is None
    await media.client.set_view("an", ["binh"], 4, False)
    await media.client.request_keyframe("room", "an")
    await an.close()


async def test_nonsense_closes_only_its_own_connection(media: Media) -> None:
    path = next(iter(media.client._path.parent.iterdir()))
    noise = random.Random(2)
    junk = [encode_frame({"id": 1})[:4] + b"[1]nonsense", b"\xff" * 4, b"\x00\x00\x00\x02{]", noise.randbytes(99)]
    for data in junk:
        reader, writer = await asyncio.open_unix_connection(str(path))
        with contextlib.suppress(ConnectionError):  # the worker may hang up before all is written
            writer.write(data)
            writer.write_eof()
            while await read_frame(reader) is not None:
                pass
            writer.close()
            await writer.wait_closed()
    await media.client.wait_up()
    await media.wait_for(lambda: media.client.is_up)


async def test_fuzzed_requests_are_always_answered(media: Media) -> None:
    noise = random.Random(5)
    names = ["hello", "state", "open_room", "join", "set_view", "set_program", "record", "stats", "tell_again"]
    values = [None, 1, -1, "", "room", [], ["x"], {}, {"mode": 3}, True, "start", 1e9]
    fields = ["room", "peer", "label", "offer", "may_send", "program", "audible", "pinned", "max_video", "action"]
    for _ in range(200):
        arguments = {field: noise.choice(values) for field in noise.sample(fields, 5)}
        with contextlib.suppress(MediaRefused):
            await media.client.request(noise.choice(names), **arguments)
    assert (await media.client.request("state"))["rooms"].keys() <= {"room", "x"}


async def test_a_second_web_process_takes_over(media: Media) -> None:
    events: list[MediaEvent] = []
    second = MediaClient(media.client._path, events.append)
    running = asyncio.create_task(second.run())
    await second.wait_up()
    await media.wait_for(lambda: any(isinstance(event, WorkerDown) for event in media.events))
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


async def test_rooms_wait_for_the_web_process_and_close_when_it_stays_away(tmp_path: Path) -> None:
    settings = MediaSettings(host_addresses=("127.0.0.1",), timeouts=Timeouts(web_gone_s=1.0))
    worker, stop, path = Worker(settings, LoopPlane()), asyncio.Event(), tmp_path / "media.sock"
    serving = asyncio.create_task(worker.serve(path, stop))
    client = MediaClient(path)
    running = asyncio.create_task(client.run())
    await client.wait_up()
    await client.open_room("room")
    await client.record("room", "r1", "start", tmp_path)
    an = LightPeer()

    async def signal(offer: str) -> str:
        return (await client.join("room", "an", "site", offer, ["audio"])).answer

    await an.connect(signal)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert "room" in worker.node.rooms
    await an.wait_for(lambda: an.closed_by_server)
    assert worker.node.rooms == {} and worker.recorders == {}
    stop.set()
    await serving
    an.vanish()


async def test_without_a_worker_requests_fail_at_once(tmp_path: Path) -> None:
    client = MediaClient(tmp_path / "none.sock")
    with pytest.raises(MediaUnavailable):
        await client.open_room("room")
    running = asyncio.create_task(client.run())
    with pytest.raises(MediaUnavailable, match=r"none\.sock"):
        await client.wait_up(0.2)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


def test_messages_of_a_newer_worker_are_passed_over() -> None:
    assert event_from_json({"event": "weather", "sunny": True}) is None
    load = {"event": "load", "level": 0.5, "packets_per_s": 60_000, "takes_rooms": False}
    assert event_from_json(load) == Load(0.5, 60_000, takes_rooms=False)
    assert event_from_json({"event": "slots", "room": "r", "peer": "p", "slots": []}) == SlotsChanged("r", "p", ())


@contextlib.asynccontextmanager
async def worker_process(path: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.web.media.worker_child", str(path))
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_a_killed_worker_comes_back_as_another(tmp_path: Path) -> None:
    path = tmp_path / "media.sock"
    events: list[MediaEvent] = []
    came_back, drains = asyncio.Event(), asyncio.Event()

    def on_event(event: MediaEvent) -> None:
        events.append(event)
        if isinstance(event, Load) and not event.takes_rooms:
            drains.set()
        if sum(isinstance(seen, WorkerUp) for seen in events) == 2:
            came_back.set()

    client = MediaClient(path, on_event)
    running = asyncio.create_task(client.run())
    async with worker_process(path) as first:
        boot_id = (await client.wait_up(30)).boot_id
        await client.open_room("room")
        await client.set_program("room", Program(), [])
        first.kill()
        await first.wait()
    async with worker_process(path) as second:
        await asyncio.wait_for(came_back.wait(), 30)
        assert client.hello is not None and client.hello.boot_id != boot_id
        assert await client.state() == {}
        second.send_signal(signal.SIGUSR1)
        await asyncio.wait_for(drains.wait(), 30)
        second.terminate()
        assert await second.wait() == 0
        assert not path.exists()
    assert [event.is_new for event in events if isinstance(event, WorkerUp)] == [True, True]
    assert any(isinstance(event, WorkerDown) for event in events)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
