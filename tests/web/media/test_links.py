"""Links between rooms over real sockets: light peers on two or three workers, payloads checked at every end."""

from __future__ import annotations

from contextlib import AsyncExitStack
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
        await media.wait_for(lambda media=media, room=room: state_of(media, room, name) == "up")


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
