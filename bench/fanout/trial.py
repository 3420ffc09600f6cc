"""One stretch of media through a room that stands: what was sent, what came, what it cost."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from bench.fanout.load import Load
from bench.fanout.process import cost, machine_time, stolen_share
from bench.fanout.scenario import Scenario
from bench.fanout.servers.server import Server

SHARES = (0.5, 0.9, 0.99)
TRIES, MOST_STOLEN = 3, 0.08
FAULTS = ("not_authentic", "malformed", "garbage", "misordered", "left_out")


@dataclass(frozen=True, slots=True)
class Trial:
    """Between two silences, so nothing is on the way at either end."""

    rate: float  # asked for, packets a second out
    seconds: float
    cpu_s: float
    rss_bytes: int
    stolen: float
    expected: int  # packets that all viewers together should get
    viewers: int
    totals: dict[str, int]
    delays_ms: tuple[float | None, ...]

    @property
    def loss(self) -> float:
        """What never came, repairs counted as come; what the generator itself lost on purpose is in."""
        return max(0.0, 1 - self.totals["received"] / max(1, self.expected))

    @property
    def per_cpu_second(self) -> float:
        return self.totals["received"] / max(self.cpu_s, 0.01)

    @property
    def per_second(self) -> float:
        return self.totals["received"] / self.seconds

    @property
    def core_share(self) -> float:
        return self.cpu_s / self.seconds

    @property
    def offered_share(self) -> float:
        """How much of what was asked for the generator really sent."""
        return self.expected / max(1.0, self.rate * self.seconds)

    def fault(self, passes_payload: bool = True, passes_all: bool = True) -> str | None:
        """What a server may never do; one that does not pass all leaves out what a line does not carry."""
        for name in FAULTS[: 2 if not passes_payload else 5 if passes_all else 4]:
            if self.totals[name]:
                return f"{self.totals[name]} of {self.totals['sampled']} packets looked at are {name.replace('_', ' ')}"
        return None


async def run_trial(server: Server, load: Load, scenario: Scenario, rate: float, seconds: float) -> Trial:
    """Play for so long at this many packets a second out."""
    generator, viewers = load.generator, load.viewers()
    await load.drained()
    lost, before, machine = _lost(load), cost(server.pid), machine_time()
    generator.reset()
    began = time.monotonic()
    server.play(load, rate / (len(viewers) * server.streams() * scenario.batch))
    await asyncio.sleep(seconds)
    server.play(load, 0)
    took = time.monotonic() - began
    await load.drained()
    after, totals = cost(server.pid), generator.totals()
    if server.passes_payload:
        expected = totals["sent"] * len(viewers) * server.streams() // scenario.publishers
    else:
        expected = totals["received"] + _lost(load) - lost
    return Trial(
        rate, took, after.cpu_s - before.cpu_s, after.rss_bytes, stolen_share(machine, machine_time()),
        expected, len(viewers), totals, tuple(generator.delays_ms(SHARES)),
    )  # fmt: skip


async def run_quiet_trial(server: Server, load: Load, scenario: Scenario, rate: float, seconds: float) -> Trial:
    """The same again when the machine's host took the processors away meanwhile; the last one counts anyhow."""
    for _ in range(TRIES - 1):
        trial = await run_trial(server, load, scenario, rate, seconds)
        if trial.stolen <= MOST_STOLEN:
            return trial
    return await run_trial(server, load, scenario, rate, seconds)


def _lost(load: Load) -> int:
    """Numbers missing so far in what viewers got."""
    return sum(stream["lost"] for client in load.viewers() for stream in load.generator.streams(client.number))
