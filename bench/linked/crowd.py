"""208 sites: everybody comes within a few seconds; then what each level costs, and what crosses each line."""

from __future__ import annotations

import asyncio
import itertools
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from bench.fanout.client import Client
from bench.fanout.connection import Identity
from bench.fanout.load import Load
from bench.fanout.storm import first_frames_ms
from bench.linked.tree import DISTRICTS, LEVELS, Tree, room_of
from bench.record import Figure, percentile
from sfu.light_peer.offer import Wanted
from web.media.messages import Program

LAYERS = {"q": (15, 1, 900), "h": (25, 2, 1000), "f": (25, 6, 1000)}  # frames a second, packets of each, bytes
OVER_S, WITHIN_S, SETTLE_S = 5.0, 20.0, 4.0
SHARES = (0.5, 0.9, 0.99)


@dataclass(frozen=True, slots=True)
class Seat:
    level: str
    room: str


def seats(sites: int) -> list[Seat]:
    """So many sites below the root: the district's fourteen first, the others dealt out to the province's rooms."""
    district = [Seat("district", "district")] * min(14, max(1, sites // 12))
    rooms = itertools.cycle([Seat("province", room_of(number)) for number in range(DISTRICTS)])
    return [*district, *itertools.islice(rooms, sites - len(district))]


async def crowd(folder: Path, sites: int, seconds: float) -> list[Figure]:
    """All watch the chair, who sends three layers from the root's room."""
    counter = itertools.count()

    def address() -> str:
        number = next(counter)
        return f"127.90.{number // 250}.{number % 250 + 1}"

    async with Tree(folder) as tree, Load(sample_every=8) as load:
        await tree.link_all()
        identity = Identity()
        nothing = Wanted(False, True, rids=tuple(LAYERS), audio_slots=0, presentation_slots=0, video_slots=0)
        chair = Client(identity, address(), nothing)
        await tree.join(load, chair, "central", "central", "chair", ["video"])
        await tree.levels["central"].media.set_program("central", Program(chair="chair"), ["chair"])
        for publisher, (frames, packets, size) in zip(chair.publishers, LAYERS.values(), strict=True):
            load.play_one(publisher, frames, packets, size)
        await asyncio.sleep(1)
        load.generator.reset()
        before = {name: level.cost() for name, level in tree.levels.items()}
        began = time.monotonic()
        failed: list[str] = []
        watching = Wanted(False, False, audio_slots=0, presentation_slots=0, video_slots=1)

        async def come(number: int, seat: Seat) -> None:
            await asyncio.sleep(OVER_S * number / sites)
            client = Client(identity, address(), watching)
            try:
                await tree.join(load, client, seat.level, seat.room, f"s{number}", [])
            except Exception as error:
                failed.append(f"{seat.room}: {type(error).__name__}: {error}")

        await asyncio.gather(*(come(number, seat) for number, seat in enumerate(seats(sites - 1))))
        if failed:
            print(f"linked: {len(failed)} could not come: {failed[0]}", file=sys.stderr)
        times = await first_frames_ms(load, began + OVER_S + WITHIN_S)
        all_in = time.monotonic() - began
        storm = {name: level.cost().cpu_s - before[name].cpu_s for name, level in tree.levels.items()}
        await asyncio.sleep(SETTLE_S)
        figures = [
            Figure(f"{sites} sites: that saw the chair", len(times) + 1, "sites"),
            Figure(f"{sites} sites: all in, coming within {OVER_S:g} s", round(all_in, 1), "s"),
            Figure(f"{sites} sites: join to first frame, p95", round(percentile(times, 0.95)) if times else -1, "ms"),
            *(Figure(f"{sites} sites: join storm, CPU of {name}", round(storm[name], 2), "CPU-s") for name in LEVELS),
        ]
        return figures + await _steady(tree, load, sites, seconds)


async def _steady(tree: Tree, load: Load, sites: int, seconds: float) -> list[Figure]:
    before = {name: level.cost() for name, level in tree.levels.items()}
    links = {name: await tree.levels[name].links("lower") for name in ("province", "district")}
    load.generator.reset()
    began = time.monotonic()
    await asyncio.sleep(seconds)
    took = time.monotonic() - began
    delays, totals = load.generator.delays_ms(SHARES), load.generator.totals()
    figures = []
    for name, level in tree.levels.items():
        after = level.cost()
        figures.append(
            Figure(f"{sites} sites: CPU of {name}", round((after.cpu_s - before[name].cpu_s) / took, 3), "cores")
        )
        figures.append(Figure(f"{sites} sites: memory of {name}", round(after.rss_bytes / 1e6), "MB"))
    for name, old in links.items():
        new = await tree.levels[name].links("lower")
        rate = (new[name].bytes_in - old[name].bytes_in) * 8 / took / 1000
        figures.append(Figure(f"{sites} sites: down the link to {name}", round(rate), "kbit/s"))
    return [
        *figures,
        Figure(f"{sites} sites: packets to all", round(totals["received"] / took), "packets/s"),
        Figure(f"{sites} sites: delay over the levels, p50", _ms(delays[0]), "ms"),
        Figure(f"{sites} sites: delay over the levels, p99", _ms(delays[2]), "ms"),
    ]


def _ms(value: float | None) -> float:
    return -1 if value is None else round(value, 2)
