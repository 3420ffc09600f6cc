"""The commune asks, each level's secretary forwards as soon as he is shown it, the chair at the top grants."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from bench.levels.tree import Level
from bench.linked_media import layers_of
from sfu.light_peer import LightPeer, Sample, synthetic_audio, synthetic_video
from sfu.light_peer.offer import Wanted
from tests.site_in_room import SiteInRoom, samples_of
from web.demo.linking import trust
from web.visiting.seat import Seat

CHAIR = 30  # in its picture and tone
NAME = "commune"
CAMERAS: dict[str, Callable[[], Mapping[str, Sample]]] = {
    "three layers": lambda: layers_of(NAME),
    "one layer": lambda: {"": synthetic_video(NAME, 15, 30, 900)},  # a small camera, 110 kbit/s
}


@dataclass(frozen=True, slots=True)
class Taken:
    """Seconds: from the request until it stands in the queue at the top; from the grant until the commune is told, and
    until its picture comes in at the top."""

    climbed: float
    told: float
    shown: float


class Floor:
    """Everybody in the rooms, the commune's site with a camera."""

    def __init__(
        self, seats: Sequence[Seat], chair: Seat, viewer: LightPeer, site: SiteInRoom, names: set[str]
    ) -> None:
        self._seats = seats  # of the secretaries, the highest first
        self._chair = chair
        self._viewer = viewer
        self._site = site
        self._names = names  # of the samples of its camera

    @classmethod
    async def open(cls, levels: Sequence[Level], stack: AsyncExitStack, camera: str) -> Floor:
        """In session from the top down, all links open."""
        top, lowest = levels[0], levels[-1]
        seats = [await level.seat(stack, level.secretary, "secretary") for level in levels]
        await seats[0].command("open_testing")
        for seat in seats:
            await seat.fact("TestingOpened")
        chair = await top.seat(stack, await top.person(stack, "lanhdao"), "chair")
        viewer = await _peer(stack, chair, dict(zip(("camera", "microphone"), samples_of(CHAIR), strict=True)))
        site = await stack.enter_async_context(await _site(lowest))
        layers = await asyncio.to_thread(CAMERAS[camera])
        await _peer(stack, site.seat, {"microphone": synthetic_audio(f"{NAME} sound", frame_ms=20)}, layers)
        for sample in layers.values():
            viewer.learn(sample)
        await chair.command("convene")
        for seat in seats:
            await seat.fact("Convened")
        for seat in seats[1:]:
            await seat.fact("LinkOpened", lambda body: body["side"] == "upper")
        return cls(seats, chair, viewer, site, {sample.name for sample in layers.values()})

    async def give(self) -> Taken:
        """Once up and down, and taken back."""
        request_id, asked_at = await self._ask()
        for lower, upper in itertools.pairwise(self._seats[::-1]):
            await _knows(lower, request_id)
            await lower.command("forward_request", request_ids=[request_id])
            await _knows(upper, request_id)
        before, granted_at = self._packets(), time.monotonic()
        told = asyncio.create_task(self._told_at(request_id))
        await self._chair.command("grant_floor", site_id=self._site.site_id, request_id=request_id)
        await self._viewer.wait_for(lambda: self._packets() > before, 60)
        shown_at = time.monotonic()
        told_at = await told
        await self._chair.command("revoke_floor")
        return Taken(granted_at - asked_at, told_at - granted_at, shown_at - granted_at)

    async def _ask(self) -> tuple[str, float]:
        seat, at = self._site.seat, time.monotonic()
        before = {fact["seq"] for fact in seat.facts}

        def asked() -> list[dict[str, Any]]:
            return [fact for fact in seat.facts if fact["type"] == "FloorRequested" and fact["seq"] not in before]

        await seat.command("request_floor", kind="question")
        await seat.wait(lambda: bool(asked()))
        return str(asked()[0]["body"]["request_id"]), at

    async def _told_at(self, request_id: str) -> float:
        await self._site.seat.fact("FloorGranted", lambda body: body["request_id"] == request_id)
        return time.monotonic()

    def _packets(self) -> int:
        """Of the commune's picture, at the chair's."""
        slots = (self._viewer.received.get(mid) for mid in self._viewer.mids("video"))
        return sum(slot.by_source.get(name, 0) for slot in slots if slot is not None for name in self._names)


async def _site(level: Level) -> SiteInRoom:
    meeting = await level.secretary.get(f"/api/meetings/{level.meeting_id}")
    link = next(site["link"] for site in meeting["sites"] if site["site_id"] == level.site_id)
    return SiteInRoom(level.place.url, link, level.meeting_id, verify=trust(level.place))


async def _peer(
    stack: AsyncExitStack, seat: Seat, plays: Mapping[str, Sample], camera: Mapping[str, Sample] | None = None
) -> LightPeer:
    """That plays these sources; ``camera``: by layer."""
    layers = dict(camera or {})
    peer = LightPeer(Wanted(rids=tuple(rid for rid in layers if rid)))
    stack.push_async_callback(peer.close)
    await peer.connect(seat.negotiate, 60)
    for source, sample in plays.items():
        peer.play(source, sample)
    for rid, sample in layers.items():
        peer.play("camera", sample, rid)
    return peer


async def _knows(seat: Seat, request_id: str) -> None:
    await seat.wait(lambda: any(fact["body"].get("request_id") == request_id for fact in seat.facts))
