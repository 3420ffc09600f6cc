"""The scenarios by name, with the form each has when nothing else is said."""

from __future__ import annotations

from dataclasses import dataclass

from bench.fanout.measure import Run, stretch
from bench.fanout.meeting import meeting
from bench.fanout.scenario import Scenario
from bench.fanout.steady import steady
from bench.fanout.storm import storm


@dataclass(frozen=True, slots=True)
class Preset:
    """``what`` is for people."""

    what: str
    scenario: Scenario
    run: Run = stretch


PRESETS: dict[str, Preset] = {
    "most": Preset("one camera to 200 viewers, 5 packets a frame, as fast as it goes", Scenario()),
    "single": Preset("the same with one packet a frame", Scenario(batch=1)),
    "even": Preset(
        "60,000 packets a second out, 200 viewers, frames paced as browsers do",
        Scenario(rate=60_000, spread_ms=4, uneven=True),
    ),
    "camera": Preset("one camera of 1.2 Mbit/s to 200 viewers", Scenario(rate=30_000, spread_ms=4, uneven=True)),
    "crowd": Preset("the same to 1000 viewers", Scenario(viewers=1000, rate=150_000, spread_ms=4, uneven=True)),
    "meeting": Preset("20 peers see each other, three simulcast layers each", Scenario(viewers=20), meeting),
    "voices": Preset(
        "10 voices, 300 listeners", Scenario(viewers=300, publishers=10, kind="audio", batch=1, size=120, rate=45_000)
    ),
    "loss": Preset(
        "5 % loss on a third of 200 viewers, 1.2 Mbit/s",
        Scenario(rate=30_000, loss_percent=5, spread_ms=4, uneven=True),
    ),
    "storm": Preset("200 viewers come within 5 s", Scenario(seconds=5, key_packets=20, sample_every=1), storm),
    "tcp": Preset("200 viewers by TCP, 1.2 Mbit/s", Scenario(rate=30_000, protocol="tcp", spread_ms=4, uneven=True)),
    "steady": Preset(
        "30 minutes at 30,000 packets a second", Scenario(rate=30_000, seconds=1800, spread_ms=4, uneven=True), steady
    ),
}
