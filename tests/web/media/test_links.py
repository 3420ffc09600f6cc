"""Links between rooms over real sockets: light peers on two or three workers, payloads checked at every end."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

from sfu.light_peer import LightPeer, synthetic_audio, synthetic_video
from sfu.light_peer.offer import Wanted
from sfu.settings import MediaSettings, Timeouts
from tests.web.media.conftest import Media, running_media
from web.media.messages import LinkChanged, Program

QUICK = MediaSettings(host_addresses=("127.0.0.1",), timeouts=Timeouts(link_beat_s=0.1, link_lost_s=0.6))
NAMES = ("chair", "district", "commune", "other")
PICTURES = {name: synthetic_video(name) for name in NAMES}
SOUNDS = {name: synthetic_audio(f"{name} sound") for name in NAMES}
KNOWN = (*PICTURES.values(), *SOUNDS.values())


async def enter(media: Media, room: str, name: str, stack: AsyncExitStack, *, plays: bool = True) -> LightPeer:
    """A site of this name is in the room; its label is ``site NAME``."""
    peer = LightPeer(Wanted(audio=plays, video=plays, video_slots=3), known=KNOWN)
    await peer.connect(media.signal(room, name))
    stack.push_async_callback(peer.close)
    if plays:
        peer.play("camera", PICTURES[name])
        peer.play("microphone", SOUNDS[name])
    return peer


async def link(lower: Media, low: str, upper: Media, high: str, name: str = "link", **more: Any) -> None:
    """Link the room ``low`` to ``high`` above it, and see that it is up on both sides."""
    kind = more.pop("kind", "level")
    offer = await lower.client.open_link(low, name, kind)
    answer = await upper.client.accept_link(high, name, kind, offer, **more)
    await lower.client.connect_link(name, answer)
    for media, room in ((lower, low), (upper, high)):
        await media.wait_for(partial(is_up, media, room, name))


def shows(peer: LightPeer, name: str) -> bool:
    """Its picture and its sound have come."""
    return name in peer.sources("video") and f"{name} sound" in peer.sources("audio")


def is_up(media: Media, room: str, name: str) -> bool:
    return state_of(media, room, name) == "up"


def state_of(media: Media, room: str, name: str = "link") -> str | None:
    told = [e for e in media.events if isinstance(e, LinkChanged) and (e.room, e.link) == (room, name)]
    return told[-1].state if told else None


async def test_the_program_goes_down_and_the_floor_comes_up() -> None:
    async with AsyncExitStack() as stack:
        upper, lower = [await stack.enter_async_context(running_media(QUICK)) for _ in range(2)]
        await upper.client.open_room("province")
        await lower.client.open_room("district")
        chair = await enter(upper, "province", "chair", stack)
        district = await enter(lower, "district", "district", stack)
        await link(lower, "district", upper, "province")
        await lower.client.set_program("district", Program(chair="district"), ["district"])
        await upper.client.set_program("province", Program(chair="chair"), ["chair"])
        await district.wait_for(lambda: district.sources("video") == {"chair"})
        await district.wait_for(lambda: district.sources("audio") == {"chair sound"})
        assert chair.sources("audio") == set()
        floor = Program(floor="site district", chair="chair")
        await upper.client.set_program("province", floor, ["chair", "site district"])
        await chair.wait_for(lambda: "district" in chair.sources("video"))
        await chair.wait_for(lambda: chair.sources("audio") == {"district sound"})
        assert district.sources("video") == {"chair"}
        assert all(slot.strangers == 0 for peer in (chair, district) for slot in peer.received.values())


async def test_four_levels_and_the_floor_at_a_commune() -> None:
    """Central, province and district on workers of their own, the commune's room beside the district's on one."""
    async with AsyncExitStack() as stack:
        central, province, district = [await stack.enter_async_context(running_media(QUICK)) for _ in range(3)]
        rooms = ((central, "central"), (province, "province"), (district, "district"), (district, "commune"))
        for media, room in rooms:
            await media.client.open_room(room)
        for (lower, low), (upper, high) in zip(rooms[1:], rooms, strict=False):
            await link(lower, low, upper, high, f"{low} to {high}")
        chair = await enter(central, "central", "chair", stack)
        other = await enter(province, "province", "other", stack)
        commune = await enter(district, "commune", "commune", stack)
        await central.client.set_program("central", Program(chair="chair"), ["chair"])
        for peer in (other, commune):
            await peer.wait_for(partial(shows, peer, "chair"))
        floor = Program(floor="site commune", chair="chair")
        await central.client.set_program("central", floor, ["chair", "site commune"])
        await chair.wait_for(lambda: "commune" in chair.sources("video") and "commune sound" in chair.sources("audio"))
        await other.wait_for(lambda: {"commune", "chair"} <= other.sources("video"))
        assert commune.sources("audio") == {"chair sound"}
        assert "commune" not in commune.sources("video")
        [lanes] = [one.lanes for one in (await province.client.stats()).links if one.side == "upper"]
        assert "commune" not in lanes.values()  # it came from there
        path = [e.path for e in district.events if isinstance(e, LinkChanged) and e.room == "commune"][-1]
        assert len(path) == 4


async def test_a_link_over_tcp_when_udp_is_not_answered() -> None:
    async with AsyncExitStack() as stack:
        upper, lower = [await stack.enter_async_context(running_media(QUICK)) for _ in range(2)]
        await upper.client.open_room("province")
        await lower.client.open_room("district")
        district = await enter(lower, "district", "district", stack, plays=False)
        chair = await enter(upper, "province", "chair", stack)
        offer = await lower.client.open_link("district", "link", "level")
        answer = await upper.client.accept_link("province", "link", "level", offer)
        answer["addresses"] = [["127.0.0.1", 9, "udp"], *(a for a in answer["addresses"] if a[2] == "tcp")]
        await lower.client.connect_link("link", answer)
        await lower.wait_for(lambda: state_of(lower, "district") == "up")
        await upper.client.set_program("province", Program(chair="chair"), ["chair"])
        await district.wait_for(lambda: district.sources("video") == {"chair"})
        assert chair.sources("video") == set()


async def test_the_readable_plane_is_linked_to_the_native_one() -> None:
    async with AsyncExitStack() as stack:
        upper = await stack.enter_async_context(running_media(QUICK))
        lower = await stack.enter_async_context(running_media(QUICK, plane="reference"))
        await upper.client.open_room("province")
        await lower.client.open_room("district")
        chair = await enter(upper, "province", "chair", stack)
        district = await enter(lower, "district", "district", stack)
        await link(lower, "district", upper, "province")
        floor = Program(floor="site district", chair="chair")
        await upper.client.set_program("province", floor, ["chair", "site district"])
        await district.wait_for(lambda: district.sources("video") == {"chair"})
        await chair.wait_for(lambda: "district" in chair.sources("video"))


async def test_a_closed_discussion_crosses_the_link_in_neither_direction() -> None:
    """The district leaves the province's program and comes back: nothing goes up, and nothing comes down."""
    async with AsyncExitStack() as stack:
        upper, lower = [await stack.enter_async_context(running_media(QUICK)) for _ in range(2)]
        await upper.client.open_room("province")
        await lower.client.open_room("district")
        chair = await enter(upper, "province", "chair", stack)
        await enter(lower, "district", "district", stack)
        site = await enter(lower, "district", "commune", stack, plays=False)
        await link(lower, "district", upper, "province")
        floor = Program(floor="site district", chair="chair")
        await upper.client.set_program("province", floor, ["chair", "site district"])
        await lower.client.set_program("district", Program(chair="district"), ["district"])
        await chair.wait_for(partial(shows, chair, "district"))
        await site.wait_for(partial(shows, site, "chair"))
        await lower.client.follow_link("link", False)
        for peer, name in ((chair, "district"), (site, "chair")):
            async with asyncio.timeout(20):
                while await came_meanwhile(peer, name, site, "district"):
                    pass  # what was on its way
        up, down = packets(chair, "district"), packets(site, "chair")
        await lower.client.follow_link("link", True)
        await chair.wait_for(lambda: packets(chair, "district") > up)
        await site.wait_for(lambda: packets(site, "chair") > down)


def packets(peer: LightPeer, name: str) -> int:
    """Of this site's picture and sound, that came."""
    return sum(slot.by_source.get(one, 0) for slot in peer.received.values() for one in (name, f"{name} sound"))


async def came_meanwhile(peer: LightPeer, name: str, other: LightPeer, speaker: str) -> int:
    """How many packets of this name came while 30 of another speaker came to somebody else."""
    before, began = packets(peer, name), packets(other, speaker)
    await other.wait_for(lambda: packets(other, speaker) > began + 30)
    return packets(peer, name) - before


async def test_a_room_over_two_workers_is_one_room() -> None:
    """Everybody hears who speaks, whichever worker carries him; a pinned site of the other part is seen small."""
    async with AsyncExitStack() as stack:
        first, second = [await stack.enter_async_context(running_media(QUICK)) for _ in range(2)]
        for media in (first, second):
            await media.client.open_room("room")
        await link(second, "room", first, "room", kind="share")
        here = {name: await enter(first, "room", name, stack) for name in ("chair", "other")}
        there = {name: await enter(second, "room", name, stack) for name in ("district", "commune")}
        on_air = Program(floor="district", chair="chair"), ["chair", "district", "commune"]
        for media in (first, second):
            await media.client.set_program("room", *on_air)
        for name in ("chair", "other"):
            await here[name].wait_for(partial(shows, here[name], "district"))
        await there["commune"].wait_for(partial(shows, there["commune"], "chair"))
        await there["district"].wait_for(partial(shows, there["district"], "chair"))
        assert "district sound" not in there["district"].sources("audio")
        await second.client.set_view("commune", ["other"], 3, False)
        await there["commune"].wait_for(lambda: "other" in there["commune"].sources("video"))


async def test_what_a_lower_room_records_is_labelled_with_who_it_was(tmp_path: Path) -> None:
    """Two chairs of the root one after the other, in the same lane."""
    async with AsyncExitStack() as stack:
        upper, lower = [await stack.enter_async_context(running_media(QUICK)) for _ in range(2)]
        await upper.client.open_room("province")
        await lower.client.open_room("district")
        chair, other = [await enter(upper, "province", name, stack) for name in ("chair", "other")]
        site = await enter(lower, "district", "district", stack, plays=False)
        await link(lower, "district", upper, "province")
        await lower.client.record("district", "recording", "start", tmp_path / "recording")
        for name in ("chair", "other"):
            await upper.client.set_program("province", Program(floor=name, mode="one_speaker"), [name])
            await site.wait_for(partial(shows, site, name))
        await lower.client.record("district", "recording", "stop", tmp_path / "recording")
        recorded = b"".join(file.read_bytes() for file in sorted((tmp_path / "recording").iterdir()))
        assert recorded.find(b"site chair") < recorded.find(b"site other")
        assert b"site chair" in recorded and chair.plis + other.plis > 0


async def test_a_cut_leaves_the_lower_room_its_own_program_and_is_mended() -> None:
    """The upper worker is gone without a word; another one takes its place, as after a crash."""
    async with AsyncExitStack() as stack:
        lower = await stack.enter_async_context(running_media(QUICK))
        await lower.client.open_room("district")
        own = await enter(lower, "district", "district", stack)
        site = await enter(lower, "district", "commune", stack)
        await lower.client.set_program("district", Program(chair="district"), ["district"])
        async with running_media(QUICK) as upper, AsyncExitStack() as above:
            await upper.client.open_room("province")
            await enter(upper, "province", "chair", above)
            await link(lower, "district", upper, "province")
            await upper.client.set_program("province", Program(chair="chair"), ["chair"])
            await site.wait_for(lambda: "chair" in site.sources("video") and site.sources("audio") == {"chair sound"})
            assert own.sources("audio") == {"chair sound"}
            fall_silent(upper)
            await lower.wait_for(lambda: state_of(lower, "district") == "lost")
            await site.wait_for(lambda: "district sound" in site.sources("audio"))
        async with running_media(QUICK) as upper, AsyncExitStack() as above:
            await upper.client.open_room("province")
            await enter(upper, "province", "other", above)
            await lower.client.close_link("link")
            await link(lower, "district", upper, "province")
            await upper.client.set_program("province", Program(floor="other"), ["other"])
            await own.wait_for(lambda: "other sound" in own.sources("audio"))


def fall_silent(media: Media) -> None:
    """Its packets go nowhere any more, nor does it hear any: like a cable that was pulled."""
    node: Any = media.worker.node
    node.listener.send = lambda data, address: None
    node._receive_dtls = lambda data, source, now: None
    node.send_dtls = lambda transport: transport.dtls.datagrams_to_send()
