"""``python -m bench.fanout``: one publisher, many viewers, servers side by side; see docs/performance.md."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys

from bench.fanout.arena import arena
from bench.fanout.measure import measure
from bench.fanout.scenario import Scenario
from bench.fanout.servers import SERVERS


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.fanout", description=__doc__)
    parser.add_argument("--viewers", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=10.0, help="of the stretch that is measured")
    parser.add_argument("--against", action="append", default=[], choices=sorted(set(SERVERS) - {"ours"}))
    parser.add_argument("--without-ours", action="store_true")
    parser.add_argument("--batch", type=int, default=5, help="packets of a frame, which arrive together")
    parser.add_argument("--size", type=int, default=1000, help="bytes of payload")
    parser.add_argument("--uneven", action="store_true", help="sizes differ by one byte, as browsers make them")
    parser.add_argument("--rate", type=float, help="packets a second out, all viewers together; default: the most")
    parser.add_argument("--loss", type=float, default=0.0, help="percent, on a third of the viewers")
    parser.add_argument("--protocol", choices=("udp", "tcp"), default="udp")
    parser.add_argument("--json", action="store_true", help="only JSON on standard output (it always is)")
    return parser.parse_args()


async def run(given: argparse.Namespace) -> dict[str, object]:
    scenario = Scenario(
        viewers=given.viewers, seconds=given.seconds, batch=given.batch, size=given.size, uneven=given.uneven,
        rate=given.rate, loss_percent=given.loss, protocol=given.protocol,
    )  # fmt: skip
    names = ([] if given.without_ours else ["ours"]) + list(dict.fromkeys(given.against))
    found: dict[str, object] = {}
    with arena() as place:
        for name in names:
            print(f"{name} …", file=sys.stderr)
            found[name] = await measure(SERVERS[name], place, scenario)
    return found


def main() -> None:
    json.dump(asyncio.run(run(arguments())), sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
