"""``python -m bench.fanout [SCENARIO]``: servers side by side under the same load, as one JSON object.

docs/performance.md says what the scenarios are and what came out. Needs root (network namespaces).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import subprocess
import sys
from dataclasses import replace
from typing import Any

from bench.fanout.arena import arena
from bench.fanout.keys import PROFILES
from bench.fanout.measure import measure
from bench.fanout.presets import PRESETS
from bench.fanout.process import come_first
from bench.fanout.servers import SERVERS

OPTIONS = {  # option → field of the scenario
    "viewers": "viewers", "seconds": "seconds", "batch": "batch", "size": "size", "uneven": "uneven", "rate": "rate",
    "loss": "loss_percent", "protocol": "protocol", "spread": "spread_ms", "estimates": "estimates",
}  # fmt: skip


def arguments() -> argparse.Namespace:
    scenarios = "; ".join(f"{name}: {preset.what}" for name, preset in PRESETS.items())
    parser = argparse.ArgumentParser(prog="python -m bench.fanout", description=__doc__, epilog=scenarios)
    parser.add_argument("scenario", nargs="?", default="most", choices=list(PRESETS), metavar="SCENARIO")
    parser.add_argument("--viewers", type=int)
    parser.add_argument("--seconds", type=float, help="of the stretch that is measured")
    parser.add_argument("--against", action="append", default=[], choices=[name for name in SERVERS if name != "ours"])
    parser.add_argument("--without-ours", action="store_true")
    parser.add_argument("--batch", type=int, help="packets of a frame")
    parser.add_argument("--spread", type=float, metavar="MS", help="over which they leave; 0: together")
    parser.add_argument("--size", type=int, help="bytes of payload")
    parser.add_argument("--uneven", action="store_true", default=None, help="sizes differ by a byte, as browsers' do")
    parser.add_argument("--rate", type=float, help="packets a second out, all viewers together")
    parser.add_argument(
        "--estimates", action="store_true", default=None, help="ours: congestion control for each viewer"
    )
    parser.add_argument("--loss", type=float, help="percent, on a third of the viewers")
    parser.add_argument("--protocol", choices=("udp", "tcp"))
    parser.add_argument("--srtp", choices=list(PROFILES), help="the only SRTP profile that clients offer")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output; it always is")
    return parser.parse_args()


async def run(given: argparse.Namespace) -> dict[str, Any]:
    preset = PRESETS[given.scenario]
    changes = {field: value for name, field in OPTIONS.items() if (value := getattr(given, name)) is not None}
    if given.srtp:
        changes["profiles"] = (given.srtp,)
    scenario = replace(preset.scenario, **changes)
    names = ([] if given.without_ours else ["ours"]) + list(dict.fromkeys(given.against))
    found: dict[str, Any] = {}
    try:
        with arena() as place:
            for name in names:
                print(f"{name} …", file=sys.stderr)
                found[name] = await measure(SERVERS[name], place, scenario, preset.run)
    except (PermissionError, subprocess.CalledProcessError) as error:
        found |= {name: {"error": f"no network namespace: {error}"} for name in names if name not in found}
    return found


def main() -> None:
    given = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the arena is to be taken down, too
    come_first()
    json.dump(asyncio.run(run(given)), sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
