"""One server, one scenario: everybody joins, the rate is found or given, one stretch is measured."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.fanout.arena import Arena
from bench.fanout.client import Client
from bench.fanout.connection import Identity
from bench.fanout.load import Load
from bench.fanout.process import cost
from bench.fanout.scenario import Scenario
from bench.fanout.servers.server import CannotRun, Server
from bench.fanout.trial import Trial, run_quiet_trial, run_trial
from sfu.light_peer.offer import Wanted

AT_ONCE = 8
FIRST_RATE, GROWTH, LOSS_LIMIT, QUEUE_MS, OFFERED_LIMIT = 12_000.0, 1.5, 0.01, 50, 0.93
SEARCH_S = 1.5
LOWER = 4  # times that the last stretch may be tried again, lower each time
WATCHED_WITHIN_S = 20.0
ESTIMATED_S = 15.0  # until every viewer's line is known to carry the rate; what that costs is not of the stretch


@dataclass(slots=True)
class Joining:
    """What coming in cost the server."""

    cpu_ms: float = 0.0
    kb: float = 0.0
    seconds: float = 0.0

    def figures(self) -> dict[str, Any]:
        return {
            "join_cpu_ms": round(self.cpu_ms, 2),
            "join_kb": round(self.kb, 1),
            "joined_in_s": round(self.seconds, 1),
        }


Run = Callable[[Server, Load, Arena, Scenario], Awaitable[dict[str, Any]]]


async def measure(make: type[Server], arena: Arena, scenario: Scenario, run: Run | None = None) -> dict[str, Any]:
    """The figures, or ``error`` that says why there are none."""
    with tempfile.TemporaryDirectory() as folder:
        server = make(arena, Path(folder), scenario)
        try:
            await server.open()
            async with Load(scenario.sample_every, scenario.feedback_ms) as load:
                return await (run or stretch)(server, load, arena, scenario)
        except CannotRun as reason:
            return {"error": str(reason), "version": server.version}
        except Exception as error:
            return {
                "error": f"{type(error).__name__}: {error}; it said: {server.log()[-600:]}",
                "version": server.version,
            }
        finally:
            await server.close()


async def stretch(server: Server, load: Load, arena: Arena, scenario: Scenario) -> dict[str, Any]:
    """One stretch at the given rate, or at the highest that it carries."""
    joining = await gather(server, load, arena, scenario)
    await everybody_watches(server, load)
    rate = scenario.rate or await find_rate(server, load, scenario)
    if scenario.estimates:
        await run_trial(server, load, scenario, rate, ESTIMATED_S)
    trial = await run_quiet_trial(server, load, scenario, rate, scenario.seconds)
    for _ in range(LOWER if scenario.rate is None else 0):
        if not is_too_much(trial):
            break
        rate *= 0.85
        trial = await run_quiet_trial(server, load, scenario, rate, scenario.seconds)
    check(server, trial)
    return {**figures_of(trial), **joining.figures(), **about(server, load)}


def figures_of(trial: Trial) -> dict[str, Any]:
    """As they stand in the JSON."""
    totals = trial.totals
    delays = [None if value is None else round(value, 3) for value in trial.delays_ms]
    return {
        "packets_per_cpu_second": round(trial.per_cpu_second),
        "packets_per_second": round(trial.per_second),
        "loss": round(trial.loss, 5),
        "delay_p50_ms": delays[0],
        "delay_p90_ms": delays[1],
        "delay_p99_ms": delays[2],
        "rss_mb": round(trial.rss_bytes / 1e6, 1),
        "viewers": trial.viewers,
        "cores": round(trial.core_share, 3),
        "mbit_per_second": round(totals["bytes"] * 8 / trial.seconds / 1e6, 1),
        "offered_packets_per_second": round(trial.expected / trial.seconds),
        "samples_checked": totals["sampled"],
        "dropped_on_purpose": totals["dropped_here"],
        "repaired": totals["repaired"],
        "repair_packets": totals["repair_packets"] + totals["repairs_dropped_here"],
        "keyframe_requests": totals["plis_heard"],
        "feedback_in": totals["feedback_sent"] + totals["reports_sent"] + totals["nacks_sent"],
        "stolen_cpu": round(trial.stolen, 3),
    }


def about(server: Server, load: Load) -> dict[str, Any]:
    """Which server this was."""
    profiles = "/".join(sorted({client.profile for client in load.clients if client.profile}))
    return {"version": server.version, "srtp_profile": profiles or "AEAD_AES_128_GCM", **server.notes}


def check(server: Server, trial: Trial) -> None:
    """A server that ended or sent garbage has no figures."""
    if not server.alive():
        raise CannotRun(f"the server ended: {server.log()[-600:]}")
    if (fault := trial.fault(server.passes_payload, not server.scenario.estimates)) is not None:
        raise CannotRun(f"what it sent is wrong: {fault}")


async def gather(server: Server, load: Load, arena: Arena, scenario: Scenario) -> Joining:
    """Publishers, then viewers, a few at a time."""
    identity = Identity(scenario.profiles)
    await gather_publishers(server, load, arena, scenario, identity)
    viewers = min(scenario.viewers, server.most_viewers)
    before, began = cost(server.pid), time.monotonic()
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> None:
        async with turn:
            await server.watch(load, viewer(arena, scenario, identity, number), number)

    await asyncio.gather(*(one(number) for number in range(viewers)))
    await server.ready(load)
    after = cost(server.pid)
    return Joining(
        (after.cpu_s - before.cpu_s) / viewers * 1000,
        (after.rss_bytes - before.rss_bytes) / viewers / 1000,
        time.monotonic() - began,
    )


async def gather_publishers(server: Server, load: Load, arena: Arena, scenario: Scenario, identity: Identity) -> None:
    """Those who send, one after the other."""
    video = scenario.kind == "video"
    wanted = Wanted(not video, video, audio_slots=0, presentation_slots=0, video_slots=0)
    for number in range(scenario.publishers):
        await server.publish(load, Client(identity, arena.address(), wanted, protocol=scenario.protocol), number)


def viewer(arena: Arena, scenario: Scenario, identity: Identity, number: int) -> Client:
    """One who receives."""
    audio, video = (3, 0) if scenario.kind == "audio" else (0, scenario.publishers)
    wanted = Wanted(False, False, audio_slots=audio, presentation_slots=0, video_slots=video)
    loss = round(scenario.loss_percent * 10) if number < scenario.lossy_viewers else 0
    return Client(identity, arena.address(), wanted, protocol=scenario.protocol, loss_permille=loss)


async def everybody_watches(server: Server, load: Load) -> None:
    """A slow stream until each viewer has a whole first frame (or a packet, where frames are made anew)."""
    mark = "first_frame_ns" if server.passes_payload else "first_packet_ns"
    server.play(load, 5)
    viewers = [client.number for client in load.viewers()]
    deadline, waiting = time.monotonic() + WATCHED_WITHIN_S, viewers
    while waiting and time.monotonic() < deadline:
        await asyncio.sleep(0.2)
        waiting = [n for n in waiting if not any(s[mark] for s in load.generator.streams(n))]
    server.play(load, 0)
    if waiting:
        raise CannotRun(f"{len(waiting)} of {len(viewers)} viewers saw no frame; totals: {load.generator.totals()}")


async def find_rate(server: Server, load: Load, scenario: Scenario) -> float:
    """The highest rate, within a fifth, that it carries with less than a percent of loss."""
    good, rate = 0.0, FIRST_RATE
    await run_trial(server, load, scenario, rate, 0.5)  # warm
    while True:
        trial = await run_quiet_trial(server, load, scenario, rate, SEARCH_S)
        if is_too_much(trial):  # once more: it may have been the machine's other work
            trial = await run_quiet_trial(server, load, scenario, rate, SEARCH_S)
        if is_too_much(trial) or not server.alive():
            break
        good = rate
        if trial.offered_share < OFFERED_LIMIT:
            break  # the generator has no more to give
        rate *= GROWTH
    if not good:
        return rate / 2
    middle = await run_trial(server, load, scenario, good * GROWTH**0.5, SEARCH_S)
    return good * GROWTH**0.5 if not is_too_much(middle) else good


def is_too_much(trial: Trial) -> bool:
    """Packets are lost, or wait in a queue that grows."""
    return trial.loss > LOSS_LIMIT or (trial.delays_ms[0] or 0) > QUEUE_MS
