"""``python -m bench``: all measures, short; ``python -m bench NAME …``: these; ``--full``: more repetitions.

Each writes bench/results/<name>.json; at the end there is one table. Measure on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import os
from types import ModuleType

from rich.console import Console

from bench import (
    api,
    bad_link,
    board,
    client_size,
    grant,
    join,
    linked_media,
    plane_memory,
    reconnect,
    reference_plane,
    replication,
    start,
    weak_line,
)
from bench.fanout import suite as fanout
from bench.levels import suite as levels
from bench.linked import suite as linked
from bench.national import on_sqlite as national_sqlite
from bench.national import suite as national
from bench.record import Result, print_table, record

MEASURES: dict[str, ModuleType] = {
    "client_size": client_size,
    "reference_plane": reference_plane,
    "plane_memory": plane_memory,
    "start": start,
    "api": api,
    "join": join,
    "grant": grant,
    "reconnect": reconnect,
    "weak_line": weak_line,
    "board": board,
    "linked_media": linked_media,
    "linked": linked,
    "bad_link": bad_link,
    "levels": levels,
    "replication": replication,
    "national": national,
    "national_sqlite": national_sqlite,
    "fanout": fanout,
}


def run(name: str, *, full: bool) -> Result:
    """Measure and write down."""
    module = MEASURES[name]
    settings = module.FULL if full else module.SHORT
    load = os.getloadavg()[0]
    return record(name, module.measure(**settings), dict(settings), load)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(MEASURES))
    parser.add_argument("--full", action="store_true", help="more repetitions")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(MEASURES)
    if unknown:
        parser.error(f"no measure is called {', '.join(sorted(unknown))}")
    console, results, failed = Console(stderr=True), [], []
    for name in arguments.names or MEASURES:
        console.print(f"{name} …")
        try:
            results.append(run(name, full=arguments.full))
        except Exception:  # the others are worth having
            console.print_exception(max_frames=4)
            failed.append(name)
            continue
        results[-1].write()
    print_table(results)
    if failed:
        parser.exit(1, f"no figures: {', '.join(failed)}\n")


if __name__ == "__main__":
    main()
