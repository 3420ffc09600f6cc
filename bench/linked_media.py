"""Linked rooms' media: bytes over a link by sites below it, grant to picture over three links, a thin and lossy link.

Workers and light peers in one process, each link through a relay that delays and loses (``sfu/relay``). What a
district has on its line is measured where it arrives. ``python -m bench linked_media``.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from bench.record import Figure, spread
from sfu.light_peer import LightPeer, Sample, synthetic_audio, synthetic_video
from sfu.light_peer.offer import Wanted
from sfu.relay.link import LinkSettings
from sfu.relay.relay import LineSettings, Relay
from tests.web.media.conftest import Media, running_media
from web.media.messages import LinkChanged, LinkStats, Program

SHORT = {"grants": 6, "seconds": 8.0, "sites": (1, 4, 12)}
FULL = {"grants": 24, "seconds": 30.0, "sites": (1, 4, 12, 24)}
LAYERS = {"q": (15, 900), "h": (25, 2200), "f": (25, 6500)}  # pictures a second, bytes each
LOOK_S, FROZEN_S = 0.02, 0.3
DELAY_S = 0.05


def layers_of(name: str) -> dict[str, Sample]:
    """Three layers of one made-up camera, about 110, 440 and 1300 kbit/s."""
    return {rid: synthetic_video(f"{name} {rid}", fps, 30, size) for rid, (fps, size) in LAYERS.items()}


@dataclass
class Room:
    """A room on a worker of its own."""

    media: Media
    name: str
    peers: dict[str, LightPeer] = field(default_factory=dict)


class Tree:
    """Rooms, the relays between them, and everybody in them."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self.stack = stack
        self.samples: list[Sample] = []

    async def room(self, name: str) -> Room:
        media = await self.stack.enter_async_context(running_media())
        await media.client.open_room(name)
        return Room(media, name)

    async def link(self, lower: Room, upper: Room, line: LinkSettings) -> Relay:
        """Through a relay with this line each way."""
        client, name = lower.media.client, f"{lower.name} to {upper.name}"
        offer = await client.open_link(lower.name, name, "level")
        answer = await upper.media.client.accept_link(upper.name, name, "level", offer)
        host, port, _ = next(one for one in answer["addresses"] if one[2] == "udp")
        relay = await self.stack.enter_async_context(Relay((host, port), LineSettings(line, line)))
        await client.connect_link(name, {**answer, "addresses": [[*relay.address, "udp"]]})
        for room in (lower, upper):
            await room.media.wait_for(lambda room=room: _state(room.media, name) == "up")  # type: ignore[misc]
        return relay

    async def enter(self, room: Room, name: str, *, plays: bool = True, slots: int = 4) -> LightPeer:
        """A site with three layers and a voice, or one that only watches."""
        wanted = Wanted(audio=plays, video=plays, rids=tuple(LAYERS) if plays else (), video_slots=slots)
        peer = LightPeer(wanted, known=self.samples)
        await peer.connect(room.media.signal(room.name, name))
        self.stack.push_async_callback(peer.close)
        room.peers[name] = peer
        if plays:
            made = layers_of(name)
            sound = synthetic_audio(f"{name} sound", frame_ms=20)
            self.samples += [*made.values(), sound]
            for known in (one for one in room.peers.values()):
                for sample in (*made.values(), sound):
                    known.learn(sample)
            for rid, sample in made.items():
                peer.play("camera", sample, rid)
            peer.play("microphone", sound)
        return peer


def _state(media: Media, name: str) -> str | None:
    told = [event for event in media.events if isinstance(event, LinkChanged) and event.link == name]
    return told[-1].state if told else None


def shows(peer: LightPeer, name: str) -> bool:
    return any(source.startswith(f"{name} ") for source in peer.sources("video"))


async def figures_of(room: Room, side: str = "lower") -> LinkStats:
    return next(one for one in (await room.media.client.stats()).links if one.side == side)


async def bytes_by_sites(sites: tuple[int, ...], seconds: float) -> list[Figure]:
    """What comes down a link for so many viewers below it."""
    figures = []
    for count in sites:
        async with AsyncExitStack() as stack:
            tree = Tree(stack)
            upper, lower = await tree.room("province"), await tree.room("district")
            await tree.enter(upper, "chair")
            viewers = [await tree.enter(lower, f"site{number}", plays=False) for number in range(count)]
            await tree.link(lower, upper, LinkSettings())
            await upper.media.client.set_program("province", Program(chair="chair"), ["chair"])
            for viewer in viewers:
                for sample in tree.samples:
                    viewer.learn(sample)
                await viewer.wait_for(lambda viewer=viewer: shows(viewer, "chair"), 20)  # type: ignore[misc]
            await asyncio.sleep(3)  # the large layer begins
            before, at = (await figures_of(lower)).bytes_in, time.monotonic()
            await asyncio.sleep(seconds)
            rate = ((await figures_of(lower)).bytes_in - before) * 8 / (time.monotonic() - at)
            figures.append(Figure(f"down a link, {count} sites below", round(rate / 1000), "kbit/s"))
    return figures


async def grants_over_three_links(times: int) -> list[Figure]:
    """From the root's word to the commune's picture there: three links, 50 ms each way."""
    async with AsyncExitStack() as stack:
        tree = Tree(stack)
        rooms = [await tree.room(name) for name in ("central", "province", "district", "commune")]
        chair = await tree.enter(rooms[0], "chair")
        names = ["commune0", "commune1"]
        for name in names:
            await tree.enter(rooms[3], name)
        for lower, upper in reversed(list(zip(rooms[1:], rooms, strict=False))):
            await tree.link(lower, upper, LinkSettings(delay_s=DELAY_S))
        for sample in tree.samples:
            chair.learn(sample)
        client = rooms[0].media.client
        took = []
        for turn in range(times):
            name = names[turn % 2]
            began = time.monotonic()
            floor = Program(floor=f"site {name}", chair="chair", mode="one_speaker")
            await client.set_program("central", floor, ["chair", f"site {name}"])
            await chair.wait_for(lambda name=name: shows(chair, name), 10)  # type: ignore[misc]
            took.append((time.monotonic() - began) * 1000)
            await asyncio.sleep(1.5)
        return spread("grant to picture over three links of 50 ms", took)


@dataclass
class Watch:
    """How one viewer's pictures and sound of one source come."""

    peer: LightPeer
    name: str
    frozen_s: float = 0.0
    watched_s: float = 0.0

    async def run(self, seconds: float) -> None:
        count, moved_at = self._packets(), time.monotonic()
        until = moved_at + seconds
        while (now := time.monotonic()) < until:
            await asyncio.sleep(LOOK_S)
            if (packets := self._packets()) != count:
                gap = now - moved_at
                self.frozen_s += gap if gap > FROZEN_S else 0.0
                count, moved_at = packets, now
        self.frozen_s += max(0.0, until - moved_at) if until - moved_at > FROZEN_S else 0.0
        self.watched_s += seconds

    def _packets(self) -> int:
        pictures = (self.peer.received[mid] for mid in self.peer.mids("video"))
        return sum(n for slot in pictures for source, n in slot.by_source.items() if source.startswith(f"{self.name} "))

    def sound_lost(self) -> float:
        slots = [self.peer.received[mid] for mid in self.peer.mids("audio")]
        got, lost = sum(slot.packets for slot in slots), sum(slot.lost for slot in slots)
        return lost / max(1, got + lost)


async def a_thin_link(seconds: float) -> list[Figure]:
    """The floor and nine thumbnails from a district over 2 Mbit/s, 100 ms round trip, 5 % lost; then 600 kbit/s."""
    async with AsyncExitStack() as stack:
        tree = Tree(stack)
        upper, lower = await tree.room("province"), await tree.room("district")
        sites = [f"site{number}" for number in range(10)]
        for name in sites:
            await tree.enter(lower, name)
        board = await tree.enter(upper, "board", plays=False, slots=12)
        relay = await tree.link(lower, upper, LinkSettings(2_000_000, DELAY_S, loss=0.05))
        floor = Program(floor="site site0", mode="one_speaker")
        await upper.media.client.set_program("province", floor, ["site site0"])
        await upper.media.client.set_view("board", [f"site {name}" for name in sites[1:]], 12, False)
        await board.wait_for(lambda: shows(board, "site0"), 20)
        figures = []
        for rate, label in ((2_000_000, "2 Mbit/s"), (600_000, "600 kbit/s")):
            relay.change(up=rate, down=rate)
            await asyncio.sleep(6)
            watch, before = Watch(board, "site0"), _thumbnails(board, sites)
            lost = watch.sound_lost()
            await watch.run(seconds)
            after = _thumbnails(board, sites)
            coming = sum(after[name] > before[name] for name in after)
            figures += [
                Figure(f"{label}, 5 % lost: program frozen", round(100 * watch.frozen_s / watch.watched_s, 2), "%"),
                Figure(
                    f"{label}, 5 % lost: sound lost after repair", round(100 * max(lost, watch.sound_lost()), 2), "%"
                ),
                Figure(f"{label}, 5 % lost: thumbnails of nine", coming, ""),
                Figure(f"{label}, 5 % lost: estimate", _kbps(await figures_of(lower)), "kbit/s"),
            ]
        return figures


def _kbps(link: LinkStats) -> int:
    return round((link.estimate or 0) / 1000)


def _thumbnails(board: LightPeer, sites: list[str]) -> dict[str, int]:
    slots = [board.received[mid] for mid in board.mids("video")]
    return {
        name: sum(n for slot in slots for source, n in slot.by_source.items() if source.startswith(f"{name} "))
        for name in sites[1:]
    }


def measure(grants: int, seconds: float, sites: tuple[int, ...]) -> list[Figure]:
    async def all_of_them() -> list[Figure]:
        return [
            *await bytes_by_sites(sites, seconds),
            *await grants_over_three_links(grants),
            *await a_thin_link(seconds),
        ]

    return asyncio.run(all_of_them())
